import type { Resource } from "../../traffic";
import type { Finding } from "../policy";
import { type Likeness, likenessOf } from "../reading/likeness";
import { named } from "../reading/words";
import { MAY_DIFFER, undeclared } from "./may-differ";

/** Another stack, of which this one is to be the like. */
export interface Mirror {
  /** As the user calls it. */
  name: string;
  resources: readonly Resource[];
}

/** Whatever a stack and its mirror differ in, and nobody has declared. */
export function unlikeMirror(own: readonly Resource[], mirror: Mirror, mayDiffer: readonly string[]): Finding[] {
  const declared = [...MAY_DIFFER, ...mayDiffer];
  const [here, there] = [likenessOf(own), likenessOf(mirror.resources)];
  const inBoth = [...here].flatMap(([place, one]) => {
    const other = there.get(place);
    const found = other && undeclared(one, other, declared, "there");
    if (!found) return [];
    return [
      {
        urn: one.resource.urn,
        what: `${named(one.resource)} (${one.resource.type}) is not as in ${mirror.name}, in ${found.said}.`,
        why: WHY,
        instead: `Make the two alike; or, where they are meant to differ, declare it in the policy's settings: {"parity": {"mayDiffer": ["${found.first}", …]}}.`,
      },
    ];
  });
  const alone = (some: typeof here, others: typeof here): Likeness[] =>
    [...some].flatMap(([place, one]) =>
      others.has(place) || one.ofCandidate || declared.includes(one.resource.type) ? [] : [one],
    );
  return [
    ...inBoth,
    ...alone(here, there).map((one) => onlyIn(one, `is not in ${mirror.name}`)),
    ...alone(there, here).map((one) => onlyIn(one, `is in ${mirror.name} only`)),
  ];
}

const WHY =
  "What was seen to work there was not this: the difference meets its first users here, and looks like a fault of the release.";

function onlyIn({ resource }: Likeness, where: string): Finding {
  return {
    urn: resource.urn,
    what: `${named(resource)} (${resource.type}) ${where}.`,
    why: WHY,
    instead: `Have it in both; or, where one is meant to be without, declare its type in the policy's settings: {"parity": {"mayDiffer": ["${resource.type}", …]}}.`,
  };
}
