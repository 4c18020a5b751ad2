import type { LiveService } from "../traffic";
import { asked } from "./asked";
import type { AwsClients } from "./aws-clients";

/** An ECS service by its name or ARN, in a cluster by its name or ARN. */
export interface ServicePlace {
  cluster: string;
  service: string;
}

/** An ECS service with its deployments and counts. @throws AwsCallError, also where there is no such service */
export async function readService(clients: AwsClients, { cluster, service }: ServicePlace): Promise<LiveService> {
  const ecs = await clients.at(service.startsWith("arn:") ? service : cluster).ecs();
  return asked({ action: "ecs:DescribeServices", of: service }, async () => {
    const { services: [found] = [], failures: [failure] = [] } = await ecs.describeServices({
      cluster,
      services: [service],
    });
    if (!found) {
      const message = failure?.detail ?? `the cluster ${cluster} does not know it`;
      throw Object.assign(new Error(message), { name: failure?.reason ?? "MISSING" });
    }
    return {
      name: found.serviceName ?? service,
      status: found.status ?? "",
      wanted: found.desiredCount ?? 0,
      running: found.runningCount ?? 0,
      pending: found.pendingCount ?? 0,
      deployments: (found.deployments ?? []).map((deployment) => ({
        status: deployment.status ?? "",
        taskDefinition: deployment.taskDefinition ?? "",
        rolloutState: deployment.rolloutState,
        rolloutReason: deployment.rolloutStateReason,
        wanted: deployment.desiredCount ?? 0,
        running: deployment.runningCount ?? 0,
        failed: deployment.failedTasks ?? 0,
      })),
    };
  });
}
