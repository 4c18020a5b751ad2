import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { released, type ScheduleArgs } from "./background-args";
import type { KubernetesPlace } from "./kubernetes-place";
import { backgroundPod } from "./pod";

export interface KubernetesScheduleArgs extends ScheduleArgs, KubernetesPlace {}

/**
 * A CronJob of the released version, and of no other. There is one for both colors, so that no run comes twice for there being two; it is
 * changed in place in the update that makes the candidate stable. A run that goes on by then ends as it began, and the next one
 * waits for it. A CronJob promises about one start for each time and not exactly one ("CronJob", Job creation).
 */
export class KubernetesSchedule extends pulumi.ComponentResource {
  readonly cronJob: k8s.batch.v1.CronJob;

  /** @throws InputPropertiesError where stable has no version here. */
  constructor(name: string, args: KubernetesScheduleArgs, opts?: pulumi.ComponentResourceOptions) {
    const version = released(`the schedule "${name}"`, args);
    const { at, zone = "UTC", namespace, serviceAccountName = "default" } = args;
    super("crossfade:index:KubernetesSchedule", name, { ...version, at, zone }, { parent: args.rollout, ...opts });
    const labels = { "app.kubernetes.io/name": name, "app.kubernetes.io/managed-by": "pulumi" };
    this.cronJob = new k8s.batch.v1.CronJob(
      name,
      {
        metadata: { namespace, labels },
        spec: {
          schedule: at,
          timeZone: zone,
          concurrencyPolicy: "Forbid",
          // A run of the night is not to begin at noon.
          startingDeadlineSeconds: 3600,
          jobTemplate: {
            spec: {
              // What has failed half way is not begun again unasked.
              backoffLimit: 0,
              podFailurePolicy: {
                rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
              },
              template: { metadata: { labels }, spec: backgroundPod(version, serviceAccountName, "Never") },
            },
          },
        },
      },
      { parent: this },
    );
    this.registerOutputs({ color: version.color });
  }
}
