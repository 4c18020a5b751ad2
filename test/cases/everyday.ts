import type { RolloutShape } from "../crossfade-stack";
import { Ref, ref } from "../small-programs";
import type { Change, Everyday } from "./case";
import { type DnsShape, dnsShop } from "./dns-world";
import { objectName } from "./environments";
import { type Item, item, Secret } from "./item";
import { ROLLOUT_WORLDS } from "./rollout-worlds";
import { kubeconfig, ours, type ShopShape, shop } from "./worlds";

const both = (before: ShopShape, after: ShopShape): Change => ({ prior: shop(before), desired: shop(after) });
const ourChange = (...[before, after]: Parameters<typeof ours>[0][]): Change => ({
  prior: ours(before),
  desired: ours(after),
});
const dnsChange = (before: DnsShape, after: DnsShape): Change => ({ prior: dnsShop(before), desired: dnsShop(after) });
/** Blue's version is the one before: it may have all requests back. */
const FINISHED = { blue: 9 * 86_400, green: 5 * 86_400 };
const edited = (inputs: Record<string, object>) => both({}, { inputs });

/** A version: containers as text, a secret among them. */
function definition(name: string, image: string, more: object = {}): Item {
  const containers = [{ name: "shop", image, environment: [{ name: "PORT", value: "80" }] }];
  return item("aws:ecs/taskDefinition:TaskDefinition", name, {
    family: `{case}-${name}`,
    containerDefinitions: JSON.stringify(containers),
    ...more,
  });
}

const IMAGE = `shop@sha256:${"1".repeat(64)}`;
const NEXT_IMAGE = `shop@sha256:${"2".repeat(64)}`;
/** Of another service, so that it is no worker of the shop's next version. */
const NEXT_WEB = `web@sha256:${"2".repeat(64)}`;

/** The shop, each service with its task definition. */
function released(green: Item, shape: ShopShape = {}): Item[] {
  const versions = {
    "blue-svc": { taskDefinition: ref("blue-td") },
    "green-svc": { taskDefinition: ref("green-td") },
  };
  const inputs = Object.fromEntries(
    [...Object.keys(versions), ...Object.keys(shape.inputs ?? {})].map((name) => [
      name,
      { ...versions[name as keyof typeof versions], ...shape.inputs?.[name] },
    ]),
  );
  return shop({ ...shape, first: [definition("blue-td", IMAGE), green, ...(shape.first ?? [])], inputs });
}
const releasedChange = (before: Item, after: Item, inputs: Record<string, object> = {}): Change => ({
  prior: released(before),
  desired: released(after, { inputs }),
});
const GREEN = definition("green-td", IMAGE);

/** Another service on the same listener, of one environment. */
const cart = (version: string, path = ["/cart/*"]): Item[] => [
  item("aws:lb/targetGroup:TargetGroup", "cart", { port: 80 }),
  item("aws:lb/listenerRule:ListenerRule", "cart-rule", {
    listenerArn: ref("web"),
    priority: 20,
    conditions: [{ pathPattern: { values: path } }],
    actions: [{ type: "forward", targetGroupArn: ref("cart") }],
  }),
  item(
    "aws:ecs/service:Service",
    "cart-svc",
    {
      desiredCount: 2,
      waitForSteadyState: true,
      taskDefinition: version,
      loadBalancers: [{ targetGroupArn: ref("cart") }],
    },
    { dependsOn: ["cart-rule"] },
  ),
];
/** A release of the cart beside whatever else is there, in the route's own stack. */
const beside = (items: Item[], version: string) => [
  ...items,
  ...cart(version).map((one) =>
    one.type.includes("listenerRule") ? { ...one, inputs: { ...one.inputs, listenerArn: new Ref("web-l") } } : one,
  ),
];

const tagged = (items: Item[]) => items.map((one) => ({ ...one, inputs: { ...one.inputs, tags: { cost: "shop" } } }));

/** By entry of "Everyday operations that must pass" in the design's notes; each as often as there are ways to do it. */
const CHANGES: Record<string, readonly Change[]> = {
  "first up on an empty stack": [{ prior: [], desired: shop() }],
  "first up with one environment": [{ prior: [], desired: ours({ tasks: { blue: 4 } }) }],
  "no-op": [both({}, {}), ourChange({}, {}), ourChange({ stage: "canary-5" }, { stage: "canary-5" })],
  "refresh with drifted outputs": [
    { prior: shop({ more: { "blue-svc": { outputs: { desiredCount: 9, tags: { by: "hand" } } } } }), desired: shop() },
  ],
  "provider or SDK minor bump": [
    {
      prior: shop().map((one) => ({ ...one, opts: { version: "7.48.0" } })),
      desired: shop({ inputs: { lb: { enableXffClientPort: false }, blue: { targetControlPort: 0 } } }).map((one) => ({
        ...one,
        opts: { version: "7.49.0" },
      })),
    },
  ],
  "default tags on everything": [{ prior: shop(), desired: tagged(shop()) }],
  "default tags on everything, during a stage": [
    ourChange({ stage: "canary-5" }, { stage: "canary-5", tags: { cost: "shop" } }),
  ],
  "scale-out": [edited({ "blue-svc": { desiredCount: 4 } }), ourChange({}, { tasks: { blue: 8, green: 4 } })],
  "an autoscaler's count": [
    {
      prior: shop({ more: { "blue-svc": { outputs: { desiredCount: 9 } } } }),
      desired: shop({ more: { "blue-svc": { opts: { ignoreChanges: ["desiredCount"] } } } }),
    },
  ],
  "scale-in of idle after hold": [
    edited({ "green-svc": { desiredCount: 1 } }),
    ourChange({}, { tasks: { blue: 4, green: 1 } }),
  ],
  "env, secret, cpu, port on the idle color": [
    releasedChange(GREEN, definition("green-td", NEXT_IMAGE)),
    releasedChange(GREEN, definition("green-td", IMAGE, { cpu: "512" })),
    releasedChange(GREEN, definition("green-td", IMAGE), { green: { port: 8080 } }),
  ],
  "secret rotation by forced deployment of the same revision": [
    edited({ "blue-svc": { forceNewDeployment: true, triggers: { secret: "2026-11" } } }),
  ],
  "certificate renewal": [
    {
      prior: shop({ inputs: { web: { certificateArn: "arn:cert-{case}-2025" } } }),
      desired: shop({ inputs: { web: { certificateArn: "arn:cert-{case}-2026" } } }),
    },
    both({ last: [sni("2025")] }, { last: [sni("2026")] }),
  ],
  "SNI added": [both({}, { last: [sni("2025")] })],
  "security-group rule added": [
    both(
      {},
      {
        last: [
          item("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "in", {
            securityGroupId: "sg-{case}",
            ipProtocol: "tcp",
            fromPort: 443,
            toPort: 443,
            cidrIpv4: "0.0.0.0/0",
          }),
        ],
      },
    ),
  ],
  "subnet or zone added to the balancer": [
    both({ inputs: { lb: { subnets: ["a", "b"] } } }, { inputs: { lb: { subnets: ["a", "b", "c"] } } }),
  ],
  "health interval, idle timeout, drain": [
    edited({ blue: { healthCheck: { interval: 15 } } }),
    edited({ lb: { idleTimeout: 30 } }),
    edited({ blue: { deregistrationDelay: 120 } }),
  ],
  "a path rule for another service": [both({}, { last: cart("arn:v1") })],
  "priorities reordered": [
    both(
      { last: cart("arn:v1"), inputs: { shop: { priority: 10 } } },
      { last: cart("arn:v1"), inputs: { shop: { priority: 15 } } },
    ),
  ],
  "logs, alarms, IAM, dashboards": [
    both(
      {},
      {
        last: [
          item("aws:cloudwatch/logGroup:LogGroup", "logs", { retentionInDays: 30 }),
          item("aws:cloudwatch/metricAlarm:MetricAlarm", "alarm", {
            comparisonOperator: "GreaterThanThreshold",
            evaluationPeriods: 1,
            threshold: 5,
          }),
          item("aws:iam/role:Role", "role", { assumeRolePolicy: "{}" }),
          item("aws:cloudwatch/dashboard:Dashboard", "board", { dashboardName: "{case}", dashboardBody: "{}" }),
        ],
      },
    ),
  ],
  "another service's release beside a promotion": [
    { prior: beside(ours(), "arn:v1"), desired: beside(ours({ stage: "canary-5" }), "arn:v2") },
  ],
  "single-environment rolling deploy on ECS": [both({ last: cart("arn:v1") }, { last: cart("arn:v2") })],
  "single-environment rolling deploy on Kubernetes": [
    { prior: inCluster("token"), desired: inCluster("token", NEXT_WEB) },
  ],
  "single-environment rolling deploy of a function": [{ prior: live("1"), desired: live("2") }],
  "rename with alias": [
    {
      prior: shop(),
      desired: renamed(shop(), "blue", "shop-blue"),
    },
    { prior: shop(), desired: renamed(shop(), "blue-svc", "shop-svc") },
    { prior: shop(), desired: renamed(shop(), "shop", "store") },
  ],
  "rollback from every stage with a dead candidate": [
    ourChange({ stage: "canary-5", movedAgo: 30 }, {}),
    ourChange({ stage: "canary-50", movedAgo: 30, tasks: { blue: 4, green: 0 } }, { tasks: { blue: 4, green: 0 } }),
    ourChange({ stage: "full", movedAgo: 30 }, {}),
    ourChange({ stage: "full", movedAgo: 30 }, { stage: "canary-5" }),
  ],
  "Git revert of a promotion": [ourChange({ stage: "canary-50", movedAgo: 30 }, { stage: "canary-5" })],
  "Git revert of a finish": [
    {
      prior: ROLLOUT_WORLDS["Fargate behind an ALB"]({ stable: "green", madeAgo: FINISHED }),
      desired: ROLLOUT_WORLDS["Fargate behind an ALB"]({ stage: "full" }),
    },
  ],
  "roll back, new image, again": [
    ourChange({ stage: "canary-5", movedAgo: 30 }, {}),
    ourChange({ movedAgo: 600 }, { versions: { green: "arn:green:v2" } }),
    ourChange({ versions: { green: "arn:green:v2" } }, { stage: "canary-5", versions: { green: "arn:green:v2" } }),
  ],
  "DNS: first up, and the candidate's edge": [
    { prior: [], desired: dnsShop({ tasks: { blue: 4 } }) },
    dnsChange({ tasks: { blue: 4 } }, {}),
  ],
  "DNS: every stage, and the finish": [
    dnsChange({}, { stage: "canary-5" }),
    dnsChange({ stage: "canary-5" }, { stage: "canary-50" }),
    dnsChange({ stage: "canary-50" }, { stage: "full" }),
    dnsChange({ stage: "full" }, { stable: "green" }),
    dnsChange({ failover: "to-idle" }, { failover: "to-idle", stage: "canary-5" }),
  ],
  "DNS: back from every stage, and revert of a finish": [
    dnsChange({ stage: "canary-5", movedAgo: 30 }, {}),
    dnsChange({ stage: "canary-50", movedAgo: 30, tasks: { blue: 4, green: 0 } }, { tasks: { blue: 4, green: 0 } }),
    dnsChange({ stage: "full", movedAgo: 30 }, {}),
    dnsChange({ stage: "full", movedAgo: 30 }, { stage: "canary-5" }),
    dnsChange({ stable: "green", madeAgo: FINISHED }, { stage: "full" }),
    // An update that stopped between the records of a promotion.
    dnsChange({ stage: "canary-5", weights: { "shop-blue-a": 50, "shop-blue-aaaa": 50 }, movedAgo: 30 }, {}),
  ],
  "DNS: the old edge goes, and so does a candidate's that never had weight": [
    dnsChange({ stable: "green", movedAgo: 3900 }, { stable: "green", movedAgo: 3900, tasks: { green: 4 } }),
    dnsChange({}, { tasks: { blue: 4 } }),
  ],
  "DNS: tags, TTL, certificate, an edge's own rollout": [
    dnsChange({ stage: "canary-5" }, { stage: "canary-5", tags: { cost: "shop" } }),
    dnsChange({ ttl: 300 }, { ttl: 60 }),
    dnsChange({ stage: "canary-5", ttl: 300 }, { stage: "canary-5", ttl: 60 }),
    dnsChange({ certificate: "arn:cert-{case}-2025" }, { certificate: "arn:cert-{case}-2026" }),
    dnsChange({ behind: { blue: 0 } }, { behind: { blue: 5 } }),
    dnsChange({ behind: { blue: 0 } }, { stage: "canary-5", behind: { blue: 0 } }),
  ],
  "DNS: the candidate's edge made anew, and its service scaled after the hold": [
    dnsChange({}, { inputs: { "lb-green": { internal: true } } }),
    dnsChange({}, { tasks: { blue: 4, green: 1 } }),
  ],
  ...Object.fromEntries(
    (["Kubernetes behind an ALB", "Kubernetes behind a Gateway"] as const).map((name) => {
      const world = ROLLOUT_WORLDS[name];
      const change = (before: RolloutShape | undefined, after: RolloutShape): Change => ({
        prior: before ? world(before) : [],
        desired: world(after),
      });
      const changes: Change[] = [
        change(undefined, { tasks: { blue: 4 } }),
        change({ tasks: { blue: 4 } }, {}),
        change({}, { versions: { green: "v2" } }),
        change({}, { stage: "canary-5" }),
        change({ stage: "canary-5" }, { stage: "canary-5", tasks: { blue: 8, green: 4 } }),
        change({ stage: "canary-50", movedAgo: 30 }, {}),
        change({ stage: "full" }, { stable: "green" }),
        change({ stable: "green" }, { stable: "green", tasks: { green: 4 } }),
        { prior: world({ stage: "canary-5" }), desired: labelled(world({ stage: "canary-5" })) },
      ];
      return [`${name}: every step of a rollout`, changes];
    }),
  ),
  "a mirror of stable's requests that ends with idle": [
    { prior: mirrored({}), desired: ROLLOUT_WORLDS["Kubernetes behind a Gateway"]({ stage: "canary-5" }) },
  ],
  "a promotion on a shared listener": [
    { prior: onSharedListener({ stage: "canary-5" }), desired: onSharedListener({ stage: "canary-50" }) },
  ],
  "weights of DNS moved": [{ prior: byDns(100), desired: byDns(90) }],
  import: [
    both(
      {},
      {
        last: [
          item(
            "aws:lb/targetGroup:TargetGroup",
            "old",
            { port: 80, name: "{case}-old" },
            { opts: { import: "arn:{case}-old" } },
          ),
        ],
      },
    ),
  ],
  "retiring an entry point": [
    // First it answers that it is gone, then what stood behind it goes, then the rule.
    edited({ shop: { actions: [GONE()] } }),
    {
      prior: shop({ inputs: { shop: { actions: [GONE()] } } }),
      desired: shop({ inputs: { shop: { actions: [GONE()] } }, without: ["blue-svc", "green-svc", "blue", "green"] }),
    },
    {
      prior: shop({ inputs: { shop: { actions: [GONE()] } }, without: ["blue-svc", "green-svc", "blue", "green"] }),
      desired: shop({ without: ["shop", "blue-svc", "green-svc", "blue", "green"] }),
    },
  ],
  "a stack on a shared listener": [
    both(
      { without: ["lb", "web"], inputs: { shop: { listenerArn: "arn:shared-{case}" } } },
      {
        without: ["lb", "web"],
        inputs: { shop: { listenerArn: "arn:shared-{case}" }, "green-svc": { taskDefinition: "arn:v2" } },
      },
    ),
  ],
  "a new token in the same cluster's kubeconfig": [{ prior: inCluster("token-1"), desired: inCluster("token-2") }],
  "a secret env unchanged": [
    {
      prior: released(definition("green-td", IMAGE), { last: [secretive()] }),
      desired: released(definition("green-td", IMAGE), { last: [secretive()] }),
    },
  ],
  "JSON and set reordered": [
    both(
      { inputs: { shop: { conditions: [{ hostHeader: { values: ["a.example", "b.example"] } }] } } },
      { inputs: { shop: { conditions: [{ hostHeader: { values: ["b.example", "a.example"] } }] } } },
    ),
    both({ inputs: { lb: { subnets: ["a", "b"] } } }, { inputs: { lb: { subnets: ["b", "a"] } } }),
  ],
  "users moved from a host to another": [
    both(hosted("old.example.com"), hosted("old.example.com", "new.example.com")),
    both(hosted("old.example.com", "new.example.com"), hosted("new.example.com", "old.example.com")),
    both(hosted("old.example.com", "new.example.com"), hosted("new.example.com")),
  ],
};

/** One of a listener's further certificates. */
function sni(year: string): Item {
  return item("aws:lb/listenerCertificate:ListenerCertificate", "sni", {
    listenerArn: ref("web"),
    certificateArn: `arn:cert-{case}-${year}`,
  });
}

/** The shop's rule for these hosts. */
function hosted(...values: string[]): ShopShape {
  return { inputs: { shop: { conditions: [{ hostHeader: { values } }] } } };
}

function GONE(): object {
  return { type: "fixed-response", fixedResponse: { statusCode: "410", contentType: "text/plain" } };
}

/** The same under another name, with the alias that a rename needs. */
function renamed(items: Item[], from: string, to: string): Item[] {
  const asNew = (value: unknown): unknown => {
    if (value instanceof Ref) return value.name === from ? new Ref(to, value.output) : value;
    if (Array.isArray(value)) return value.map(asNew);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asNew(inner)]));
  };
  return items.map((one) => ({
    ...one,
    inputs: asNew(one.inputs) as Item["inputs"],
    ...(one.dependsOn && { dependsOn: one.dependsOn.map((name) => (name === from ? to : name)) }),
    ...(one.name === from && { name: to, opts: { aliases: [from] } }),
  }));
}

function secretive(): Item {
  return item("aws:lambda/function:Function", "fn", {
    role: "arn:role",
    environment: new Secret({ variables: { KEY: "s3cret" } }),
  });
}

/** A function that an alias leads all calls to. */
function live(functionVersion: string): Item[] {
  const fn = item("aws:lambda/function:Function", "fn", { role: "arn:role", publish: true });
  return [fn, item("aws:lambda/alias:Alias", "live", { functionName: ref("fn"), functionVersion })];
}

/** Labels on every object of Kubernetes. */
function labelled(items: readonly Item[]): Item[] {
  return items.map((one) => {
    if (!one.type.startsWith("kubernetes:")) return one;
    const { metadata } = one.inputs as { metadata: { labels?: object } };
    return {
      ...one,
      inputs: { ...one.inputs, metadata: { ...metadata, labels: { ...metadata.labels, cost: "shop" } } },
    };
  });
}

/** A Gateway's route at idle that sends the candidate a copy of each request. */
function mirrored(shape: RolloutShape): Item[] {
  return ROLLOUT_WORLDS["Kubernetes behind a Gateway"](shape).map((one) => {
    if (one.name !== "rule") return one;
    const spec = one.inputs.spec as { rules: object[] };
    const requestMirror = { backendRef: { name: objectName("green"), port: 80 } };
    const rules = spec.rules.map((rule, i) =>
      i < spec.rules.length - 1 ? rule : { ...rule, filters: [{ type: "RequestMirror", requestMirror }] },
    );
    return { ...one, inputs: { ...one.inputs, spec: { ...spec, rules } } };
  });
}

/** A route of ours on a listener of another stack. */
function onSharedListener(shape: RolloutShape): Item[] {
  const items = ROLLOUT_WORLDS["Fargate behind an ALB"](shape).filter(({ name }) => !["lb", "web"].includes(name));
  return items.map((one) =>
    one.inputs.listenerArn === undefined
      ? one
      : { ...one, inputs: { ...one.inputs, listenerArn: "arn:shared-{case}" } },
  );
}

/** Somebody's own weighted records. */
function byDns(blue: number): Item[] {
  return Object.entries({ blue, green: 100 - blue }).map(([name, weight]) =>
    item("aws:route53/record:Record", name, {
      zoneId: "Z{case}",
      name: "shop.example.com",
      type: "CNAME",
      ttl: 60,
      records: [`${name}.example.com`],
      setIdentifier: name,
      weightedRoutingPolicies: [{ weight }],
      healthCheckId: "check-{case}",
    }),
  );
}

/** A Deployment behind a Service, by a provider with a token that lives for minutes. */
function inCluster(token: string, image = IMAGE): Item[] {
  const labels = { app: "shop" };
  const opts = { provider: "cluster" };
  return [
    item("pulumi:providers:kubernetes", "cluster", { kubeconfig: kubeconfig(token) }),
    item(
      "kubernetes:apps/v1:Deployment",
      "shop",
      {
        metadata: { name: "shop" },
        spec: {
          replicas: 2,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: "shop", image }] } },
        },
      },
      { opts },
    ),
    item(
      "kubernetes:core/v1:Service",
      "web",
      { metadata: { name: "web" }, spec: { selector: labels, ports: [{ port: 80 }] } },
      { opts },
    ),
  ];
}

/** Every entry, each of its changes a case. */
export const EVERYDAY: readonly Everyday[] = Object.entries(CHANGES).flatMap(([entry, changes], i) =>
  changes.map((change, j) => ({ id: `e${i + 1}${String.fromCharCode(97 + j)}`, entry, change })),
);

/** A promotion and a way back while a freeze is declared, and a stage left early with an exemption and without. */
export const UNDER_SETTINGS = {
  policyConfig: {
    "freeze-window": { once: [{ from: "2020-01-01T00:00:00Z", until: "2100-01-01T00:00:00Z", reason: "a holiday" }] },
  },
  config: {
    "crossfade:breakGlass": [
      { policy: "freeze-window", urn: "hotfix-shop-war", reason: "incident 42", until: "2100-01-01T00:00:00Z" },
      { policy: "bake-time", urn: "hotfix-shop-war", reason: "incident 42", until: "2100-01-01T00:00:00Z" },
    ],
  },
  changes: {
    raise: ourChange({ stage: "canary-5", movedAgo: 60 }, { stage: "canary-50" }),
    hotfix: ourChange({ stage: "canary-5", movedAgo: 60 }, { stage: "canary-50" }),
    back: ourChange({ stage: "canary-50", movedAgo: 60 }, {}),
  },
};
