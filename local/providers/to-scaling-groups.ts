import type { DesiredRefresh, DesiredScalingGroup, DesiredTask } from "../dataplane";
import { type Images, noCommand, toProcess } from "./image";
import { type InstanceRefresh, type LaunchVersion, refreshesOf } from "./instance-refresh";
import type { LocalRecord, Properties, Records } from "./record";
import { LAUNCH_TEMPLATE, LIFECYCLE_HOOK, SCALING_GROUP } from "./types/autoscaling";

/** What the records ask of Auto Scaling. Where a program sets nothing, AWS's defaults hold. */
export function toScalingGroups(records: Records, images: Images): DesiredScalingGroup[] {
  return records.ofType(SCALING_GROUP).map((group) => toScalingGroup(group, records, images));
}

/** How many machines a group keeps: no more than its most, whatever else it asks for. */
export function scalingGroupSize({ desiredCapacity, minSize, maxSize }: Properties): number {
  return Math.min(Number(desiredCapacity ?? minSize ?? 0), Number(maxSize ?? Number.POSITIVE_INFINITY));
}

function toScalingGroup({ id, inputs }: LocalRecord, records: Records, images: Images): DesiredScalingGroup {
  const policy = (inputs.instanceMaintenancePolicy ?? {}) as Properties;
  const hooks = records.ofType(LIFECYCLE_HOOK).filter((hook) => hook.inputs.autoscalingGroupName === id);
  const waits = hooks
    .filter((hook) => hook.inputs.lifecycleTransition === "autoscaling:EC2_INSTANCE_TERMINATING")
    .map((hook) => Number(hook.inputs.heartbeatTimeout ?? 3600));
  const running = refreshesOf(id, records).find(({ endTime }) => endTime === undefined);
  return {
    arn: id,
    size: scalingGroupSize(inputs),
    targetGroupArns: (inputs.targetGroupArns ?? []) as string[],
    template: toMachine(inputs.launchTemplate as LaunchVersion, records, images),
    asksBalancer: String(inputs.healthCheckType ?? "EC2").includes("ELB"),
    gracePeriod: Number(inputs.healthCheckGracePeriod ?? 300),
    bounds: {
      minHealthy: Number(policy.minHealthyPercentage ?? 100),
      maxHealthy: Number(policy.maxHealthyPercentage ?? 100),
    },
    terminatingWait: Math.max(0, ...waits),
    ...(running && { refresh: toRefresh(running, inputs, records, images) }),
  };
}

function toRefresh(
  { id, wanted, status, preferences, before }: InstanceRefresh,
  group: Properties,
  records: Records,
  images: Images,
): DesiredRefresh {
  const policy = (group.instanceMaintenancePolicy ?? {}) as Properties;
  const isRollback = status === "RollbackInProgress";
  return {
    id,
    template: toMachine(isRollback ? before : wanted, records, images),
    isRollback,
    bounds: {
      minHealthy: Number(preferences.MinHealthyPercentage ?? policy.minHealthyPercentage ?? 90),
      maxHealthy: Number(preferences.MaxHealthyPercentage ?? policy.maxHealthyPercentage ?? 100),
    },
    checkpoints: isRollback ? [100] : (preferences.CheckpointPercentages ?? [100]),
    checkpointDelay: Number(preferences.CheckpointDelay ?? 3600),
    warmup: Number(preferences.InstanceWarmup ?? group.defaultInstanceWarmup ?? group.healthCheckGracePeriod ?? 300),
  };
}

/** A version of a launch template as a process: what its user data would make the machine run. */
function toMachine({ id, version }: LaunchVersion, records: Records, images: Images): DesiredTask {
  const template = records.get(LAUNCH_TEMPLATE, id);
  const inputs = template?.versions?.[Number(version) - 1];
  if (!inputs) throw new Error(`version ${version} of the launch template ${id} is not there`);
  const script = Buffer.from(String(inputs.userData ?? ""), "base64").toString();
  const image = /^image='(.*)'$/m.exec(script)?.[1] ?? String(inputs.imageId);
  const run = toProcess(image, variablesOf(script), images);
  if (!run) throw new Error(`InvalidAMIID.NotFound: ${noCommand(image)}`);
  // An operating system that is shut down gives its services so long (systemd, DefaultTimeoutStopSec).
  const stopTimeout = Number(/--stop-timeout (\d+)/.exec(script)?.[1] ?? 90);
  return { revision: `${id}:${version}`, ...run, stopTimeout };
}

/** No machine runs the script here: of what it writes the variables are taken, as `components/instance.ts` has them. */
function variablesOf(script: string): Record<string, string> {
  const [, lines = ""] = /^cat > \S+ <<'END'\n(.*?)^END$/ms.exec(script) ?? [];
  return Object.fromEntries(
    lines
      .split("\n")
      .filter((line) => line.includes("="))
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}
