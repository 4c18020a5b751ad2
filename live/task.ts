import type { Task } from "@aws-sdk/client-ecs";
import type { LiveTask } from "../traffic";
import { asked } from "./asked";
import type { AwsClients } from "./aws-clients";

/** What is to be run once. */
export interface TaskOrder {
  /** The ARN of the cluster. */
  cluster: string;
  /** The ARN of a task definition's revision. */
  taskDefinition: string;
  subnets: readonly string[];
  securityGroups: readonly string[];
  publicAddress: boolean;
  /** By which it is found again, 128 characters of letters, digits, `-`, `/` and `_` at most (ECS API, RunTask). */
  startedBy: string;
}

/**
 * Starts a task on Fargate.
 *
 * @throws AwsCallError, also where ECS takes the call and starts none, as without capacity or a free address
 */
export async function runTask(clients: AwsClients, order: TaskOrder): Promise<LiveTask> {
  const ecs = await clients.at(order.cluster).ecs();
  return asked({ action: "ecs:RunTask", of: order.taskDefinition }, async () => {
    const { tasks: [task] = [], failures: [failure] = [] } = await ecs.runTask({
      cluster: order.cluster,
      taskDefinition: order.taskDefinition,
      launchType: "FARGATE",
      count: 1,
      startedBy: order.startedBy,
      propagateTags: "TASK_DEFINITION",
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: [...order.subnets],
          securityGroups: [...order.securityGroups],
          assignPublicIp: order.publicAddress ? "ENABLED" : "DISABLED",
        },
      },
    });
    if (task) return liveTask(task);
    throw Object.assign(new Error(failure?.detail ?? "no task was started"), { name: failure?.reason ?? "NoTask" });
  });
}

/** A task that was started by this name and has not ended. @throws AwsCallError */
export async function findTask(clients: AwsClients, cluster: string, startedBy: string): Promise<LiveTask | undefined> {
  const ecs = await clients.at(cluster).ecs();
  const { taskArns: [arn] = [] } = await asked({ action: "ecs:ListTasks", of: cluster }, () =>
    ecs.listTasks({ cluster, startedBy }),
  );
  return arn === undefined ? undefined : readTask(clients, cluster, arn);
}

/** @throws AwsCallError, also where ECS knows it no more: an ended one is told for an hour at least (ECS API, DescribeTasks) */
export async function readTask(clients: AwsClients, cluster: string, arn: string): Promise<LiveTask> {
  const ecs = await clients.at(cluster).ecs();
  return asked({ action: "ecs:DescribeTasks", of: arn }, async () => {
    const { tasks: [task] = [], failures: [failure] = [] } = await ecs.describeTasks({ cluster, tasks: [arn] });
    if (task) return liveTask(task);
    throw Object.assign(new Error(failure?.detail ?? "ECS does not know it"), { name: failure?.reason ?? "MISSING" });
  });
}

/** SIGTERM, and SIGKILL after its stop time-out. */
export async function stopTask(clients: AwsClients, cluster: string, arn: string, reason: string): Promise<void> {
  const ecs = await clients.at(cluster).ecs();
  await asked({ action: "ecs:StopTask", of: arn }, () => ecs.stopTask({ cluster, task: arn, reason }));
}

function liveTask({ taskArn = "", lastStatus = "", stoppedReason, containers: [own] = [] }: Task): LiveTask {
  return {
    arn: taskArn,
    status: lastStatus,
    exitCode: own?.exitCode,
    reason: own?.reason ?? stoppedReason,
  };
}
