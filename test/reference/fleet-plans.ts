import type { Balancing } from "./balancing";
import type { Context } from "./context";
import type { FleetPlan } from "./fleet";
import { type Live, numberOf } from "./resources";
import { type Behavior, GOOD } from "./targets";
import { zonesOf } from "./zones";

/**
 * The behavior of the software behind a resource: by a task definition's ARN, by the URN or the name of the service or group, or
 * by a target's id; by `*` for all others.
 */
export type Behaviors = Readonly<Record<string, Partial<Behavior>>>;

export function behaviorOf(behaviors: Behaviors, names: readonly (string | undefined)[]): Behavior {
  const named = names.find((name) => name !== undefined && name in behaviors) ?? "*";
  return { ...GOOD, ...behaviors[named] };
}

/** An ECS service with rolling updates. */
export function planOfService(service: Live, context: Context, balancing: Balancing, behaviors: Behaviors): FleetPlan {
  const desired = service.number("desiredCount", 0);
  const references = service.objects("loadBalancers").map(({ targetGroupArn }) => String(targetGroupArn));
  const taskDefinition = service.text("taskDefinition");
  return {
    desired,
    minimum: Math.ceil((desired * service.number("deploymentMinimumHealthyPercent", 100)) / 100),
    maximum: Math.floor((desired * service.number("deploymentMaximumPercent", 200)) / 100),
    revision: JSON.stringify([taskDefinition, references, service.props.networkConfiguration]),
    groups: knownGroups(references, balancing),
    zones: zonesOf(service, context.inventory),
    start: context.timing.taskStart,
    grace: service.number("healthCheckGracePeriodSeconds", 0),
    behavior: behaviorOf(behaviors, [taskDefinition, service.resource.urn, service.text("name")]),
  };
}

/** An Auto Scaling group. A changed launch template replaces no instance: that takes an instance refresh, which is not simulated. */
export function planOfScalingGroup(
  group: Live,
  context: Context,
  balancing: Balancing,
  behaviors: Behaviors,
): FleetPlan {
  const names = [group.text("name"), group.resource.id, group.text("arn")];
  const attached = context.inventory
    .all("scalingAttachment")
    .filter((attachment) => names.includes(attachment.text("autoscalingGroupName")))
    .map((attachment) => attachment.text("lbTargetGroupArn") ?? "");
  // Only with this type do failed checks of a target group replace an instance.
  const replaces = group.text("healthCheckType") === "ELB";
  const desired = group.number("desiredCapacity", group.number("minSize", 0));
  return {
    desired,
    minimum: 0,
    maximum: numberOf(group.props.maxSize, desired),
    revision: "",
    groups: knownGroups([...group.texts("targetGroupArns"), ...attached], balancing),
    zones: zonesOf(group, context.inventory),
    start: context.timing.instanceStart,
    grace: replaces ? group.number("healthCheckGracePeriod", 300) : Number.POSITIVE_INFINITY,
    behavior: behaviorOf(behaviors, [group.resource.urn, ...names]),
  };
}

/** Groups of another stack are left out: nothing here sees them. */
function knownGroups(references: readonly string[], balancing: Balancing): string[] {
  const keys = references.map((reference) => balancing.groupKey(reference));
  return [...new Set(keys.filter((key): key is string => key !== undefined))];
}
