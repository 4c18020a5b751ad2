import type { Resource } from "./resources";

type Inputs = Record<string, unknown>;

/** A resource as a state has it, with outputs as AWS makes them. */
export function resource(type: string, name: string, inputs: Inputs, outputs: Inputs = {}): Resource {
  const urn = `urn:pulumi:test::shop::${type}::${name}`;
  return { urn, type, id: String(outputs.arn ?? `${name}-id`), inputs, outputs: { ...inputs, ...outputs } };
}

/** The same resource with other inputs: what an update makes of it. */
export function changed(before: Resource, inputs: Inputs): Resource {
  return { ...before, inputs: { ...before.inputs, ...inputs }, outputs: { ...before.outputs, ...inputs } };
}

/** A create-first replacement: the same URN, another ARN, id and name. */
export function replaced(before: Resource, inputs: Inputs = {}): Resource {
  const arn = `${before.outputs?.arn ?? before.id}-2`;
  const dnsName = before.outputs?.dnsName && `2-${before.outputs.dnsName}`;
  const own = {
    arn,
    ...(dnsName ? { dnsName } : {}),
    ...(before.outputs?.name ? { name: `${before.outputs.name}-2` } : {}),
  };
  const { urn, type } = before;
  return {
    urn,
    type,
    id: arn,
    inputs: { ...before.inputs, ...inputs },
    outputs: { ...before.outputs, ...inputs, ...own },
  };
}

export function arnOf({ id, outputs }: Resource): string {
  return String(outputs?.arn ?? id);
}

export function balancer(name: string, zones: readonly string[] = ["a", "b"]): Resource {
  const subnets = zones.map((zone) => `subnet-${zone}`);
  return resource(
    "aws:lb/loadBalancer:LoadBalancer",
    name,
    { subnets },
    { arn: `arn:lb/${name}`, dnsName: `${name}.elb.example` },
  );
}

export function targetGroup(name: string, inputs: Inputs = {}): Resource {
  const healthCheck = { interval: 10, healthyThreshold: 2, unhealthyThreshold: 2 };
  const given = { port: 80, deregistrationDelay: 20, healthCheck, ...inputs };
  return resource("aws:lb/targetGroup:TargetGroup", name, given, { arn: `arn:tg/${name}`, name });
}

/** A forward action. */
export function forward(groups: readonly (readonly [Resource, number])[], stickySeconds?: number): Inputs {
  const targetGroups = groups.map(([group, weight]) => ({ arn: arnOf(group), weight }));
  const stickiness = { enabled: stickySeconds !== undefined, duration: stickySeconds ?? 1 };
  return { type: "forward", forward: { targetGroups, stickiness } };
}

export function fixedResponse(status: number): Inputs {
  return { type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: String(status) } };
}

export function listener(name: string, on: Resource, action: Inputs = fixedResponse(404), port = 80): Resource {
  const inputs = { loadBalancerArn: arnOf(on), port, defaultActions: [action] };
  return resource("aws:lb/listener:Listener", name, inputs, { arn: `arn:listener/${name}` });
}

export function rule(
  name: string,
  on: Resource,
  priority: number,
  action: Inputs,
  conditions: readonly Inputs[],
): Resource {
  const inputs = { listenerArn: arnOf(on), priority, actions: [action], conditions };
  return resource("aws:lb/listenerRule:ListenerRule", name, inputs, { arn: `arn:rule/${name}` });
}

export function hostIs(...values: string[]): Inputs {
  return { hostHeader: { values } };
}

export function attachment(name: string, group: Resource, targetId: string, availabilityZone = "subnet-a"): Resource {
  const inputs = { targetGroupArn: arnOf(group), targetId, availabilityZone };
  return resource("aws:lb/targetGroupAttachment:TargetGroupAttachment", name, inputs);
}

export function service(name: string, groups: readonly Resource[], inputs: Inputs = {}): Resource {
  const loadBalancers = groups.map((group) => ({
    targetGroupArn: arnOf(group),
    containerName: "service",
    containerPort: 80,
  }));
  const networkConfiguration = { subnets: ["subnet-a", "subnet-b"] };
  const given = {
    desiredCount: 2,
    taskDefinition: `${name}:1`,
    loadBalancers,
    networkConfiguration,
    healthCheckGracePeriodSeconds: 60,
  };
  return resource("aws:ecs/service:Service", name, { ...given, ...inputs }, { name });
}

export function scalingGroup(name: string, groups: readonly Resource[], inputs: Inputs = {}): Resource {
  const given = { desiredCapacity: 2, minSize: 1, maxSize: 4, vpcZoneIdentifiers: ["subnet-a", "subnet-b"] };
  const targetGroupArns = groups.map(arnOf);
  return resource("aws:autoscaling/group:Group", name, { ...given, targetGroupArns, ...inputs }, { name });
}

export function scalingAttachment(name: string, group: Resource, targets: Resource): Resource {
  const inputs = { autoscalingGroupName: group.outputs?.name, lbTargetGroupArn: arnOf(targets) };
  return resource("aws:autoscaling/attachment:Attachment", name, inputs);
}

export function hostedZone(name: string): Resource {
  return resource("aws:route53/zone:Zone", name, { name }, { zoneId: `Z${name}` });
}

/** A record set that is an alias to a balancer; with a weight, one of a weighted group. */
export function alias(
  name: string,
  zone: Resource,
  to: Resource,
  weight?: number,
  evaluateTargetHealth = false,
): Resource {
  const weighted = { setIdentifier: name, weightedRoutingPolicies: [{ weight }] };
  const aliases = [{ name: to.outputs?.dnsName, zoneId: "Zelb", evaluateTargetHealth }];
  const inputs = {
    zoneId: zone.outputs?.zoneId,
    name: "shop",
    type: "A",
    aliases,
    ...(weight !== undefined && weighted),
  };
  return resource("aws:route53/record:Record", name, inputs, { fqdn: `shop.${zone.inputs?.name}` });
}
