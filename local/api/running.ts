import type { LocalRecord, Properties } from "../providers/record";
import { SCALING_GROUP } from "../providers/types/autoscaling";
import type { Cloud } from "./cloud";

const SERVICE = "aws:ecs/service:Service";
const DEFINITION = "aws:ecs/taskDefinition:TaskDefinition";
/** Of a task whose definition has no size (Fargate's smallest). */
const UNITS = 256;

/** How many addresses are taken in a subnet: each service's and group's even part of what it runs. */
export function addressesTaken(subnet: string, { records, dataPlane }: Cloud): number {
  const services = records.ofType(SERVICE).map((service) => {
    const { subnets } = (service.inputs.networkConfiguration ?? {}) as Properties;
    return part(subnets, runningTasks(service, dataPlane));
  });
  const groups = records
    .ofType(SCALING_GROUP)
    .map(({ id, inputs }) => part(inputs.vpcZoneIdentifiers, dataPlane.scalingGroup(id)?.machines.length ?? 0));
  return [...services, ...groups].reduce((sum, taken) => sum + taken, 0);

  function part(subnets: unknown, running: number): number {
    const ids = (subnets ?? []) as string[];
    return ids.includes(subnet) ? Math.ceil(running / ids.length) : 0;
  }
}

/** The vCPUs of all tasks that run on Fargate, On-Demand: there is no Spot here. */
export function fargateVcpus({ records, dataPlane }: Cloud): number {
  const services = records.ofType(SERVICE).filter(({ inputs }) => inputs.launchType === "FARGATE");
  return services.reduce((sum, service) => {
    const definition = records.ofType(DEFINITION).find(({ outputs }) => outputs.arn === service.inputs.taskDefinition);
    return sum + (runningTasks(service, dataPlane) * Number(definition?.inputs.cpu ?? UNITS)) / 1024;
  }, 0);
}

function runningTasks({ id }: LocalRecord, dataPlane: Cloud["dataPlane"]): number {
  const deployments = dataPlane.serviceStatus(id)?.deployments ?? [];
  return deployments.reduce((sum, { running, pending }) => sum + running + pending, 0);
}
