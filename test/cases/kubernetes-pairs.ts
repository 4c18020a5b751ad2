import { type Pair, pair } from "./case";
import { type Item, item } from "./item";
import { shop, withMore } from "./worlds";

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

const CONTAINER = {
  name: "shop",
  image: IMAGE,
  ports: [{ containerPort: 8080 }],
  readinessProbe: { httpGet: { path: "/healthz", port: 8080 } },
  lifecycle: { preStop: { sleep: { seconds: 15 } } },
};

function deploymentSpec(color: string, pod: PodShape = {}, more: object = {}): object {
  const labels = { app: "shop", color };
  return {
    replicas: 3,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { terminationGracePeriodSeconds: 120, containers: [{ ...CONTAINER, ...pod }] },
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
  const backendRefs = [
    { name: "blue", port: 80, weight: 100 },
    { name: "green", port: 80, weight: 0 },
  ];
  const route = item(
    TYPES.route,
    "route",
    { metadata: named("shop"), spec: { hostnames: ["shop.example.com"], rules: [{ backendRefs }] } },
    { dependsOn: ["blue-web", "green-web", "blue", "green"] },
  );
  return [...withMore([...items, route], more), ...last];
}

const edited = (more: Record<string, Partial<Item>>, last: readonly Item[] = []) => ({
  prior: cluster(),
  desired: cluster(more, last),
});
const spec = (value: object): Partial<Item> => ({ inputs: { spec: value } });

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
];
