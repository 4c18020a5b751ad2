import type { LiveRefresh, LiveScalingGroup } from "../traffic";
import { asked } from "./asked";
import type { AwsClients } from "./aws-clients";

/** How an instance refresh is to go. */
export interface RefreshOrder {
  template: { id: string; version: string };
  /** Percent of the instances that are new at each stop; none without stops. */
  checkpoints?: readonly number[];
  /** Seconds at each stop, 0 to 172,800 (`RefreshPreferences.CheckpointDelay`). */
  checkpointDelay?: number;
  /** Names of CloudWatch alarms that end it, ten at most (`AlarmSpecification`). */
  alarms?: readonly string[];
}

/** An Auto Scaling group with its latest refresh. @throws AwsCallError, also where there is no such group */
export async function readScalingGroup(clients: AwsClients, name: string): Promise<LiveScalingGroup> {
  const client = await clients.autoScaling();
  const group = await asked({ action: "autoscaling:DescribeAutoScalingGroups", of: name }, async () => {
    const { AutoScalingGroups: [found] = [] } = await client.describeAutoScalingGroups({
      AutoScalingGroupNames: [name],
    });
    if (!found) throw Object.assign(new Error("no group of that name"), { name: "AutoScalingGroupNotFound" });
    return found;
  });
  const refresh = await latestRefresh(clients, name);
  return {
    saved: group.LaunchTemplate?.Version ?? "",
    instances: (group.Instances ?? []).map(({ LaunchTemplate }) => LaunchTemplate?.Version ?? ""),
    ...(refresh && { refresh }),
  };
}

/** The refresh that was started last; AWS tells the newest one first. */
export async function latestRefresh(clients: AwsClients, group: string): Promise<LiveRefresh | undefined> {
  const client = await clients.autoScaling();
  return asked({ action: "autoscaling:DescribeInstanceRefreshes", of: group }, async () => {
    const { InstanceRefreshes: [latest] = [] } = await client.describeInstanceRefreshes({
      AutoScalingGroupName: group,
      MaxRecords: 1,
    });
    if (!latest) return undefined;
    return {
      id: latest.InstanceRefreshId ?? "",
      status: latest.Status ?? "",
      ...(latest.StatusReason && { reason: latest.StatusReason }),
      version: latest.DesiredConfiguration?.LaunchTemplate?.Version ?? "",
      percent: latest.PercentageComplete ?? 0,
    };
  });
}

/**
 * Starts a refresh to a version that is not saved on the group yet: by `DesiredConfiguration`, so that a rollback returns to what is
 * ("Undo changes with a manual or auto rollback"). AWS saves the version when all instances have it.
 */
export async function startRefresh(clients: AwsClients, group: string, order: RefreshOrder): Promise<void> {
  const client = await clients.autoScaling();
  const { template, checkpoints, checkpointDelay, alarms } = order;
  await asked({ action: "autoscaling:StartInstanceRefresh", of: group }, () =>
    client.startInstanceRefresh({
      AutoScalingGroupName: group,
      Strategy: "Rolling",
      DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: template.id, Version: template.version } },
      Preferences: {
        MinHealthyPercentage: 100,
        MaxHealthyPercentage: 200,
        SkipMatching: true,
        AutoRollback: true,
        ...(checkpoints && { CheckpointPercentages: [...checkpoints], CheckpointDelay: checkpointDelay }),
        ...(alarms && alarms.length > 0 && { AlarmSpecification: { Alarms: [...alarms] } }),
      },
    }),
  );
}

/** Ends the refresh that runs, and replaces the instances that it has launched by such as there were. */
export async function rollBackRefresh(clients: AwsClients, group: string): Promise<void> {
  const client = await clients.autoScaling();
  await asked({ action: "autoscaling:RollbackInstanceRefresh", of: group }, () =>
    client.rollbackInstanceRefresh({ AutoScalingGroupName: group }),
  );
}
