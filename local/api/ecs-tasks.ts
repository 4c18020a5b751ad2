import { randomUUID } from "node:crypto";
import {
  DescribeTasks$,
  type DescribeTasksRequest,
  type DescribeTasksResponse,
  type Task as EcsTask,
  ListTasks$,
  type ListTasksRequest,
  type ListTasksResponse,
  RunTask$,
  type RunTaskRequest,
  type RunTaskResponse,
  StopTask$,
  type StopTaskRequest,
  type StopTaskResponse,
} from "@aws-sdk/client-ecs";
import { AwsError } from "../providers";
import { toJob } from "../providers/to-desired";
import { ARN } from "../providers/types/type-row";
import type { Cloud } from "./cloud";
import { type Operation, operation } from "./operation";

const CLUSTER = "aws:ecs/cluster:Cluster";
const DEFINITION = "aws:ecs/taskDefinition:TaskDefinition";

/** The calls for tasks that belong to no service. */
export function taskOperations(cloud: Cloud): Operation[] {
  return [
    operation<RunTaskRequest, RunTaskResponse>(RunTask$, (input) => runTask(input, cloud)),
    operation<ListTasksRequest, ListTasksResponse>(ListTasks$, ({ cluster, startedBy }) => {
      clusterOf(cluster, "ListTasks", cloud);
      return { taskArns: cloud.dataPlane.jobs.alive(startedBy) };
    }),
    operation<DescribeTasksRequest, DescribeTasksResponse>(DescribeTasks$, ({ cluster, tasks = [] }) => {
      const clusterArn = clusterOf(cluster, "DescribeTasks", cloud);
      const told = tasks.map((arn) => toTask(arn, clusterArn, cloud));
      const failures = tasks.filter((_, i) => !told[i]).map((arn) => ({ arn, reason: "MISSING" }));
      return { tasks: told.filter((task) => task !== undefined), failures };
    }),
    operation<StopTaskRequest, StopTaskResponse>(StopTask$, ({ cluster, task: arn = "", reason = "" }) => {
      const clusterArn = clusterOf(cluster, "StopTask", cloud);
      cloud.dataPlane.jobs.stop(arn, reason);
      const task = toTask(arn, clusterArn, cloud);
      if (!task) throw new AwsError("StopTask", "InvalidParameterException", "The referenced task was not found.");
      return { task };
    }),
  ];
}

function runTask({ cluster, taskDefinition = "", startedBy }: RunTaskRequest, cloud: Cloud): RunTaskResponse {
  const clusterArn = clusterOf(cluster, "RunTask", cloud);
  const { records, dataPlane, images } = cloud;
  if (!records.ofType(DEFINITION).some(({ outputs }) => outputs.arn === taskDefinition)) {
    throw new AwsError("RunTask", "ClientException", "TaskDefinition not found.");
  }
  const arn = String(ARN("ecs", `task/${clusterArn.split("/").at(-1)}/${randomUUID().replaceAll("-", "")}`));
  dataPlane.jobs.start(arn, taskDefinition, toJob(taskDefinition, records, images()), startedBy);
  const task = toTask(arn, clusterArn, cloud);
  return { tasks: task ? [task] : [], failures: [] };
}

function clusterOf(cluster = "default", call: string, { records }: Cloud): string {
  const found = records.ofType(CLUSTER).find(({ id }) => id === cluster || id.split("/").at(-1) === cluster);
  if (!found) throw new AwsError(call, "ClusterNotFoundException", "Cluster not found.");
  return found.id;
}

function toTask(arn: string, clusterArn: string, { dataPlane }: Cloud): EcsTask | undefined {
  const job = dataPlane.jobs.get(arn);
  if (!job) return undefined;
  const { status, revision, startedBy, createdAt, exitCode, reason } = job;
  return {
    taskArn: arn,
    clusterArn,
    taskDefinitionArn: revision,
    startedBy,
    lastStatus: status,
    desiredStatus: status === "STOPPED" ? "STOPPED" : "RUNNING",
    createdAt: new Date(createdAt),
    containers: [{ lastStatus: status, exitCode }],
    ...(status === "STOPPED" && { stoppedReason: reason }),
  };
}
