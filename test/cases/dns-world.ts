import { COLORS, type Color, desiredShares, type Stage, wholeWay } from "../../traffic";
import { type RolloutShape, rolloutInputs, STAGES } from "../crossfade-stack";
import { forward, NOT_FOUND, ref } from "../small-programs";
import { ecsService, fargateEnvironment, HOST } from "./environments";
import { type Item, item } from "./item";

const previewHost = (color: Color) => `shop-${color}.example.com`;

/** A stack whose route is DNS between an edge for each color that has tasks. */
export interface DnsShape extends RolloutShape {
  /** The weights that records have, where an update was stopped between. */
  weights?: Record<string, number>;
  failover?: "none" | "to-idle";
  certificate?: string;
  /** Seconds that an answer is kept where records lead to addresses of others; without, aliases to the edges. */
  ttl?: number;
  /** Where each color's edge has an ALB rollout of its own: the share of the other version there, in percent. */
  behind?: Partial<Record<Color, number>>;
  /** Other inputs of a resource, by its name. */
  inputs?: Record<string, object>;
}

/** A stack with a DNS route of ours, as the components make it. */
export function dnsShop(shape: DnsShape = {}, environment = fargateEnvironment): Item[] {
  const { stable = "blue", stage = "idle", stages = STAGES, tasks = { blue: 4, green: 4 }, inputs = {}, tags } = shape;
  const present = COLORS.filter((color) => tasks[color] !== undefined);
  const plan = { stable, stage, stages: wholeWay(stages) };
  const items = [
    item("crossfade:index:Rollout", "rollout", rolloutInputs(plan, shape), { component: true }),
    ...present.flatMap((color) => {
      const isUsed = color === stable || desiredShares(plan)[color] > 0;
      return edge(color, { ...shape, tasks }, isUsed, environment);
    }),
    ...route(plan, present, shape),
  ];
  const strange = Object.keys(inputs).filter((name) => !items.some((one) => one.name === name));
  if (strange.length > 0) throw new Error(`there is no ${strange.join(", ")}`);
  return items.map((one) => ({
    ...one,
    inputs: { ...one.inputs, ...(tags && TAGGED.test(one.type) && { tags }), ...inputs[one.name] },
  }));
}

const TAGGED = /^aws:(lb|ecs|ec2)\//;

/** An edge with its environment, and the rule that leads to it. */
function edge(color: Color, shape: DnsShape, isUsed: boolean, environment: typeof fargateEnvironment): Item[] {
  const { certificate, behind } = shape;
  const own = { parent: `edge-${color}` };
  const [lb, web, group] = [`lb-${color}`, `web-${color}`, `g-${color}`];
  const both = behind?.[color];
  const secure = certificate !== undefined;
  const ports = secure ? [80, 443] : [80];
  const redirect = { type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } };
  return [
    item("crossfade:index:Edge", `edge-${color}`, { deletionProtection: isUsed }, { component: true }),
    item("aws:ec2/securityGroup:SecurityGroup", `sg-${color}`, { vpcId: "vpc", description: "Crossfade edge" }, own),
    ...ports.map((port) => ingress(`sg-${color}-${port}`, `sg-${color}`, port, own)),
    item(
      "aws:lb/loadBalancer:LoadBalancer",
      lb,
      {
        loadBalancerType: "application",
        internal: false,
        subnets: ["subnet-a", "subnet-b"],
        securityGroups: [ref(`sg-${color}`, "id")],
        idleTimeout: 60,
        clientKeepAlive: 3600,
        dropInvalidHeaderFields: true,
        enableDeletionProtection: isUsed,
      },
      own,
    ),
    item(
      "aws:lb/listener:Listener",
      web,
      {
        loadBalancerArn: ref(lb),
        port: secure ? 443 : 80,
        protocol: secure ? "HTTPS" : "HTTP",
        ...(secure && { certificateArn: certificate, sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06" }),
        defaultActions: [NOT_FOUND],
      },
      own,
    ),
    ...(secure
      ? [
          item(
            "aws:lb/listener:Listener",
            `plain-${color}`,
            { loadBalancerArn: ref(lb), port: 80, protocol: "HTTP", defaultActions: [redirect] },
            own,
          ),
        ]
      : []),
    ...environment(color, shape, { listener: web, hosts: [HOST, previewHost(color)] }),
    ...(both === undefined
      ? [rule(color, web, { type: "forward", targetGroupArn: ref(group) })]
      : twoVersions(color, web, group, both)),
  ];
}

function ingress(name: string, group: string, port: number, more: Partial<Item>): Item {
  return item(
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    name,
    { securityGroupId: ref(group, "id"), ipProtocol: "tcp", fromPort: port, toPort: port, cidrIpv4: "0.0.0.0/0" },
    more,
  );
}

function rule(color: Color, web: string, action: object, more: Partial<Item> = {}): Item {
  return item(
    "aws:lb/listenerRule:ListenerRule",
    `rule-${color}`,
    {
      listenerArn: ref(web),
      priority: 3,
      conditions: [{ hostHeader: { values: [HOST, previewHost(color)] } }],
      actions: [action],
    },
    { dependsOn: [`svc-g-${color}`, `asg-${color}`], ...more },
  );
}

/** A rollout of the edge's own: the version that is there and the next one. */
function twoVersions(color: Color, web: string, group: string, share: number): Item[] {
  const next = `${group}-next`;
  const plan = { stable: "blue", stages: wholeWay(STAGES) };
  const stage = plan.stages.find(({ weight }) => weight === share)?.name ?? "";
  const groups = { blue: ref(group), green: ref(next) };
  const name = `within-${color}`;
  return [
    item("aws:lb/targetGroup:TargetGroup", next, { port: 8080, deregistrationDelay: 60 }),
    ecsService(color, next, 4),
    item("crossfade:index:WeightedAlbRoute", name, { ...plan, stage, groups, hosts: [HOST] }, { component: true }),
    rule(color, web, forward({ [group]: 100 - share, [next]: share }, share > 0 && share < 100), {
      parent: name,
      dependsOn: [`svc-${group}`, `svc-${next}`],
    }),
    clock(name, { blue: 100 - share, green: share }, share > 0 && share < 100),
  ];
}

/** A Stash keeps in `output` what it was made with: blue is installed first. */
export function clock(route: string, weights: Record<string, number>, sticky: boolean, modifiedAgo?: number): Item {
  const shares = Object.fromEntries(Object.entries(weights).filter(([, share]) => share > 0));
  const outputs = { output: { shares: { blue: 100 }, sticky: false } };
  const at = modifiedAgo !== undefined && { createdAgo: 30 * 86_400, modifiedAgo };
  return item(
    "pulumi:index:Stash",
    `${route}-weights`,
    { input: { shares, sticky } },
    { parent: route, outputs, ...at },
  );
}

function route(
  plan: { stable: Color; stage: string; stages: Stage[] },
  present: readonly Color[],
  { movedAgo, weights = {}, failover = "none", ttl, certificate }: DnsShape,
): Item[] {
  const own = { parent: "shop" };
  const shares = desiredShares(plan);
  const isSplit = present.every((color) => shares[color] > 0) && present.length > 1;
  const isAlias = ttl === undefined;
  const asks = certificate === undefined ? { type: "HTTP", port: 80 } : { type: "HTTPS", port: 443, enableSni: true };
  const order = [...present].sort((a) => (a === plan.stable ? -1 : 1));
  const edges = Object.fromEntries(present.map((color) => [color, ref(`lb-${color}`, "dnsName")]));
  const types = [["a", "A", `192.0.2.`] as const, ["aaaa", "AAAA", "2001:db8::"] as const];
  const led = (color: Color, address: string) =>
    isAlias ? { aliases: [alias(color)] } : { ttl, records: [`${address}${COLORS.indexOf(color) + 1}`] };
  return [
    item(
      "crossfade:index:WeightedDnsRoute",
      "shop",
      { ...plan, zoneId: "Z{case}", domain: "example.com", host: HOST, failover, edges },
      { component: true },
    ),
    ...present.map((color) =>
      item(
        "aws:route53/healthCheck:HealthCheck",
        `check-${color}`,
        { ...asks, fqdn: previewHost(color), resourcePath: "/healthz", requestInterval: 10 },
        own,
      ),
    ),
    ...order.flatMap((color) =>
      types.map(([suffix, type, address]) => {
        const name = `shop-${color}-${suffix}`;
        const first = color === plan.stable ? [] : types.map(([other]) => `shop-${plan.stable}-${other}`);
        return item(
          "aws:route53/record:Record",
          name,
          {
            zoneId: "Z{case}",
            name: HOST,
            type,
            setIdentifier: color,
            weightedRoutingPolicies: [{ weight: weights[name] ?? shares[color] }],
            ...((failover === "to-idle" || isSplit) && { healthCheckId: ref(`check-${color}`, "id") }),
            ...led(color, address),
          },
          { ...own, dependsOn: [`rule-${color}`, ...first], modifiedAgo: movedAgo },
        );
      }),
    ),
    ...present.flatMap((color) =>
      types.map(([suffix, type, address]) =>
        item(
          "aws:route53/record:Record",
          `shop-${color}-preview-${suffix}`,
          { zoneId: "Z{case}", name: previewHost(color), type, ...led(color, address) },
          own,
        ),
      ),
    ),
    clock("shop", Object.fromEntries(present.map((color) => [color, shares[color]])), false, movedAgo),
  ];
}

function alias(color: Color): object {
  const to = `lb-${color}`;
  return { name: ref(to, "dnsName"), zoneId: ref(to, "zoneId"), evaluateTargetHealth: false };
}
