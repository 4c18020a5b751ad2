import {
  type Deployment,
  DescribeServices$,
  type DescribeServicesRequest,
  type DescribeServicesResponse,
  type Service as EcsService,
} from "@aws-sdk/client-ecs";
import type { DeploymentStatus } from "../dataplane";
import { AwsError } from "../providers";
import type { LocalRecord } from "../providers/record";
import type { Cloud } from "./cloud";
import { taskOperations } from "./ecs-tasks";
import { operation, type Service } from "./operation";
import { jsonWire } from "./wire/json";

const CLUSTER = "aws:ecs/cluster:Cluster";
const SERVICE = "aws:ecs/service:Service";

/** "You may specify up to 10 services to describe in a single operation" (ECS API, DescribeServices). */
const MOST = 10;

/** Elastic Container Service: how a service's deployments stand, and tasks of none. */
export function ecs(cloud: Cloud): Service {
  return {
    name: "ecs",
    wire: jsonWire("1.1", "AmazonEC2ContainerServiceV20141113"),
    throttled: "ThrottlingException",
    operations: [
      operation<DescribeServicesRequest, DescribeServicesResponse>(DescribeServices$, (input) =>
        describeServices(input, cloud),
      ),
      ...taskOperations(cloud),
    ],
  };
}

/** A service that is not there is no error: it is among the failures. */
function describeServices(input: DescribeServicesRequest, { records, dataPlane }: Cloud): DescribeServicesResponse {
  const { cluster = "default", services: asked = [] } = input;
  const refuse = (code: string, reason: string) => new AwsError("DescribeServices", code, reason);
  if (asked.length === 0) throw refuse("InvalidParameterException", "Services cannot be empty.");
  if (asked.length > MOST)
    throw refuse("InvalidParameterException", `Services cannot have more than ${MOST} elements.`);
  const found = records.ofType(CLUSTER).find(({ id }) => id === cluster || lastOf(id) === cluster);
  if (!found) throw refuse("ClusterNotFoundException", "Cluster not found.");
  const ofCluster = records.ofType(SERVICE).filter(({ inputs }) => lastOf(String(inputs.cluster)) === lastOf(found.id));
  const answer = { services: [] as EcsService[], failures: [] as { arn: string; reason: string }[] };
  for (const name of asked) {
    const record = ofCluster.find(({ id }) => id === name || lastOf(id) === name);
    const status = record && dataPlane.serviceStatus(record.id);
    if (record && status) answer.services.push(toService(record, found.id, status));
    else answer.failures.push({ arn: name, reason: "MISSING" });
  }
  return answer;
}

function toService(
  { id, inputs }: LocalRecord,
  clusterArn: string,
  { deployments, events }: NonNullable<ReturnType<Cloud["dataPlane"]["serviceStatus"]>>,
): EcsService {
  const sum = (count: "running" | "pending") => deployments.reduce((all, one) => all + one[count], 0);
  return {
    serviceArn: id,
    serviceName: lastOf(id),
    clusterArn,
    status: "ACTIVE",
    desiredCount: Number(inputs.desiredCount ?? 0),
    runningCount: sum("running"),
    pendingCount: sum("pending"),
    taskDefinition: deployments[0]?.revision,
    deployments: deployments.map(toDeployment),
    events: events.map(({ time, message }, i) => ({ id: `${time}-${i}`, createdAt: new Date(time), message })),
    loadBalancers: (inputs.loadBalancers ?? []) as EcsService["loadBalancers"],
  };
}

function toDeployment(status: DeploymentStatus, i: number): Deployment {
  return {
    id: status.id,
    status: i === 0 ? "PRIMARY" : "ACTIVE",
    taskDefinition: status.revision,
    desiredCount: status.desired,
    runningCount: status.running,
    pendingCount: status.pending,
    failedTasks: status.failed,
    createdAt: new Date(status.createdAt),
    updatedAt: new Date(status.updatedAt),
    rolloutState: status.rollout,
    rolloutStateReason: status.reason,
  };
}

function lastOf(arn: string): string {
  return arn.split("/").at(-1) ?? "";
}
