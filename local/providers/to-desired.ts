import type {
  Action,
  Condition,
  Desired,
  DesiredBalancer,
  DesiredListener,
  DesiredRule,
  DesiredService,
  DesiredTargetGroup,
  DesiredTask,
} from "../dataplane";
import { type Images, noCommand, toProcess } from "./image";
import { toCluster, toServiceGroups } from "./kubernetes/to-cluster";
import { toGateways } from "./kubernetes/to-gateways";
import type { LocalRecord, Properties, Records } from "./record";
import { toDns } from "./to-dns";
import { toScalingGroups } from "./to-scaling-groups";
import { toSchedules } from "./to-schedules";

/** What the records ask the data plane to be. Where a program sets nothing, AWS's defaults hold. */
export function toDesired(records: Records, images: Images): Desired {
  return {
    balancers: toBalancers(records),
    targetGroups: [...records.ofType("aws:lb/targetGroup:TargetGroup").map(toTargetGroup), ...toServiceGroups(records)],
    services: records.ofType("aws:ecs/service:Service").map((service) => toService(service, records, images)),
    scalingGroups: toScalingGroups(records, images),
    schedules: toSchedules(records, images),
    cluster: toCluster(records, images),
    dns: toDns(records),
  };
}

/** All that takes requests in: load balancers, and Gateways that carry a route. */
export function toBalancers(records: Records): DesiredBalancer[] {
  const balancers = records.ofType("aws:lb/loadBalancer:LoadBalancer").map(({ id, inputs, outputs }) => ({
    arn: id,
    dnsName: String(outputs.dnsName),
    dualstack: String(inputs.ipAddressType).startsWith("dualstack"),
    idleTimeout: Number(inputs.idleTimeout ?? 60),
    clientKeepAlive: Number(inputs.clientKeepAlive ?? 3600),
    listeners: records
      .ofType("aws:lb/listener:Listener")
      .filter((listener) => listener.inputs.loadBalancerArn === id)
      .map((listener) => toListener(listener, records)),
  }));
  return [...balancers, ...toGateways(records)];
}

function toListener({ id, inputs }: LocalRecord, records: Records): DesiredListener {
  const rules = records
    .ofType("aws:lb/listenerRule:ListenerRule")
    .filter((rule) => rule.inputs.listenerArn === id)
    .sort((a, b) => Number(a.inputs.priority) - Number(b.inputs.priority))
    .map(
      (rule): DesiredRule => ({
        arn: rule.id,
        conditions: items(rule.inputs.conditions).map(toCondition),
        action: toAction(items(rule.inputs.actions).at(-1) ?? {}),
      }),
    );
  const fallback = {
    arn: `${id}/default`,
    conditions: [],
    action: toAction(items(inputs.defaultActions).at(-1) ?? {}),
  };
  return { arn: id, port: Number(inputs.port ?? 80), rules: [...rules, fallback] };
}

function toCondition(condition: Properties): Condition {
  const { hostHeader, pathPattern, httpHeader } = condition as Record<
    string,
    { values: string[]; httpHeaderName: string }
  >;
  if (hostHeader) return { kind: "host", values: hostHeader.values };
  if (pathPattern) return { kind: "path", values: pathPattern.values };
  if (httpHeader) return { kind: "header", name: httpHeader.httpHeaderName, values: httpHeader.values };
  throw new Error(`the local cloud has no condition ${Object.keys(condition).join(", ")}`);
}

// biome-ignore lint/suspicious/noExplicitAny: a program's inputs, in the shape of @pulumi/aws
function toAction(action: any): Action {
  switch (action.type) {
    case "redirect": {
      const { statusCode, protocol = "#{protocol}", port = "#{port}" } = action.redirect;
      return { kind: "redirect", status: statusCode === "HTTP_302" ? 302 : 301, protocol, port };
    }
    case "fixed-response": {
      const { statusCode = "200", contentType, messageBody = "" } = action.fixedResponse;
      return { kind: "fixed", status: Number(statusCode), contentType, body: messageBody };
    }
    case "forward": {
      const { targetGroups, stickiness } = action.forward ?? { targetGroups: [{ arn: action.targetGroupArn }] };
      return {
        kind: "forward",
        groups: items(targetGroups).map(({ arn, weight = 1 }) => ({
          targetGroupArn: String(arn),
          weight: Number(weight),
        })),
        ...(stickiness?.enabled && { stickinessSeconds: Number(stickiness.duration) }),
      };
    }
    default:
      throw new Error(`the local cloud has no action "${action.type}"`);
  }
}

function toTargetGroup({ id, inputs }: LocalRecord): DesiredTargetGroup {
  const check = (inputs.healthCheck ?? {}) as Properties;
  return {
    arn: id,
    deregistrationDelay: Number(inputs.deregistrationDelay ?? 300),
    crossZone: inputs.loadBalancingCrossZoneEnabled !== "false",
    healthCheck: {
      path: String(check.path ?? "/"),
      interval: Number(check.interval ?? 30),
      timeout: Number(check.timeout ?? 5),
      healthyThreshold: Number(check.healthyThreshold ?? 5),
      unhealthyThreshold: Number(check.unhealthyThreshold ?? 2),
      matcher: String(check.matcher ?? "200"),
    },
  };
}

function toService({ id, inputs }: LocalRecord, records: Records, images: Images): DesiredService {
  const breaker = (inputs.deploymentCircuitBreaker ?? {}) as Properties;
  const targetGroupArn = items(inputs.loadBalancers)[0]?.targetGroupArn;
  return {
    arn: id,
    desiredCount: Number(inputs.desiredCount ?? 0),
    minimumHealthyPercent: Number(inputs.deploymentMinimumHealthyPercent ?? 100),
    maximumPercent: Number(inputs.deploymentMaximumPercent ?? 200),
    circuitBreaker: { enable: breaker.enable === true, rollback: breaker.rollback === true },
    healthCheckGracePeriod: Number(inputs.healthCheckGracePeriodSeconds ?? 0),
    ...(targetGroupArn !== undefined && { targetGroupArn: String(targetGroupArn) }),
    task: toTask(String(inputs.taskDefinition), records, images, targetGroupArn !== undefined),
  };
}

/** @param isAsked by a balancer: its command is not looked at then, for what stands for an image is the service */
function toTask(revision: string, records: Records, images: Images, isAsked: boolean): DesiredTask {
  const found = isAsked ? definedTask(revision, records, images) : toJob(revision, records, images);
  if (typeof found === "string") throw new Error(found);
  return "task" in found ? found.task : found;
}

/** What a task runs that nobody asks, or why it cannot: its container's own command, where it has one. */
export function toJob(revision: string, records: Records, images: Images): DesiredTask | string {
  const found = definedTask(revision, records, images);
  if (typeof found === "string") return found;
  return { ...found.task, ...(found.command && { command: found.command }) };
}

function definedTask(
  revision: string,
  records: Records,
  images: Images,
): { task: DesiredTask; command?: string[] } | string {
  const definition = records.ofType("aws:ecs/taskDefinition:TaskDefinition").find((r) => r.outputs.arn === revision);
  if (!definition) return `task definition ${revision} is not there`;
  const container = JSON.parse(String(definition.inputs.containerDefinitions))[0];
  const own = Object.fromEntries(
    (container.environment ?? []).map(({ name, value }: Record<string, string>) => [name, value]),
  );
  const run = toProcess(container.image, own, images);
  if (!run) return `CannotPullContainerError: ${noCommand(container.image)}`;
  return { task: { revision, ...run, stopTimeout: Number(container.stopTimeout ?? 30) }, command: container.command };
}

function items(value: unknown): Properties[] {
  return (value ?? []) as Properties[];
}
