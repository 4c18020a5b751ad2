import { type State, setting } from "../../policies/reading/state";
import { TASK_DEFINITION } from "../../policies/reading/types";
import { at, list, number, type Resource, text, UNKNOWN } from "../../traffic";
import type { Addition } from "./addition";
import { type FargateKind, isFargateKind } from "./fargate-kinds";

/** "1 vCPU" and "1024" are one (ECS developer guide, "Task size"). */
const UNITS = 1024;

/** The vCPUs that so many tasks of a service take of Fargate, by kind; undefined where that cannot be told. */
export function fargateVcpus(service: Resource, count: number, desired: State): Addition["vcpus"] {
  const definitions = desired.referred(service, "taskDefinition", setting(service, "taskDefinition"), TASK_DEFINITION);
  const [task] = definitions;
  const kinds = kindsOf(service, task, count);
  if (!kinds || Object.keys(kinds).length === 0) return kinds;
  const vcpus = definitions.length === 1 && task ? taskVcpus(task) : undefined;
  if (vcpus === undefined) return undefined;
  return Object.fromEntries(Object.entries(kinds).map(([kind, tasks]) => [kind, tasks * vcpus]));
}

/** vCPUs of one task; undefined where its size is not known. */
function taskVcpus(task: Resource): number | undefined {
  const cpu = setting(task, "cpu");
  const inVcpus = /^([\d.]+)\s*vcpu$/i.exec(text(cpu)?.trim() ?? "")?.[1];
  if (inVcpus !== undefined) return number(inVcpus);
  const units = number(cpu);
  return units === undefined ? undefined : units / UNITS;
}

/** How many of the tasks run on which kind of Fargate; none where they run elsewhere, undefined where that is not known. */
function kindsOf(service: Resource, task: Resource | undefined, count: number): Addition["vcpus"] {
  const strategies = setting(service, "capacityProviderStrategies");
  if (strategies === UNKNOWN) return undefined;
  if (list(strategies).length > 0) return shares(list(strategies), count);
  const launchType = setting(service, "launchType");
  if (launchType === UNKNOWN) return undefined;
  if (launchType === "FARGATE") return { FARGATE: count };
  // What names neither runs by the default of its cluster, which the service does not show, or on instances.
  const isForFargate = task === undefined || list(setting(task, "requiresCompatibilities")).includes("FARGATE");
  return launchType === undefined && isForFargate ? undefined : {};
}

/**
 * By the providers' bases and weights, each rounded up: which one gets the odd task is not documented ("Capacity provider
 * strategy", ECS API, CapacityProviderStrategyItem: `base` tasks "at a minimum", then the relative `weight`).
 */
function shares(strategies: readonly unknown[], count: number): Addition["vcpus"] {
  const all = strategies.map((strategy) => ({
    provider: at(strategy, "capacityProvider"),
    weight: number(at(strategy, "weight")) ?? 0,
    base: number(at(strategy, "base")) ?? 0,
  }));
  const weights = all.reduce((sum, { weight }) => sum + weight, 0);
  const tasks: Partial<Record<FargateKind, number>> = {};
  for (const { provider, weight, base } of all) {
    if (typeof provider !== "string") return undefined;
    if (!isFargateKind(provider)) continue;
    const own = Math.min(base, count);
    const rest = weights > 0 ? Math.ceil(((count - own) * weight) / weights) : 0;
    tasks[provider] = (tasks[provider] ?? 0) + own + rest;
  }
  return tasks;
}
