import { z } from "zod";
import { nameOf } from "../traffic";
import { policy } from "./policy";
import { routeChanges } from "./reading/rollouts";

export const stageOrder = policy({
  name: "stage-order",
  description: "Refuses a rollout that skips a stage.",
  mechanism:
    'A canary limits what a bad version can do to the share of its stage (SRE workbook, "Canarying Releases"); a skipped stage takes the limit away. So does moving on from weights that are no stage, or making another color stable while that moves requests. Where a rollout stands is read from the rule\'s weights: after a failed update the components have recorded a stage that the rule never reached. Rolling back is always legal.',
  safeWay: "One stage after the other, each in an update of its own.",
  hazards: ["41", "43", "A3"],
  settings: z.strictObject({}),
  judge: (plan) =>
    routeChanges(plan).flatMap(({ route, asked, transition }) => {
      if (transition.kind !== "refused") return [];
      return {
        urn: route.urn,
        what: `"${nameOf(route.urn)}" cannot go to stable: ${asked.stable}, stage: ${asked.stage}: ${transition.reason}.`,
        why: "Each stage bounds how many users a bad version can reach; without it the first to notice are all of them.",
        instead: `Legal from here: ${transition.legal}.`,
      };
    }),
});
