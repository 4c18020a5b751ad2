import * as pulumi from "@pulumi/pulumi";
import { formatDuration, type StageStatus } from "../traffic";

export interface CanaryStageArgs {
  /** The candidate's share of the requests in percent, 0 to 100. */
  weight: number;
  /** Seconds that the stage must hold, healthy, before the next one. */
  bake: number;
  /** Where it lies on the way: `passed`, `current` or `ahead`. */
  status: pulumi.Input<StageStatus>;
}

/**
 * One step of a rollout. It changes nothing in the cloud: it is there so that a preview shows the way, and the state keeps it.
 * `Rollout` makes one for each stage.
 */
export class CanaryStage extends pulumi.ComponentResource {
  constructor(name: string, args: CanaryStageArgs, opts?: pulumi.ComponentResourceOptions) {
    const { weight, bake, status } = args;
    super("crossfade:index:CanaryStage", name, { weight, bake: formatDuration(bake), status }, opts);
    this.registerOutputs({});
  }
}
