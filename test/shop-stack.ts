import { COLORS, type Color, DEFAULT_STAGES, desiredShares, keepsClients, type Resource, wholeWay } from "../traffic";
import { balancer, forward, group, listener, resource, rule, service } from "./resources";

/** What may differ between the colors. */
export interface Version {
  /** The digit that its digest is made of. */
  image: number;
  env?: object[];
  cpu?: string;
  port?: number;
  count?: number;
}

export interface Shop {
  stable?: Color;
  stage?: string;
  blue?: Version;
  green?: Version;
  /** The listener of another stack, by its ARN. */
  sharedListener?: string;
}

const A_WEEK_AGO = "2026-11-01T12:00:00Z";
/** When the cases are judged: all that the stack does was long ago. */
export const NOW = new Date("2026-11-08T12:00:00Z");

/** A Crossfade stack as the engine's export and a preview have it. */
export function shopStack({ stable = "blue", stage = "idle", sharedListener, ...versions }: Shop): Resource[] {
  const plan = { stable, stage, stages: wholeWay(DEFAULT_STAGES) };
  const shares = desiredShares(plan);
  const present = COLORS.filter((color) => versions[color]);
  const weights = Object.fromEntries(present.map((color) => [color, shares[color]]));
  const edge = component("Edge", "shop", {});
  const route = component("WeightedAlbRoute", "shop", {
    ...plan,
    groups: Object.fromEntries(present.map((color) => [color, `arn:${color}`])),
    hosts: ["shop.example.com"],
    priority: 3,
  });
  const listenerArn = sharedListener ?? "arn:http";
  const sticky = keepsClients(plan);
  const edges = [
    edge,
    { ...balancer({ enableDeletionProtection: true, subnets: ["a", "b"], idleTimeout: 60 }), parent: edge.urn },
    {
      ...listener({ type: "fixed-response", fixedResponse: { statusCode: "404" } }, { certificateArn: "arn:cert" }),
      parent: edge.urn,
    },
  ];
  return [
    ...(sharedListener ? [] : edges),
    ...present.flatMap((color, index) => environment(color, versions[color] as Version, listenerArn, index + 1)),
    route,
    rule(
      "shop",
      forward(weights, { enabled: sticky, duration: 3600 }),
      { listenerArn, priority: 3, conditions: [{ hostHeader: { values: ["shop.example.com"] } }] },
      { parent: route.urn },
    ),
    resource("shop-weights", "pulumi:index:Stash", { input: { shares: weights, sticky } }, { parent: route.urn }),
  ].map((r) => ({ ...r, created: A_WEEK_AGO, modified: A_WEEK_AGO }));
}

function environment(color: Color, version: Version, listenerArn: string, priority: number): Resource[] {
  const { image, env = [], cpu = "256", port = 8080, count = 2 } = version;
  const digest = `shop@sha256:${String(image).repeat(64)}`;
  const home = component("FargateEnvironment", `shop-${color}`, { color, image: digest });
  home.outputs.targetGroupArn = `arn:${color}`;
  const child = { parent: home.urn };
  const container = { name: "service", image: digest, environment: env, portMappings: [{ containerPort: port }] };
  const task = resource(
    `shop-${color}-task`,
    "aws:ecs/taskDefinition:TaskDefinition",
    {
      family: `shop-${color}`,
      cpu,
      memory: "512",
      containerDefinitions: JSON.stringify([container]),
      skipDestroy: true,
    },
    child,
  );
  // Each revision has an ARN of its own.
  task.outputs.arn = `arn:shop-${color}-task:${image}-${cpu}-${port}-${JSON.stringify(env)}`;
  const host = { hostHeader: { values: ["shop.example.com"] } };
  const header = { httpHeader: { httpHeaderName: "x-crossfade", values: [color] } };
  return [
    home,
    group(
      color,
      {
        port,
        deregistrationDelay: 60,
        healthCheck: { path: "/healthz", interval: 10, healthyThreshold: 2, matcher: "200" },
      },
      child,
    ),
    rule(
      `${color}-preview`,
      { type: "forward", targetGroupArn: `arn:${color}` },
      { listenerArn, priority, conditions: [host, header] },
      child,
    ),
    task,
    service(
      `shop-${color}`,
      color,
      {
        cluster: "arn:cluster",
        launchType: "FARGATE",
        taskDefinition: task.outputs.arn,
        desiredCount: count,
        loadBalancers: [{ targetGroupArn: `arn:${color}`, containerName: "service", containerPort: port }],
      },
      child,
    ),
  ];
}

function component(kind: string, name: string, inputs: object): Resource {
  return resource(name, `crossfade:index:${kind}`, inputs, { custom: false });
}
