import { z } from "zod";
import { COLORS, type Color, desiredShares, nameOf, type Rejection } from "../traffic";
import type { Plan } from "./plan";
import { type Finding, policy } from "./policy";
import { type RouteChange, routeChanges } from "./reading/rollouts";
import { digestsOf, rejectionsIn } from "./reading/versions";

export const rejectedRelease = policy({
  name: "rejected-release",
  description: "Refuses weight for a version that was taken back.",
  mechanism:
    "A rollback changes what is deployed, and the commit that released the bad version is still there: a CI run of it, started again or late, has a config that promotes it, and would promote it again. So a rollback puts the digest into `crossfade:rejected`, and the update that records it puts it into the state, where a run of an older commit meets it. An entry that is not in the config any more still holds for the update that takes it out, which is a deliberate edit or an older commit. A digest in the list gets no weight, on whichever color, until the color's line names another; going back from it is always legal, and so is going back to stable.",
  safeWay:
    "Build another image, and put it in the color's line at `stage: idle`. Where the version was good after all, take its entry out in an update of its own, and promote after it.",
  hazards: ["A7"],
  settings: z.strictObject({}),
  judge: (plan) => {
    const [before, now] = [rejectionsIn(plan.prior), rejectionsIn(plan.desired)];
    if (before.length === 0 && now.length === 0) return [];
    const isListed = ({ digest }: Rejection) => now.some((one) => one.digest === digest);
    const gone = before.filter((rejection) => !isListed(rejection));
    return routeChanges(plan).flatMap((change) =>
      COLORS.flatMap((color): Finding[] => {
        const digests = digestsAfter(change, color, plan);
        const rejected = [...now, ...gone].find(({ digest }) => digests.has(digest));
        return rejected ? said(change, color, rejected, gone.includes(rejected), plan) : [];
      }),
    );
  },
});

/** In an update a route is shown without its environments: they are what they were. */
function digestsAfter({ route, before }: RouteChange, color: Color, { prior, desired }: Plan): ReadonlySet<string> {
  const after = digestsOf(route, color, desired);
  return after.size > 0 || !before ? after : digestsOf(before, color, prior);
}

function said(change: RouteChange, color: Color, rejected: Rejection, isGone: boolean, plan: Plan): Finding[] {
  const { route, before, asked, wire } = change;
  const share = desiredShares(asked)[color];
  const name = `"${nameOf(route.urn)}"`;
  const version = `${color}'s image, ${rejected.digest.slice(0, 19)}…, which was rejected at ${rejected.at}: ${rejected.reason}`;
  const why = "The users who met it once would meet it again.";
  const isOther = before !== undefined && !digestsOf(before, color, plan.prior).has(rejected.digest);
  if (gains(change, color) || (share > 0 && isOther)) {
    const without = isGone
      ? " The config that is applied has no such entry: it is of a commit from before, or the entry was taken out in the same edit."
      : "";
    return [
      {
        urn: route.urn,
        what: `${name} would give ${share} % of the requests to ${version}.${without}`,
        why,
        instead: `Put another image in ${color}'s line, at stage: idle. Where this one was good after all, take its entry out of crossfade:rejected in an update of its own, which gives it no weight, and promote after it.`,
      },
    ];
  }
  if (isGone) {
    return [
      {
        urn: route.urn,
        what: `This update forgets the rejection of ${version}. From the next one on it may have weight.`,
        why,
        instead: "Where nobody meant it, this is an older commit: apply the newest one.",
        advisory: true,
      },
    ];
  }
  const has = wire?.[color] ?? 0;
  if (has === 0 || share === 0) return [];
  return [
    {
      urn: route.urn,
      what: `${name} gives ${share} % of the requests to ${version}.`,
      why,
      instead: "Roll it back: crossfade rollback.",
      advisory: true,
    },
  ];
}

/** Whether a color gets weight, or becomes the one to go back to; a way back to stable is open whatever it runs. */
function gains({ asked, wire, transition }: RouteChange, color: Color): boolean {
  const share = desiredShares(asked)[color];
  if (share === 0) return false;
  if (transition.kind === "finish") return color === asked.stable;
  const isBack = transition.kind === "rollback" && color === asked.stable;
  return !isBack && share > (wire?.[color] ?? 0);
}
