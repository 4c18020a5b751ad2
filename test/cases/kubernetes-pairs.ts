import { type Pair, pair } from "./case";
import { type Item, item } from "./item";
import { ROLLOUT_WORLDS } from "./rollout-worlds";
import { kubeconfig, shop, withMore } from "./worlds";

const NAMESPACE = "{case}";
const IMAGE = `shop@sha256:${"1".repeat(64)}`;
const TYPES = {
  deployment: "kubernetes:apps/v1:Deployment",
  service: "kubernetes:core/v1:Service",
  route: "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
};

const named = (name: string, more: object = {}) => ({ name, namespace: NAMESPACE, ...more });

interface PodShape {
  lifecycle?: object;
  readinessProbe?: object;
  image?: string;
}

/** The weights of both backends, as a rule of the route has them; one that is undefined is left out. */
const routeSpec = (blue: number | undefined, green: number | undefined, more: object = {}) => ({
  parentRefs: [{ name: "public-{case}", namespace: "edge" }],
  hostnames: ["shop.example.com"],
  rules: [
    {
      backendRefs: [
        { name: "blue", port: 80, weight: blue },
        { name: "green", port: 80, weight: green, ...more },
      ],
    },
  ],
});

const CONTAINER = {
  name: "shop",
  image: IMAGE,
  ports: [{ containerPort: 8080 }],
  readinessProbe: { httpGet: { path: "/healthz", port: 8080 } },
  lifecycle: { preStop: { sleep: { seconds: 15 } } },
};

function deploymentSpec(color: string, pod: PodShape = {}, more: object = {}, grace = 120): object {
  const labels = { app: "shop", color };
  return {
    replicas: 3,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { terminationGracePeriodSeconds: grace, containers: [{ ...CONTAINER, ...pod }] },
    },
    ...more,
  };
}

const serviceSpec = (color: string, more: object = {}) => ({
  selector: { app: "shop", color },
  ports: [{ port: 80, targetPort: 8080 }],
  ...more,
});

/** Two Deployments, each with its Service, and a route that splits requests between them. */
function cluster(more: Record<string, Partial<Item>> = {}, last: readonly Item[] = []): Item[] {
  const items = ["blue", "green"].flatMap((color) => [
    item(TYPES.deployment, color, { metadata: named(color), spec: deploymentSpec(color) }),
    item(TYPES.service, `${color}-web`, { metadata: named(color), spec: serviceSpec(color) }),
  ]);
  const route = item(
    TYPES.route,
    "route",
    { metadata: named("shop"), spec: routeSpec(100, 0) },
    { dependsOn: ["blue-web", "green-web", "blue", "green"] },
  );
  return [...withMore([...items, route], more), ...last];
}

const edited = (more: Record<string, Partial<Item>>, last: readonly Item[] = []) => ({
  prior: cluster(),
  desired: cluster(more, last),
});
const spec = (value: object): Partial<Item> => ({ inputs: { spec: value } });

const spelled = (spec: object) => cluster({ route: { inputs: { spec: { ...routeSpec(100, 0), ...spec } } } });
/** The route with other hosts. */
const hosted = (hostnames: readonly string[]) => spelled({ hostnames });
/** The route with one rule, for these paths. */
const pathed = (paths: readonly string[]) =>
  spelled({
    rules: routeSpec(100, 0).rules.map((rule) => ({
      ...rule,
      matches: paths.map((value) => ({ path: { type: "PathPrefix", value } })),
    })),
  });

/** The stack that our components make on Kubernetes behind a balancer, with other edges of its pods. */
const bound = (dependsOn: readonly string[]) =>
  withMore(ROLLOUT_WORLDS["Kubernetes behind an ALB"]({}), { "pods-green": { dependsOn } });

/** Hazards of Kubernetes objects that users' requests reach. */
export const kubernetesPairs: Pair[] = [
  pair("h40", {
    hazards: ["40"],
    policy: "serving-replacement",
    change: (color: string) =>
      edited({ [color]: spec(deploymentSpec(color, {}, { selector: { matchLabels: { color } } })) }),
    refused: "blue",
    passes: "green",
  }),
  pair("hA24", {
    hazards: ["A24"],
    policy: "serving-replacement",
    // The same labels in another order are the same.
    change: (matchLabels: object) => edited({ blue: spec(deploymentSpec("blue", {}, { selector: { matchLabels } })) }),
    refused: { app: "store", color: "blue" },
    passes: { color: "blue", app: "shop" },
  }),
  pair("hA25", {
    hazards: ["A25"],
    policy: "serving-replacement",
    // All that a provider has made is made anew in the other region.
    change: (region: string) => {
      const inRegion = (name: string, user: string) => [
        item("pulumi:providers:aws", "aws", { region: name, profile: user }),
        ...shop().map((one) => ({ ...one, opts: { provider: "aws" } })),
      ];
      return { prior: inRegion("eu-west-1", "me"), desired: inRegion(region, "ci") };
    },
    refused: "eu-west-2",
    passes: "eu-west-1",
    also: ["interrupted-update", "candidate-attached"],
  }),
  pair("hA25k", {
    hazards: ["A25"],
    policy: "serving-replacement",
    // All that the cluster has is made anew in the other one.
    change: (server: string) => {
      const inCluster = (token: string, of?: string) => [
        item("pulumi:providers:kubernetes", "cluster", { kubeconfig: kubeconfig(token, of) }),
        ...cluster().map((one) => ({ ...one, opts: { provider: "cluster" } })),
      ];
      return { prior: inCluster("old"), desired: inCluster("new", server) };
    },
    refused: "https://other.example.com",
    passes: "https://prod.example.com",
    also: ["interrupted-update", "candidate-attached"],
  }),
  pair("h40s", {
    hazards: ["40"],
    policy: "serving-replacement",
    // By its name, which it keeps, it is deleted first.
    change: (service: string) =>
      edited({ [service]: spec(serviceSpec(service === "blue-web" ? "blue" : "green", { clusterIP: "10.0.0.9" })) }),
    refused: "blue-web",
    passes: "green-web",
    also: ["interrupted-update"],
  }),
  pair("h4k", {
    hazards: ["4"],
    policy: "serving-deletion",
    change: (gone: string) => ({ prior: cluster(), desired: cluster().filter(({ name }) => name !== gone) }),
    refused: "blue-web",
    passes: "green-web",
  }),
  pair("h21k", {
    hazards: ["21"],
    policy: "hold-time",
    // The pods' grace is as long as the preview of all cases may take.
    change: (modifiedAgo: number) => ({
      prior: cluster({
        route: { createdAgo: 86_400, modifiedAgo },
        green: spec(deploymentSpec("green", {}, {}, 1800)),
      }),
      desired: cluster().filter(({ name }) => !name.startsWith("green")),
    }),
    refused: 30,
    passes: 3600,
  }),
  pair("h7k", {
    hazards: ["7"],
    policy: "weights-explicit",
    change: (weight: number | undefined) => edited({ route: spec(routeSpec(99, weight)) }),
    refused: undefined,
    passes: 1,
  }),
  pair("h8k", {
    hazards: ["8"],
    policy: "weights-explicit",
    change: (weight: number) => edited({ route: spec(routeSpec(weight, 0)) }),
    refused: 0,
    passes: 1,
    also: ["interrupted-update"],
  }),
  pair("h2k", {
    hazards: ["2"],
    policy: "candidate-attached",
    change: (from: string) => {
      const elsewhere = { ...named("green"), namespace: `${NAMESPACE}-next` };
      return edited({ route: spec(routeSpec(100, 0, { namespace: `${NAMESPACE}-next` })) }, [
        item(TYPES.service, "next-web", { metadata: elsewhere, spec: serviceSpec("green") }),
        item("kubernetes:gateway.networking.k8s.io/v1beta1:ReferenceGrant", "grant", {
          metadata: elsewhere,
          spec: {
            from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: from }],
            to: [{ group: "", kind: "Service" }],
          },
        }),
      ]);
    },
    refused: "default",
    passes: NAMESPACE,
  }),
  pair("h11k", {
    hazards: ["11"],
    policy: "single-writer",
    change: (host: string) =>
      edited({}, [
        item(TYPES.route, "other", {
          metadata: named("other"),
          spec: {
            parentRefs: [{ name: "public-{case}", namespace: "edge" }],
            hostnames: [host],
            rules: [{ backendRefs: [{ name: "blue", port: 80 }] }],
          },
        }),
      ]),
    refused: "shop.example.com",
    passes: "cart.example.com",
  }),
  pair("h27k", {
    hazards: ["27"],
    policy: "single-writer",
    change: (manager: string) =>
      edited({
        route: { inputs: { metadata: named("shop", { labels: { "app.kubernetes.io/managed-by": manager } }) } },
      }),
    refused: "flagger",
    passes: "pulumi",
  }),
  pair("h34", {
    hazards: ["34"],
    policy: "release-without-canary",
    change: (service: string) => edited({ [service]: spec(serviceSpec(service === "blue-web" ? "green" : "blue")) }),
    refused: "blue-web",
    passes: "green-web",
  }),
  pair("h35", {
    hazards: ["35"],
    policy: "drain",
    change: (lifecycle: object) => edited({ green: spec(deploymentSpec("green", { lifecycle })) }),
    refused: {},
    passes: { preStop: { sleep: { seconds: 20 } } },
  }),
  pair("h35g", {
    hazards: ["35"],
    policy: "drain",
    change: (grace: number) => edited({ green: spec(deploymentSpec("green", {}, {}, grace)) }),
    refused: 15,
    passes: 90,
  }),
  pair("h15k", {
    hazards: ["15"],
    policy: "health-check",
    change: (readinessProbe: object | undefined) =>
      edited({ green: spec(deploymentSpec("green", { readinessProbe })) }),
    refused: undefined,
    passes: { httpGet: { path: "/ready", port: 8080 } },
  }),
  pair("hA20", {
    hazards: ["A20"],
    policy: "health-check",
    change: (dependsOn: readonly string[]) => ({ prior: [], desired: bound(dependsOn) }),
    refused: ["preview-green"],
    passes: ["preview-green", "binding-green"],
  }),
  pair("h37", {
    hazards: ["37", "A20"],
    policy: "health-check",
    change: (gate: string) => {
      const labels = { "elbv2.k8s.aws/pod-readiness-gate-inject": gate };
      const namespace = item("kubernetes:core/v1:Namespace", "ns", { metadata: { name: NAMESPACE, labels } });
      const binding = item("kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding", "binding", {
        metadata: named("blue"),
        spec: { targetType: "ip", targetGroupARN: "arn:{case}", serviceRef: { name: "blue", port: 80 } },
      });
      return edited({}, [namespace, binding]);
    },
    refused: "disabled",
    passes: "enabled",
  }),
  pair("h38", {
    hazards: ["38"],
    policy: "capacity",
    change: (maxUnavailable: number) =>
      edited({}, [
        item("kubernetes:policy/v1:PodDisruptionBudget", "budget", {
          metadata: named("blue"),
          spec: { maxUnavailable, selector: { matchLabels: { app: "shop", color: "blue" } } },
        }),
      ]),
    refused: 3,
    passes: 1,
  }),
  pair("h39", {
    hazards: ["39"],
    policy: "capacity",
    change: (ignoreChanges: string[]) =>
      edited({ green: { opts: { ignoreChanges } } }, [
        item("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", "hpa", {
          metadata: named("green"),
          spec: { minReplicas: 3, maxReplicas: 9, scaleTargetRef: { kind: "Deployment", name: "green" } },
        }),
      ]),
    refused: [],
    passes: ["spec.replicas"],
  }),
  pair("hA32k", {
    hazards: ["A32"],
    policy: "interrupted-update",
    // A slip of the pen, or a host that comes beside the old one.
    change: (hosts: string[]) => ({ prior: hosted(["shop.example.com"]), desired: hosted(hosts) }),
    refused: ["shop.exmaple.com"],
    passes: ["shop.exmaple.com", "shop.example.com"],
  }),
  pair("hA32l", {
    hazards: ["A32"],
    policy: "interrupted-update",
    // One of two hosts is retired, or another comes in its place.
    change: (hosts: string[]) => ({
      prior: hosted(["shop.example.com", "store.example.com"]),
      desired: hosted(hosts),
    }),
    refused: ["shop.example.com", "cart.example.com"],
    passes: ["shop.example.com"],
  }),
  pair("hA32m", {
    hazards: ["A32"],
    policy: "interrupted-update",
    change: (paths: string[]) => ({ prior: pathed(["/shop", "/store"]), desired: pathed(paths) }),
    refused: ["/shop", "/stroe"],
    passes: ["/shop"],
  }),
  pair("h39r", {
    hazards: ["39"],
    policy: "capacity",
    // The number is handed over to an autoscaler.
    change: (ignoreChanges: string[]) =>
      edited({ blue: { ...spec(deploymentSpec("blue", {}, { replicas: undefined })), opts: { ignoreChanges } } }),
    refused: [],
    passes: ["spec.replicas"],
  }),
];
