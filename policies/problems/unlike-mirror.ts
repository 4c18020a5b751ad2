import type { Resource } from "../../traffic";
import type { Finding } from "../policy";
import { differing, type Likeness, likenessOf } from "../reading/likeness";
import { named } from "../reading/words";

/** Another stack, of which this one is to be the like. */
export interface Mirror {
  /** As the user calls it. */
  name: string;
  resources: readonly Resource[];
}

/**
 * What stacks may differ in, besides what a team declares: parts of a property's path, of one type where it stands before. Sizes, numbers and hosts are what a
 * staging is smaller in; where a rollout stands, and what the values of variables are, is each stack's own.
 */
export const MAY_DIFFER = [
  ...["cpu", "memory", "memorySize", "instanceType", "instanceClass", "allocatedStorage", "nodeType"],
  ...["desiredCount", "desiredCapacity", "replicas", "minSize", "maxSize", "minCapacity", "maxCapacity"],
  ...["minReplicas", "maxReplicas", "minHealthyPercentage", "resources.requests", "resources.limits"],
  ...["aws:route53/record:Record#name", "hostHeader.values", "hostnames", "fqdn", "domainName", "zoneId", "namespace"],
  ...["environment.value", "env.value", "secrets.valueFrom", "tags", "tagsAll", "labels", "annotations"],
  ...[
    "weight",
    "weightedRoutingPolicies",
    "forward.stickiness",
    "priority",
    "enableDeletionProtection",
    "healthCheckId",
  ],
] as const;

/** Whatever a stack and its mirror differ in, and nobody has declared. */
export function unlikeMirror(own: readonly Resource[], mirror: Mirror, mayDiffer: readonly string[]): Finding[] {
  const declared = [...MAY_DIFFER, ...mayDiffer];
  const [here, there] = [likenessOf(own), likenessOf(mirror.resources)];
  const inBoth = [...here].flatMap(([place, one]) => {
    const other = there.get(place);
    const paths = other ? differing(one, other).filter(({ path }) => !isDeclared(one, path, declared)) : [];
    if (paths.length === 0) return [];
    const said = paths.map(({ path, own, others }) => `${path} (${short(own)}, there ${short(others)})`).join(", ");
    const last = paths[0]?.path;
    return [
      {
        urn: one.resource.urn,
        what: `${named(one.resource)} (${one.resource.type}) is not as in ${mirror.name}, in ${said}.`,
        why: WHY,
        instead: `Make the two alike; or, where they are meant to differ, declare it in the policy's settings: {"parity": {"mayDiffer": ["${last}", …]}}.`,
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

/** By whole parts of the path, wherever in it. */
function isDeclared({ resource }: Likeness, path: string, declared: readonly string[]): boolean {
  return declared.some((entry) => {
    const [type, part = type] = entry.split("#") as [string, string?];
    return (part === type || type === resource.type) && `.${path}.`.includes(`.${part}.`);
  });
}

function short(value: string): string {
  return value.length > 60 ? `${value.slice(0, 60)}…` : value;
}
