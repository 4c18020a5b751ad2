import { type Color, nameOf, otherColor, type Resource } from "../../traffic";
import type { Plan } from "../plan";
import type { Finding } from "../policy";
import { likenessOfColor } from "../reading/likeness";
import { environmentOf, routeChanges } from "../reading/rollouts";
import { MAY_DIFFER, undeclared } from "./may-differ";

/** What each has its own of: its names, and what comes with a version, such as its variables and how it is started. */
const ITS_OWN = ["name", "namePrefix", "family", "environment", "env", "secrets", "command", "image", "userData"];

/** What a candidate's environment differs in from stable's besides its version, where it is about to get its first weight. */
export function unlikeStable(plan: Plan, mayDiffer: readonly string[]): Finding[] {
  const declared = [...MAY_DIFFER, ...ITS_OWN, ...mayDiffer];
  return routeChanges(plan).flatMap(({ route, before, asked, wire, transition }): Finding[] => {
    const candidate = otherColor(asked.stable);
    if (!before || transition.kind !== "promote" || (wire?.[candidate] ?? 0) > 0) return [];
    const likenessIn = (color: Color) => {
      const home = environmentOf(before, color, plan.prior);
      return likenessOfColor(home ? below(home, plan.desired) : [], color);
    };
    const stables = likenessIn(asked.stable);
    const found = [...likenessIn(candidate)].flatMap(([place, one]) => {
      const other = stables.get(place);
      const unlike = other && undeclared(one, other, declared, `${asked.stable}'s`);
      return unlike ? [{ ...unlike, urn: one.resource.urn }] : [];
    });
    const [first] = found;
    if (!first) return [];
    const said = found.map(({ urn, said }) => `${nameOf(urn)} in ${said}`).join("; ");
    return [
      {
        urn: route.urn,
        what: `${candidate} is about to get its first weight, and differs from ${asked.stable} in more than its version: ${said}.`,
        why: "What the stage shows is of the version and of that, and the way back takes back both.",
        instead: `Make the two alike before it gets weight; or, where the release is about that, declare it in the policy's settings: {"parity": {"mayDiffer": ["${first.first}", …]}}.`,
        advisory: true,
      },
    ];
  });
}

/** What a component is made of. */
function below({ urn }: Resource, resources: readonly Resource[]): Resource[] {
  const children = resources.filter(({ parent }) => parent === urn);
  return children.flatMap((child) => [child, ...below(child, resources)]);
}
