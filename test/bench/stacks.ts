import type { Resource } from "../../traffic";

/** The resources of one application: what carries its traffic, and what such a stack is mostly made of. */
const EACH = 25;

/** A state of many applications, and the same a release later: every tenth has a new weight, every tenth a new version. */
export function stackOf(count: number): { prior: Resource[]; desired: Resource[] } {
  const apps = Array.from({ length: Math.ceil(count / EACH) }, (_, n) => n);
  return {
    prior: apps.flatMap((n) => app(n, 0, 1)).slice(0, count),
    desired: apps.flatMap((n) => app(n, n % 10 === 1 ? 25 : 0, n % 10 === 2 ? 2 : 1)).slice(0, count),
  };
}

function app(n: number, weight: number, version: number): Resource[] {
  const made: Resource[] = [];
  const make = (type: string, name: string, inputs: Record<string, unknown>, on: Resource[] = []): Resource => {
    const full = `app-${n}-${name}`;
    const arn = `arn:aws:eu-local-1:000000000000:${type.split(":").at(-1)?.toLowerCase()}/${full}`;
    const urn = `urn:pulumi:prod::shop::${type}::${full}`;
    const tags = { team: "shop", app: `app-${n}`, "managed-by": "pulumi" };
    const given = { ...inputs, name: full, tags, __defaults: ["name"] };
    const dependencies = on.map((other) => other.urn);
    const resource = { urn, type, custom: true, inputs: given, outputs: { ...given, id: arn, arn }, dependencies };
    made.push(resource);
    return resource;
  };
  const arn = ({ outputs }: Resource) => outputs.arn;
  const vpcId = "vpc-1";
  const cluster = make("aws:ecs/cluster:Cluster", "cluster", {});
  const balancer = make("aws:lb/loadBalancer:LoadBalancer", "edge", { subnets: ["subnet-1", "subnet-2"] });
  const listener = make(
    "aws:lb/listener:Listener",
    "web",
    {
      loadBalancerArn: arn(balancer),
      port: 443,
      defaultActions: [{ type: "fixed-response", fixedResponse: { statusCode: "404" } }],
    },
    [balancer],
  );
  const colors = ["blue", "green"].map((color, i) => {
    const group = make("aws:lb/targetGroup:TargetGroup", color, {
      port: 8080,
      protocol: "HTTP",
      targetType: "ip",
      vpcId,
    });
    const preview = make(
      "aws:lb/listenerRule:ListenerRule",
      `${color}-preview`,
      {
        listenerArn: arn(listener),
        priority: i + 1,
        conditions: [{ httpHeader: { httpHeaderName: "x-crossfade", values: [color] } }],
        actions: [{ type: "forward", targetGroupArn: arn(group) }],
      },
      [listener, group],
    );
    const role = make("aws:iam/role:Role", `${color}-role`, {
      assumeRolePolicy: JSON.stringify({ Version: "2012-10-17" }),
    });
    const task = make("aws:ecs/taskDefinition:TaskDefinition", `${color}-task`, {
      family: `app-${n}`,
      cpu: "256",
      memory: "512",
      containerDefinitions: JSON.stringify([
        {
          name: "service",
          image: `shop@sha256:${String(version).repeat(64)}`,
          portMappings: [{ containerPort: 8080 }],
        },
      ]),
    });
    const service = make(
      "aws:ecs/service:Service",
      color,
      {
        cluster: arn(cluster),
        taskDefinition: `${arn(task)}:${version}`,
        desiredCount: 2,
        waitForSteadyState: true,
        loadBalancers: [{ targetGroupArn: arn(group), containerName: "service", containerPort: 8080 }],
      },
      [cluster, task, group, preview, role],
    );
    make("aws:cloudwatch/logGroup:LogGroup", `${color}-logs`, { retentionInDays: 30 });
    return { group, service };
  });
  const targetGroups = colors.map(({ group }, i) => ({ arn: arn(group), weight: i === 0 ? 100 - weight : weight }));
  make(
    "aws:lb/listenerRule:ListenerRule",
    "shop",
    {
      listenerArn: arn(listener),
      priority: 10,
      conditions: [{ hostHeader: { values: [`app-${n}.example.com`] } }],
      actions: [{ type: "forward", forward: { targetGroups } }],
    },
    [listener, ...colors.flatMap(({ group, service }) => [group, service])],
  );
  make("aws:route53/record:Record", "record", {
    zoneId: "Z1",
    type: "A",
    aliases: [{ name: `app-${n}.elb.example.com`, zoneId: "ZELB", evaluateTargetHealth: false }],
  });
  for (let i = made.length; i < EACH; i++) {
    make("aws:cloudwatch/metricAlarm:MetricAlarm", `alarm-${i}`, {
      namespace: "AWS/ApplicationELB",
      threshold: i,
      period: 60,
    });
  }
  return made;
}
