/**
 * What a real API server says of the manifests that the components ask for: strict about fields, with the Gateway API's own
 * definitions and their rules, in a namespace that lets only `restricted` pods in.
 *
 * No controller, scheduler or kubelet runs here, and no Gateway's. So nothing here shows that a Deployment's pods come up and
 * become ready, that endpoints or targets follow them, that a budget or an autoscaler acts, that readiness gates are injected
 * or a TargetGroupBinding's webhook agrees, that a Gateway accepts the route (its listeners, a missing ReferenceGrant, filters
 * that it does not have), or that requests are split by it. That is the local cloud's part, by the documentation.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KubernetesEnvironment, type KubernetesEnvironmentArgs } from "../components/kubernetes-environment";
import { Rollout } from "../components/rollout";
import { WeightedGatewayRoute, type WeightedGatewayRouteArgs } from "../components/weighted-gateway-route";
import type { ApiServer } from "./api-server/api-server";
import type { Manifest } from "./api-server/client";
import { NAMESPACE, startCluster } from "./api-server/cluster";
import { collectManifests, find } from "./api-server/emitted";

const emittedBy = collectManifests();
let server: ApiServer;

beforeAll(async () => {
  server = await startCluster((line) => process.stderr.write(`${line}\n`));
});
afterAll(() => server?.stop());

/** Whether the server would take it, or why not; and what it warns of. */
async function verdictOn(object: Manifest): Promise<string> {
  const { status, body, warnings } = await server.client.create(object, { dryRun: true });
  return [status === 201 ? "accepted" : body.message, ...warnings].join("; ");
}

const environment: KubernetesEnvironmentArgs = {
  color: "blue",
  namespace: NAMESPACE,
  image: `registry.example.com/shop@sha256:${"1".repeat(64)}`,
};
const alb: NonNullable<KubernetesEnvironmentArgs["alb"]> = {
  listenerArn: "arn:aws:elasticloadbalancing:eu-test-1:1:listener/app/edge/1/2",
  hosts: ["shop.example.com"],
  previewPriority: 2,
  vpcId: "vpc-1",
  balancerSecurityGroupId: "sg-edge",
};
let given = 0;

/** Each has a name of its own: what is stored for one must not be there already for the next. */
const emittedEnvironment = (more: Partial<KubernetesEnvironmentArgs> = {}) =>
  emittedBy(() => new KubernetesEnvironment(`shop-${++given}`, { ...environment, ...more }));

interface PodTemplate {
  metadata: object;
  // biome-ignore lint/suspicious/noExplicitAny: a pod's spec, of which tests break what they like
  spec: any;
}
const templateOf = (deployment: Manifest) => (deployment.spec as { template: PodTemplate }).template;

/** A pod as the Deployment's controller would make it; of a Deployment itself, pod security only warns. */
function podOf(deployment: Manifest): Manifest {
  const { metadata, spec } = templateOf(deployment);
  return { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, ...identity(deployment) }, spec };
}
const identity = ({ metadata: { name, namespace } }: Manifest) => ({ name, namespace });

describe("an environment's manifests are taken as they are, and its pods are let in:", () => {
  const sidecar = { image: `registry.example.com/proxy@sha256:${"2".repeat(64)}`, command: ["proxy"], env: { A: "1" } };
  const BASE = ["Deployment", "PodDisruptionBudget", "Service", "ServiceAccount"];
  const environments: [string, Partial<KubernetesEnvironmentArgs>, string[]][] = [
    ["behind a Gateway", {}, BASE],
    ["behind a balancer", { alb }, [...BASE, "TargetGroupBinding"]],
    ["of one replica", { replicas: 1 }, ["Service", "ServiceAccount", "Deployment"]],
    ["that scales", { scaling: { min: 2, max: 9 } }, [...BASE, "HorizontalPodAutoscaler"]],
    ["with sidecars", { sidecars: { proxy: sidecar } }, BASE],
    [
      "with command, variables and secrets",
      { command: ["serve"], env: { LEVEL: "debug" }, secrets: { KEY: "shop/key" } },
      BASE,
    ],
    ["of the longest drain and stop", { drain: 3600, stop: 120 }, BASE],
    ["of gRPC on another port, checked rarely", { protocol: "GRPC", port: 9000, healthInterval: 300 }, BASE],
    ["with another's account", { serviceAccountName: "default" }, ["Service", "Deployment", "PodDisruptionBudget"]],
  ];
  test.each(environments)("%s", async (_, more, kinds) => {
    const manifests = await emittedEnvironment(more);
    expect(manifests.map(({ kind }) => kind).sort()).toEqual([...kinds].sort());
    for (const manifest of manifests)
      expect([manifest.kind, await verdictOn(manifest)]).toEqual([manifest.kind, "accepted"]);
    // A pod's account must be there for the pod to be let in.
    for (const account of manifests.filter(({ kind }) => kind === "ServiceAccount"))
      await server.client.apply(account, { manager: "test" });
    expect(await verdictOn(podOf(find(manifests, "Deployment")))).toBe("accepted");
  });
});

const STAGES = [
  { name: "canary-5", weight: 5, bake: 600 },
  { name: "canary-50", weight: 50, bake: 600 },
];
const backends: WeightedGatewayRouteArgs["backends"] = {
  blue: { serviceName: "shop-blue-1a2b3c4d", port: 80 },
  green: { serviceName: "shop-green-1a2b3c4d", port: 80 },
};

async function emittedRoute(stage = "idle", more: Partial<WeightedGatewayRouteArgs> = {}): Promise<Manifest> {
  const manifests = await emittedBy(() => {
    const rollout = new Rollout("shop", { stable: "blue", stage, stages: STAGES });
    const gateway = { name: "public", namespace: "edge" };
    new WeightedGatewayRoute("shop", {
      ...{ rollout, backends, namespace: NAMESPACE, gateway, hosts: ["shop.example.com"] },
      ...more,
    });
  });
  return find(manifests, "HTTPRoute");
}

describe("a route is taken as it is", () => {
  test.each(["idle", "canary-5", "canary-50", "full"])("at %s", async (stage) => {
    expect(await verdictOn(await emittedRoute(stage))).toBe("accepted");
  });

  const variants: [string, Partial<WeightedGatewayRouteArgs>][] = [
    ["with a mirror", { mirror: true }],
    ["with a preview secret", { previewSecret: "open-sesame" }],
    ["of one environment", { backends: { blue: { serviceName: "shop-blue-1a2b3c4d", port: 80 } } }],
    ["of wildcards and many hosts", { hosts: Array.from({ length: 16 }, (_, index) => `*.s${index}.example.com`) }],
    [
      "with a backend in another namespace",
      { backends: { ...backends, green: { serviceName: "shop", port: 80, namespace: "next", granted: true } } },
    ],
  ];
  test.each(variants)("%s", async (_, more) => {
    expect(await verdictOn(await emittedRoute("idle", more))).toBe("accepted");
  });
});

describe("the server refuses, and says why,", () => {
  // biome-ignore lint/suspicious/noExplicitAny: what is broken is no manifest any more
  type Break = (spec: any, pod: any, container: any) => void;

  const broken: [string, string, Break, RegExp][] = [
    [
      "a field that it does not know",
      "Deployment",
      (_, __, c) => {
        c.readinesProbe = c.readinessProbe;
      },
      /unknown field "spec.template.spec.containers\[0\].readinesProbe"/,
    ],
    [
      "a probe that asks nothing",
      "Deployment",
      (_, __, c) => {
        c.readinessProbe.httpGet = undefined;
      },
      /readinessProbe: Required value: must specify a handler type/,
    ],
    [
      "a sleep before the end that the grace period does not hold",
      "Deployment",
      (_, pod) => {
        pod.terminationGracePeriodSeconds = 30;
      },
      /preStop.sleep: Invalid value: 60: must be .* less than .*\(30\)/,
    ],
    [
      "a selector that does not find the pods",
      "Deployment",
      (spec) => {
        spec.selector.matchLabels = { app: "another" };
      },
      /`selector` does not match template `labels`/,
    ],
    [
      "a roll that may do nothing",
      "Deployment",
      (spec) => {
        spec.strategy.rollingUpdate = { maxUnavailable: 0, maxSurge: 0 };
      },
      /may not be 0 when `maxSurge` is 0/,
    ],
    [
      "a memory limit below the request",
      "Deployment",
      (_, __, c) => {
        c.resources.limits.memory = "1Mi";
      },
      /must be less than or equal to memory limit/,
    ],
    [
      "a Service without a port",
      "Service",
      (spec) => {
        spec.ports = [];
      },
      /spec.ports: Required value/,
    ],
    [
      "a budget of both kinds",
      "PodDisruptionBudget",
      (spec) => {
        spec.minAvailable = 1;
      },
      /minAvailable and maxUnavailable cannot be both set/,
    ],
    [
      "an autoscaler of more than its most",
      "HorizontalPodAutoscaler",
      (spec) => {
        spec.minReplicas = 10;
      },
      /must be greater than or equal to `minReplicas`/,
    ],
    [
      "a binding to no kind of target",
      "TargetGroupBinding",
      (spec) => {
        spec.targetType = "lambda";
      },
      /Unsupported value: "lambda": supported values: "instance", "ip"/,
    ],
    [
      "a binding to no port",
      "TargetGroupBinding",
      (spec) => {
        spec.serviceRef.port = undefined;
      },
      /spec.serviceRef.port: Required value/,
    ],
    [
      "a binding with an unknown field",
      "TargetGroupBinding",
      (spec) => {
        spec.targetGroupArn = spec.targetGroupARN;
      },
      /unknown field "spec.targetGroupArn"/,
    ],
  ];
  test.each(broken)("%s", async (_, kind, breaks, reason) => {
    const manifest = structuredClone(find(await emittedEnvironment({ alb, scaling: { min: 2, max: 9 } }), kind));
    expect(await verdictOn(manifest)).toBe("accepted");
    const { spec } = manifest as { spec?: { template?: PodTemplate } };
    const pod = spec?.template?.spec;
    breaks(spec, pod, pod?.containers[0]);
    expect(await verdictOn(manifest)).toMatch(reason);
  });

  // Each of the settings by which our pods are `restricted`, taken away.
  const loose: [string, Break, RegExp][] = [
    [
      "of root",
      (_, pod) => {
        pod.securityContext.runAsNonRoot = undefined;
      },
      /runAsNonRoot != true/,
    ],
    [
      "that may call anything of the kernel",
      (_, pod) => {
        pod.securityContext.seccompProfile = undefined;
      },
      /seccompProfile/,
    ],
    [
      "that may get more privileges",
      (_, __, c) => {
        c.securityContext.allowPrivilegeEscalation = undefined;
      },
      /allowPrivilegeEscalation != false/,
    ],
    [
      "with capabilities",
      (_, __, c) => {
        c.securityContext.capabilities = undefined;
      },
      /unrestricted capabilities/,
    ],
    [
      "that is privileged",
      (_, __, c) => {
        c.securityContext = { ...c.securityContext, allowPrivilegeEscalation: undefined, privileged: true };
      },
      /privileged \(container "service" must not set securityContext.privileged=true\)/,
    ],
    [
      "on the node's network",
      (_, pod) => {
        pod.hostNetwork = true;
      },
      /hostNetwork=true/,
    ],
    [
      "whose sidecar has capabilities",
      (_, pod) => {
        pod.initContainers[0].securityContext.capabilities = undefined;
      },
      /unrestricted capabilities \(container "proxy"/,
    ],
  ];
  test.each(loose)("a pod %s", async (_, breaks, reason) => {
    const manifests = await emittedEnvironment({
      sidecars: { proxy: { image: environment.image } },
      serviceAccountName: "default",
    });
    const deployment = structuredClone(find(manifests, "Deployment"));
    expect(await verdictOn(podOf(deployment))).toBe("accepted");
    const { spec } = templateOf(deployment);
    breaks(undefined, spec, spec.containers[0]);
    expect(await verdictOn(podOf(deployment))).toMatch(/violates PodSecurity "restricted:latest"/);
    expect(await verdictOn(podOf(deployment))).toMatch(reason);
    // A Deployment of such pods is taken: its step would end by the time-out, and not by this reason.
    expect(await verdictOn(deployment)).toMatch(/^accepted; would violate PodSecurity/);
  });

  // biome-ignore lint/suspicious/noExplicitAny: likewise
  const brokenRoutes: [string, (rules: any[]) => void, RegExp][] = [
    [
      "a weight below zero",
      (rules) => {
        rules.at(-1).backendRefs[0].weight = -1;
      },
      /weight: Invalid value: -1: .* greater than or equal to 0/,
    ],
    [
      "a weight over a million",
      (rules) => {
        rules.at(-1).backendRefs[0].weight = 1_000_001;
      },
      /weight: Invalid value: 1000001: .* less than or equal to 1000000/,
    ],
    [
      "a weight in words",
      (rules) => {
        rules.at(-1).backendRefs[0].weight = "95";
      },
      /weight: Invalid value: "string": .* must be of type integer/,
    ],
    [
      "a Service without its port",
      (rules) => {
        rules.at(-1).backendRefs[0].port = undefined;
      },
      /Must have port for Service reference/,
    ],
    [
      "a header twice",
      (rules) => {
        rules[0].matches[0].headers.push(rules[0].matches[0].headers[0]);
      },
      /headers\[1\]: Duplicate value/,
    ],
    [
      "a redirect of what has backends",
      (rules) => {
        rules.at(-1).filters = [{ type: "RequestRedirect", requestRedirect: { hostname: "a.example.com" } }];
      },
      /RequestRedirect filter must not be used together with backendRefs/,
    ],
    [
      "a mirror to nothing",
      (rules) => {
        rules.at(-1).filters[0].requestMirror = undefined;
      },
      /filter.requestMirror must be specified for RequestMirror filter.type/,
    ],
    [
      "more than sixteen backends",
      (rules) => {
        rules.at(-1).backendRefs = Array(17).fill(rules.at(-1).backendRefs[0]);
      },
      /Too many: 17: must have at most 16 items/,
    ],
    [
      "stickiness, which is experimental",
      (rules) => {
        rules.at(-1).sessionPersistence = { sessionName: "shop" };
      },
      /unknown field "spec.rules\[2\].sessionPersistence"/,
    ],
  ];
  test.each(brokenRoutes)("a route with %s", async (_, breaks, reason) => {
    const route = structuredClone(await emittedRoute("idle", { mirror: true }));
    expect(await verdictOn(route)).toBe("accepted");
    breaks((route.spec as { rules: object[] }).rules);
    expect(await verdictOn(route)).toMatch(reason);
  });

  test("whatever is to be in a namespace that is not there", async () => {
    for (const manifest of await emittedEnvironment({ alb, namespace: "nowhere" }))
      expect(await verdictOn(manifest)).toBe('namespaces "nowhere" not found');
  });

  test("another selector of what is there, so that a new version never comes by another selector", async () => {
    const [service, deployment] = (await emittedEnvironment()).filter(({ kind }) =>
      ["Service", "Deployment"].includes(kind),
    ) as [Manifest, Manifest];
    for (const object of [service, deployment])
      expect(await server.client.apply(object, { manager: "test" })).toMatchObject({ status: 201 });
    const changed = structuredClone(deployment);
    const labels = { "app.kubernetes.io/name": "another" };
    Object.assign(changed.spec as object, { selector: { matchLabels: labels } });
    Object.assign(templateOf(changed).metadata, { labels });
    expect((await server.client.apply(changed, { manager: "test", dryRun: true })).body.message).toMatch(
      /spec.selector: .*: field is immutable/,
    );
    const moved = structuredClone(service);
    Object.assign(moved.spec as object, { clusterIP: "10.0.0.99" });
    expect((await server.client.apply(moved, { manager: "test", dryRun: true })).body.message).toMatch(
      /clusterIPs?.*may not change once set/,
    );
  });
});
