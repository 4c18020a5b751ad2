import { PolicyPack } from "@pulumi/policy";
import { enforce } from "./enforce";
import { releaseWithoutCanary } from "./release-without-canary";
import { servingDeletion } from "./serving-deletion";
import { servingReplacement } from "./serving-replacement";
import { stageOrder } from "./stage-order";

new PolicyPack("crossfade", {
  policies: [servingReplacement, servingDeletion, releaseWithoutCanary, stageOrder].map(enforce),
});
