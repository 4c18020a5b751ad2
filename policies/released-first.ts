import { z } from "zod";
import { COLORS, desiredShares, digestOf, type Resource, text } from "../traffic";
import type { Plan } from "./plan";
import { type Finding, policy } from "./policy";
import { homeFor, type Neighbour, neighboursIn } from "./reading/neighbours";
import { isRaised } from "./reading/raised-share";
import { type RouteChange, routeChanges } from "./reading/rollouts";
import { named } from "./reading/words";

export const releasedFirst = policy({
  name: "released-first",
  description: "Refuses the first weight of an image that the stack which is to have it first has not finished.",
  mechanism:
    "A canary bounds what a bad version can do to users; a release before it, in a stack whose users are few or one's own, bounds it to nobody. That holds only for the very image, and only if it has been there for a while. `crossfade:releasedFirst` names that stack, and a `Neighbour` reads what it has released: an image may get its first weight here when it is stable there, which it is by a finish, after it has held all requests for the bake time of `full`: `bake-time` lets nobody finish before, where that stack is updated with the policies; of one that is not, or that began with the image, nobody knows how long. Once it has weight here it goes on, whatever is released there next. A way back is never refused.",
  safeWay:
    "Release it there to the end, by the same digest, with a bake time of `full` in `crossfade:stages`; then here.",
  hazards: [],
  settings: z.strictObject({}),
  wholePlanOnly: true,
  judge: (plan) => {
    const first = neighboursIn(plan.desired, "releasedFirst");
    return first.length === 0 ? [] : routeChanges(plan).flatMap((change) => notFinishedFirst(change, first, plan));
  },
});

function notFinishedFirst(change: RouteChange, first: readonly Neighbour[], plan: Plan): Finding[] {
  const { route, before, wire, asked } = change;
  const had = new Map(
    COLORS.filter((color) => (wire?.[color] ?? 0) > 0).map((color) => [
      color,
      digestIn(before && homeFor(before, color, plan.prior)),
    ]),
  );
  return COLORS.flatMap((color) => {
    const share = desiredShares(asked)[color];
    const home = share > 0 ? homeFor(route, color, plan.desired) : undefined;
    if (!home) return [];
    const digest = digestIn(home);
    const isIn = digest !== undefined && [...had.values()].includes(digest);
    // With the weight that it had, another image is as new as one that gets some.
    const wasOther = had.has(color) && had.get(color) !== digest;
    if (isIn || !(isRaised(change, color) || wasOther)) return [];
    return first.flatMap((neighbour): Finding[] => {
      const missing = whyNotYet(digest, neighbour);
      if (missing === undefined) return [];
      return [
        {
          urn: route.urn,
          what: `${named(route)} would give ${share} % of the requests to ${color}'s image, ${short(digest)}, which is to be released in ${neighbour.stack} first: ${missing}.`,
          why: "What a day there would have shown is shown to users here.",
          instead: `Release this very image there to the end, and promote here then. Where it cannot wait: crossfade:breakGlass, for ${named(route)} and for a while.`,
        },
      ];
    });
  });
}

/** Why an image is not as far there as it is to be; undefined where it is. */
function whyNotYet(digest: string | undefined, { stack, versions, problem }: Neighbour): string | undefined {
  if (digest === undefined) return "it is named by a tag, and nobody can tell whether it is the same there";
  if (!versions) return `${stack} ${problem}`;
  const there = versions.filter(({ image }) => digestOf(image) === digest);
  if (there.some(({ isStable }) => isStable)) return undefined;
  const [one] = there;
  if (one) return `there it is ${one.color}'s, with ${one.share} % of the requests, and not finished`;
  const stable = versions.find(({ isStable }) => isStable);
  return `it is not there; stable there is ${stable ? short(digestOf(stable.image)) : "nobody"}`;
}

function digestIn(home: Resource | undefined): string | undefined {
  return digestOf(text(home?.inputs.image) ?? "");
}

function short(digest: string | undefined): string {
  return digest === undefined ? "by no digest" : digest.length > 24 ? `${digest.slice(0, 19)}…` : digest;
}
