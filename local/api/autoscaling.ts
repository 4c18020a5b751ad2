import { randomUUID } from "node:crypto";
import {
  type InstanceRefresh as Answered,
  type AutoScalingGroup,
  type AutoScalingGroupNamesType,
  type AutoScalingGroupsType,
  CancelInstanceRefresh$,
  type CancelInstanceRefreshAnswer,
  type CancelInstanceRefreshType,
  DescribeAutoScalingGroups$,
  DescribeInstanceRefreshes$,
  type DescribeInstanceRefreshesAnswer,
  type DescribeInstanceRefreshesType,
  RollbackInstanceRefresh$,
  type RollbackInstanceRefreshAnswer,
  type RollbackInstanceRefreshType,
  StartInstanceRefresh$,
  type StartInstanceRefreshAnswer,
  type StartInstanceRefreshType,
} from "@aws-sdk/client-auto-scaling";
import { AwsError } from "../providers";
import { type InstanceRefresh, type LaunchVersion, putRefresh, refreshesOf } from "../providers/instance-refresh";
import type { LocalRecord } from "../providers/record";
import { scalingGroupSize } from "../providers/to-scaling-groups";
import { LAUNCH_TEMPLATE, SCALING_GROUP } from "../providers/types/autoscaling";
import { type Cloud, page } from "./cloud";
import { operation, type Service } from "./operation";
import { queryWire } from "./wire/query";

/** "The maximum value is 100" (`MaxRecords`); 50 where nothing is said. */
const RECORDS = 50;

/** EC2 Auto Scaling: instance refreshes, and what they have made of a group. */
export function autoScaling(cloud: Cloud): Service {
  return {
    name: "autoscaling",
    wire: queryWire("2011-01-01", "http://autoscaling.amazonaws.com/doc/2011-01-01/"),
    throttled: "Throttling",
    operations: [
      operation<AutoScalingGroupNamesType, AutoScalingGroupsType>(DescribeAutoScalingGroups$, (input) =>
        describeGroups(input, cloud),
      ),
      operation<DescribeInstanceRefreshesType, DescribeInstanceRefreshesAnswer>(DescribeInstanceRefreshes$, (input) =>
        describeRefreshes(input, cloud),
      ),
      operation<StartInstanceRefreshType, StartInstanceRefreshAnswer>(StartInstanceRefresh$, (input) =>
        startRefresh(input, cloud),
      ),
      operation<RollbackInstanceRefreshType, RollbackInstanceRefreshAnswer>(RollbackInstanceRefresh$, (input) =>
        rollBackRefresh(input, cloud),
      ),
      operation<CancelInstanceRefreshType, CancelInstanceRefreshAnswer>(CancelInstanceRefresh$, (input) =>
        cancelRefresh(input, cloud),
      ),
    ],
  };
}

/** A group that is not there is left out, and is no error. */
function describeGroups(input: AutoScalingGroupNamesType, { records, dataPlane }: Cloud): AutoScalingGroupsType {
  const { AutoScalingGroupNames: names = [], MaxRecords = RECORDS, NextToken } = input;
  const all = records.ofType(SCALING_GROUP).filter(({ id }) => names.length === 0 || names.includes(id));
  const { items, next } = page(all, MaxRecords, NextToken);
  return { AutoScalingGroups: items.map((group) => toGroup(group)), NextToken: next };

  function toGroup({ id, inputs, outputs }: LocalRecord): AutoScalingGroup {
    return {
      AutoScalingGroupName: id,
      AutoScalingGroupARN: String(outputs.arn),
      MinSize: Number(inputs.minSize),
      MaxSize: Number(inputs.maxSize),
      DesiredCapacity: scalingGroupSize(inputs),
      DefaultCooldown: 300,
      AvailabilityZones: [...dataPlane.zones],
      HealthCheckType: String(inputs.healthCheckType ?? "EC2"),
      CreatedTime: new Date(0),
      LaunchTemplate: toSpecification(inputs.launchTemplate as LaunchVersion),
      Instances: (dataPlane.scalingGroup(id)?.machines ?? []).map(({ id: instance, zone, revision, inService }) => {
        const [template = "", version = ""] = revision.split(":");
        return {
          InstanceId: instance,
          AvailabilityZone: zone,
          LifecycleState: inService ? "InService" : "Pending",
          HealthStatus: "Healthy",
          ProtectedFromScaleIn: false,
          LaunchTemplate: toSpecification({ id: template, version }),
        };
      }),
    };
  }
}

function describeRefreshes(input: DescribeInstanceRefreshesType, cloud: Cloud): DescribeInstanceRefreshesAnswer {
  const { AutoScalingGroupName = "", InstanceRefreshIds: ids, MaxRecords = RECORDS, NextToken } = input;
  existing("DescribeInstanceRefreshes", AutoScalingGroupName, cloud);
  const all = refreshesOf(AutoScalingGroupName, cloud.records).filter(({ id }) => !ids || ids.includes(id));
  const { items, next } = page(all, MaxRecords, NextToken);
  return { InstanceRefreshes: items.map((refresh) => toAnswer(refresh, cloud)), NextToken: next };
}

function toAnswer(refresh: InstanceRefresh, { dataPlane }: Cloud): Answered {
  const progress = dataPlane.scalingGroup(refresh.group)?.progress;
  const { percent, left } =
    refresh.endTime === undefined && progress?.id === refresh.id
      ? progress
      : { percent: refresh.endTime === undefined ? 0 : 100, left: 0 };
  return {
    InstanceRefreshId: refresh.id,
    AutoScalingGroupName: refresh.group,
    Status: refresh.status,
    StatusReason: refresh.reason,
    StartTime: new Date(refresh.startTime),
    ...(refresh.endTime !== undefined && { EndTime: new Date(refresh.endTime) }),
    PercentageComplete: percent,
    InstancesToUpdate: Number.isNaN(left) ? undefined : left,
    Preferences: refresh.preferences,
    DesiredConfiguration: { LaunchTemplate: toSpecification(refresh.wanted) },
  };
}

async function startRefresh(input: StartInstanceRefreshType, cloud: Cloud): Promise<StartInstanceRefreshAnswer> {
  const { AutoScalingGroupName: group = "", DesiredConfiguration, Preferences: preferences = {} } = input;
  const refuse = refusal("StartInstanceRefresh");
  const { inputs } = existing("StartInstanceRefresh", group, cloud);
  if (runningOf(group, cloud)) {
    throw refuse(
      "InstanceRefreshInProgress",
      "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
    );
  }
  const before = inputs.launchTemplate as LaunchVersion;
  const { LaunchTemplateId: id = before.id, Version: version = before.version } =
    DesiredConfiguration?.LaunchTemplate ?? {};
  if (!cloud.records.get(LAUNCH_TEMPLATE, id)?.versions?.[Number(version) - 1]) {
    throw refuse("ValidationError", `Launch template ${id} version ${version} does not exist`);
  }
  const { CheckpointPercentages: percentages = [], AutoRollback = false } = preferences;
  if (percentages.some((percentage, i) => i > 0 && percentage <= (percentages[i - 1] ?? 0))) {
    throw refuse("ValidationError", "CheckpointPercentages must be unique and in ascending order");
  }
  if (AutoRollback && !DesiredConfiguration) {
    throw refuse(
      "ValidationError",
      "The AutoRollback parameter cannot be set to true when the DesiredConfiguration parameter is empty.",
    );
  }
  const refresh: InstanceRefresh = {
    id: randomUUID(),
    group,
    status: "InProgress",
    wanted: { id, version },
    before,
    preferences,
    startTime: Date.now(),
  };
  putRefresh(refresh, cloud.records);
  await cloud.apply();
  return { InstanceRefreshId: refresh.id };
}

async function rollBackRefresh(
  input: RollbackInstanceRefreshType,
  cloud: Cloud,
): Promise<RollbackInstanceRefreshAnswer> {
  const { AutoScalingGroupName: group = "" } = input;
  existing("RollbackInstanceRefresh", group, cloud);
  const running = runningOf(group, cloud);
  if (!running) throw none("RollbackInstanceRefresh");
  putRefresh({ ...running, status: "RollbackInProgress", reason: "Rollback was requested" }, cloud.records);
  await cloud.apply();
  return { InstanceRefreshId: running.id };
}

async function cancelRefresh(input: CancelInstanceRefreshType, cloud: Cloud): Promise<CancelInstanceRefreshAnswer> {
  const { AutoScalingGroupName: group = "" } = input;
  existing("CancelInstanceRefresh", group, cloud);
  const running = runningOf(group, cloud);
  if (!running) throw none("CancelInstanceRefresh");
  putRefresh({ ...running, status: "Cancelled", endTime: Date.now() }, cloud.records);
  await cloud.apply();
  return { InstanceRefreshId: running.id };
}

function runningOf(group: string, { records }: Cloud): InstanceRefresh | undefined {
  return refreshesOf(group, records).find(({ endTime }) => endTime === undefined);
}

function existing(name: string, group: string, { records }: Cloud): LocalRecord {
  const record = records.get(SCALING_GROUP, group);
  if (!record) throw refusal(name)("ValidationError", "AutoScalingGroup name not found - null");
  return record;
}

function none(name: string): AwsError {
  const message = "No in progress or pending Instance Refresh found for Auto Scaling group";
  return refusal(name)("ActiveInstanceRefreshNotFound", message);
}

function refusal(operation: string) {
  return (code: string, reason: string) => new AwsError(operation, code, reason);
}

function toSpecification({ id, version }: LaunchVersion) {
  return { LaunchTemplateId: id, Version: String(version) };
}
