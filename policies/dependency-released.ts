import { z } from "zod";
import { COLORS, type Color, desiredShares, type Resource, sameValue } from "../traffic";
import type { Plan } from "./plan";
import { type Finding, policy } from "./policy";
import { contractsKept } from "./problems/contracts-kept";
import {
  homeFor,
  meets,
  type Needed,
  type Neighbour,
  neededBy,
  neighboursIn,
  spokenContract,
  spokenServed,
} from "./reading/neighbours";
import { isRaised } from "./reading/raised-share";
import { type RouteChange, routeChanges } from "./reading/rollouts";
import { named } from "./reading/words";

export const dependencyReleased = policy({
  name: "dependency-released",
  description:
    "Refuses weight on a version before the services that it needs serve what it needs, and taking away what others still need.",
  mechanism:
    "A version that asks a neighbour for what no version there serves yet fails on each such request, however well it did alone; so does one whose neighbour has stopped to serve it. A color's `contract` says which versions of its contract its image serves, its `requires` which of another stack's it needs; the two go together where one version is in both. What each stack has released it says in its output `release`, and a `Neighbour` reads it in every preview: a raise of a version's share needs each version that has weight there to serve what it needs. The other way round `crossfade:requiredBy` names the stacks that need something here: no version that does not serve it gets weight, and the last one that does is neither left by a finish nor removed. What cannot be read counts as not served. A way back, to stable or to the version before, is never refused by it; what it breaks is said. It sees what the other stack's last update that ended has written, and neither one that is under way, nor the users whom cookies and DNS keep on a version without weight, nor who needs something and is not named.",
  safeWay:
    "Two releases, each in its own stack. A contract that grows: the one who serves it first, to the end, then who needs it. One that goes: first all who need it, to the end and with their old environments removed, then who serves it. A version that serves both, `>=3 <=4`, makes the two independent.",
  hazards: ["A29"],
  settings: z.strictObject({}),
  wholePlanOnly: true,
  judge: (plan) => [...needsServed(plan), ...contractsKept(plan)],
});

/** Who has weight, or gets some, and what it needs of others. */
function needsServed(plan: Plan): Finding[] {
  const neighbours = neighboursIn(plan.desired, "requires");
  return routeChanges(plan).flatMap((change) =>
    COLORS.flatMap((color) => {
      const share = desiredShares(change.asked)[color];
      const home = share > 0 ? homeFor(change.route, color, plan.desired) : undefined;
      if (!home) return [];
      const isNew = isRaised(change, color) || isOther(home, change, color, plan);
      return neededBy(home).flatMap((needed): Finding[] => {
        const neighbour = neighbours.find(({ stack }) => stack === needed.stack);
        const missing = whatIsMissing(needed, neighbour);
        if (missing === undefined) return isNew && neighbour ? wayBackThere(change, color, needed, neighbour) : [];
        const need = `${spokenContract(needed.contract, `"${needed.said}", which is no range of versions,`)} of ${needed.stack}`;
        return [
          {
            urn: change.route.urn,
            what: `${named(change.route)} ${isNew ? "would give" : "gives"} ${share} % of the requests to ${color}, which needs ${need}: ${missing}.`,
            why: "What it asks of a version that does not serve it fails, for each user who meets the two.",
            instead:
              "Release it there first, to the end; then promote here. Where the version gets on with what is there, widen its range in requires.",
            ...(!isNew && { advisory: true }),
          },
        ];
      });
    }),
  );
}

/** Why a need is not met; undefined where it is. */
function whatIsMissing({ contract }: Needed, neighbour: Neighbour | undefined): string | undefined {
  if (!neighbour) return "the program reads no Neighbour of that name, so what it serves is not known";
  const { versions, problem, stack } = neighbour;
  if (!versions) return `${stack} ${problem}`;
  const serving = versions.filter(({ share }) => share > 0);
  if (serving.length === 0) return "nobody has weight there";
  const short = serving.filter((version) => !meets(contract, version.contract));
  if (short.length === 0) return undefined;
  const words = short.map(
    ({ color, share, contract: served }) => `${color} there ${spokenServed(served)}, with ${share} % of the requests`,
  );
  return words.join(", and ");
}

/** Served by what has weight there, and not by what a rollback there would bring back. */
function wayBackThere(
  { route }: RouteChange,
  color: Color,
  { contract, stack }: Needed,
  { versions = [] }: Neighbour,
): Finding[] {
  const back = versions.find(({ share, isStable }) => isStable && share === 0);
  if (!back || meets(contract, back.contract)) return [];
  return [
    {
      urn: route.urn,
      what: `${color} of ${named(route)} needs ${spokenContract(contract, "")} of ${stack}, which has it on trial: its stable version, ${back.color}, does not serve it.`,
      why: "A rollback there takes it away from here.",
      instead: `Finish the release of ${stack} first.`,
      advisory: true,
    },
  ];
}

/** Whether the version of a color is another one than before. */
function isOther(home: Resource, { before }: RouteChange, color: Color, { prior }: Plan): boolean {
  const was = before && homeFor(before, color, prior);
  return was !== undefined && !sameValue(was.inputs.image, home.inputs.image);
}
