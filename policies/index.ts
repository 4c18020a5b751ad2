import { enforce } from "./enforce";
import { interruptedUpdate } from "./interrupted-update";
import { releaseWithoutCanary } from "./release-without-canary";
import { servingDeletion } from "./serving-deletion";
import { servingReplacement } from "./serving-replacement";
import { stageOrder } from "./stage-order";

/** All policies, ready for a pack: this one, or one of a team's own. */
export const policies = [servingReplacement, servingDeletion, interruptedUpdate, releaseWithoutCanary, stageOrder].map(
  enforce,
);
