import { COLORS, type Color, desiredShares, type Resource, rangeCovers, type VersionRange } from "../../traffic";
import type { Plan } from "../plan";
import type { Finding } from "../policy";
import {
  contractOf,
  homeFor,
  meets,
  type Neighbour,
  neighboursIn,
  spokenContract,
  spokenServed,
} from "../reading/neighbours";
import { isRaised } from "../reading/raised-share";
import { type RouteChange, routeChanges } from "../reading/rollouts";
import { named } from "../reading/words";

/** What a neighbour needs of the versions here. */
interface Demand {
  /** A clause. */
  words: string;
  isMetBy(contract: VersionRange | undefined): boolean;
  /** Nobody asks for it now, and nobody goes back to it at once: it is said. */
  isIdle: boolean;
}

/** A color before and after the update. */
interface Side {
  color: Color;
  before: Resource | undefined;
  after: Resource | undefined;
  /** In percent. */
  share: number;
}

/** That no version gets weight which does not serve what others need, and that the last one which does stays. */
export function contractsKept(plan: Plan): Finding[] {
  const neighbours = neighboursIn(plan.desired, "requiredBy");
  if (neighbours.length === 0) return [];
  return routeChanges(plan).flatMap((change) => {
    const { before, route, asked, wire } = change;
    // Nobody can be used to what was not there.
    if (!before || !wire) return [];
    const sides = COLORS.map((color): Side => {
      const [was, is] = [homeFor(before, color, plan.prior), homeFor(route, color, plan.desired)];
      return { color, before: was, after: is, share: desiredShares(asked)[color] };
    });
    // A route whose versions never said what they serve is another service of this program.
    if (!sides.some(({ before, after }) => [before, after].some((home) => home && contractOf(home)))) return [];
    const served = sides.flatMap(({ color, before }) => (before && (wire[color] ?? 0) > 0 ? [contractOf(before)] : []));
    const demands = neighbours.flatMap((neighbour) => demandsOf(neighbour, served));
    return demands.flatMap((demand) => [
      ...sides.flatMap((side) => unmet(side, demand, change)),
      ...sides.flatMap((side) => wayBackGoes(side, demand, sides, change)),
    ]);
  });
}

/** Of a neighbour that cannot be read it is taken that it needs all that is served. */
function demandsOf({ stack, own, versions, problem }: Neighbour, served: (VersionRange | undefined)[]): Demand[] {
  if (!versions) {
    const isMetBy: Demand["isMetBy"] = (contract) =>
      served.every((one) => one !== undefined && contract !== undefined && rangeCovers(contract, one));
    return [{ words: `what ${stack} needs is not known: it ${problem}`, isMetBy, isIdle: false }];
  }
  return versions.flatMap(({ color, share, isStable, requires }) =>
    requires
      .filter((needed) => needed.stack === own)
      .map(({ contract, said }) => ({
        words: `${stack} needs ${spokenContract(contract, `"${said}"`)} for ${color}, which has ${share} % of its requests`,
        isMetBy: (served) => meets(contract, served),
        isIdle: share === 0 && !isStable,
      })),
  );
}

function unmet({ color, before, after, share }: Side, demand: Demand, change: RouteChange): Finding[] {
  const contract = after && contractOf(after);
  if (share === 0 || !after || demand.isMetBy(contract)) return [];
  const isTakenAway = before !== undefined && demand.isMetBy(contractOf(before));
  const isNew = isRaised(change, color) || isTakenAway;
  return [
    {
      urn: change.route.urn,
      what: `${named(change.route)} ${isNew ? "would give" : "gives"} ${share} % of the requests to ${color}, which ${spokenServed(contract)}, and ${demand.words}.`,
      why: WHY,
      instead:
        "Keep the contract beside the new one; or release first what does without it there, to the end. Where nobody needs it any more, take the stack out of crossfade:requiredBy.",
      ...((!isNew || demand.isIdle) && { advisory: true }),
    },
  ];
}

/** The finish, or the removal, that takes the last version which serves something out of reach. */
function wayBackGoes(
  { color, before, after, share }: Side,
  demand: Demand,
  sides: readonly Side[],
  { route, asked, transition }: RouteChange,
): Finding[] {
  const isLeft = transition.kind === "finish" && color !== asked.stable;
  if (!before || share > 0 || (after && !isLeft) || !demand.isMetBy(contractOf(before))) return [];
  const rest = sides.find((side) => side.share > 0 && !demand.isMetBy(side.after && contractOf(side.after)));
  if (!rest) return [];
  return [
    {
      urn: after ? route.urn : before.urn,
      what: `${after ? `${named(route)} would finish without ${color}` : `The environment of ${color} would go`}, which ${spokenServed(contractOf(before))}; ${rest.color} ${spokenServed(rest.after && contractOf(rest.after))}, and ${demand.words}.`,
      why: WHY,
      instead: `Roll back to ${color}, or release first what does without it there.`,
      ...(demand.isIdle && { advisory: true }),
    },
  ];
}

const WHY = "What is asked of a version that does not serve it fails, for each user who meets the two.";
