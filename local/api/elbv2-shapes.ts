import type {
  Action,
  ForwardActionConfig,
  Listener,
  LoadBalancer,
  Rule,
  RuleCondition,
  TargetGroup,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { LocalRecord, Properties } from "../providers/record";

export const BALANCER = "aws:lb/loadBalancer:LoadBalancer";
export const GROUP = "aws:lb/targetGroup:TargetGroup";
export const LISTENER = "aws:lb/listener:Listener";
export const RULE = "aws:lb/listenerRule:ListenerRule";

/** How many things one answer tells of, at most and where nothing is said. */
export const ELB_PAGE = 400;

/** A listener's rules as DescribeRules tells them, in their order; the last is the listener's default. */
export function rulesOf(listener: LocalRecord, rules: readonly LocalRecord[]): Rule[] {
  const own = rules.filter(({ inputs }) => inputs.listenerArn === listener.id);
  const sorted = own.sort((a, b) => Number(a.inputs.priority) - Number(b.inputs.priority));
  return [...sorted.map(toRule), defaultRule(listener)];
}

export function toRule({ id, inputs }: LocalRecord): Rule {
  return {
    RuleArn: id,
    Priority: String(inputs.priority),
    Conditions: items(inputs.conditions).map(toCondition),
    Actions: items(inputs.actions).map(toAction),
    IsDefault: false,
  };
}

export function defaultRule({ id, inputs }: LocalRecord): Rule {
  const arn = `${id.replace(":listener/", ":listener-rule/")}/default`;
  const Actions = items(inputs.defaultActions).map(toAction);
  return { RuleArn: arn, Priority: "default", Conditions: [], Actions, IsDefault: true };
}

/** A forward as the program would have written it: what the state is compared with. */
export function toInput({
  TargetGroups = [],
  TargetGroupStickinessConfig: stickiness,
}: ForwardActionConfig): Properties {
  const { Enabled = false, DurationSeconds } = stickiness ?? {};
  return {
    type: "forward",
    forward: {
      targetGroups: TargetGroups.map(({ TargetGroupArn, Weight }) => ({ arn: TargetGroupArn, weight: Weight ?? 1 })),
      stickiness: { enabled: Enabled, ...(DurationSeconds !== undefined && { duration: DurationSeconds }) },
    },
  };
}

export function toTargetGroup({ id, inputs }: LocalRecord, LoadBalancerArns: string[]): TargetGroup {
  return {
    TargetGroupArn: id,
    TargetGroupName: String(inputs.name),
    Port: Number(inputs.port),
    TargetType: inputs.targetType === "ip" ? "ip" : "instance",
    LoadBalancerArns,
  };
}

export function toLoadBalancer({ id, inputs, outputs }: LocalRecord, zones: readonly string[]): LoadBalancer {
  return {
    LoadBalancerArn: id,
    LoadBalancerName: String(inputs.name),
    DNSName: String(outputs.dnsName),
    CanonicalHostedZoneId: String(outputs.zoneId),
    Scheme: inputs.internal === true ? "internal" : "internet-facing",
    State: { Code: "active" },
    Type: "application",
    AvailabilityZones: zones.map((ZoneName) => ({ ZoneName })),
  };
}

export function toListener({ id, inputs }: LocalRecord): Listener {
  return { ListenerArn: id, LoadBalancerArn: String(inputs.loadBalancerArn), Port: Number(inputs.port ?? 80) };
}

function toCondition(condition: Properties): RuleCondition {
  const { hostHeader, pathPattern, httpHeader } = condition as Record<
    string,
    { values: string[]; httpHeaderName: string } | undefined
  >;
  if (hostHeader) return { Field: "host-header", HostHeaderConfig: { Values: hostHeader.values } };
  if (pathPattern) return { Field: "path-pattern", PathPatternConfig: { Values: pathPattern.values } };
  return {
    Field: "http-header",
    HttpHeaderConfig: { HttpHeaderName: httpHeader?.httpHeaderName, Values: httpHeader?.values },
  };
}

function toAction({ type, targetGroupArn, forward, ...more }: Properties): Action {
  if (type === "redirect" || type === "fixed-response") return toOwnAnswer(type, more);
  const { targetGroups, stickiness } = (forward ?? { targetGroups: [{ arn: targetGroupArn }] }) as {
    targetGroups: { arn: string; weight?: number }[];
    stickiness?: { enabled?: boolean; duration?: number };
  };
  const [first, ...others] = targetGroups;
  return {
    Type: "forward",
    Order: 1,
    ...(others.length === 0 && { TargetGroupArn: first?.arn }),
    ForwardConfig: {
      TargetGroups: targetGroups.map(({ arn, weight = 1 }) => ({ TargetGroupArn: arn, Weight: weight })),
      TargetGroupStickinessConfig: {
        Enabled: stickiness?.enabled ?? false,
        DurationSeconds: stickiness?.duration,
      },
    },
  };
}

function toOwnAnswer(type: "redirect" | "fixed-response", { redirect, fixedResponse }: Properties): Action {
  const { statusCode, protocol, port, contentType, messageBody } = (redirect ?? fixedResponse) as Record<
    string,
    string
  >;
  if (type === "redirect") {
    const code = statusCode === "HTTP_302" ? "HTTP_302" : "HTTP_301";
    return { Type: type, Order: 1, RedirectConfig: { StatusCode: code, Protocol: protocol, Port: port } };
  }
  const config = { StatusCode: statusCode, ContentType: contentType, MessageBody: messageBody };
  return { Type: type, Order: 1, FixedResponseConfig: config };
}

function items(value: unknown): Properties[] {
  return (value ?? []) as Properties[];
}
