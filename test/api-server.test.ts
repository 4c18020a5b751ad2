/**
 * What a real API server says of the manifests that the components ask for: strict about fields, with the Gateway API's own
 * definitions and their rules, in a namespace that lets only `restricted` pods in.
 *
 * No controller, scheduler or kubelet runs here, and no Gateway's. So nothing here shows that a Deployment's pods come up and
 * become ready, that endpoints or targets follow them, that a budget or an autoscaler acts, that readiness gates are injected
 * or a TargetGroupBinding's webhook agrees, that a Gateway accepts the route (its listeners, a missing ReferenceGrant, filters
 * that it does not have), or that requests are split by it. That is the local cloud's part, by the documentation.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KubernetesEnvironment, type KubernetesEnvironmentArgs } from "../components/kubernetes-environment";
import { KubernetesMigration } from "../components/kubernetes-migration";
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

test("a migration's Job is taken as it is, and its pod is let in", async () => {
  const directory = mkdtempSync(join(tmpdir(), "crossfade-migration-"));
  writeFileSync(join(directory, "1_orders.sql"), "CREATE TABLE orders (id int)");
  const { image, namespace } = environment;
  const secrets = { DATABASE_URL: "database/url" };
  const schema = { phase: "expand", directory, postgres: 16 } as const;
  const manifests = await emittedBy(() => {
    new KubernetesMigration("shop", { ...schema, image, namespace, secrets, env: { LEVEL: "debug" } });
  });
  const job = find(manifests, "Job");
  expect(await verdictOn(job)).toBe("accepted");
  expect(await verdictOn(podOf(job))).toBe("accepted");
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

/** The manifest with one value changed, or taken away where it is undefined. */
function edited(manifest: Manifest, path: string, value: unknown): Manifest {
  const copy = structuredClone(manifest);
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  // biome-ignore lint/suspicious/noExplicitAny: the path says what it is
  const holder = keys.reduce((inner: any, key) => inner[key], copy);
  holder[last] = value;
  return copy;
}

describe("the server refuses, and says why,", () => {
  const CONTAINER = "spec.template.spec.containers.0";
  const BINDING = "TargetGroupBinding";
  const broken: [string, string, string, unknown, RegExp][] = [
    [
      "a field that it does not know",
      "Deployment",
      `${CONTAINER}.readinesProbe`,
      {},
      /unknown field "spec.template.spec.containers\[0\].readinesProbe"/,
    ],
    [
      "a probe that asks nothing",
      "Deployment",
      `${CONTAINER}.readinessProbe.httpGet`,
      undefined,
      /must specify a handler type/,
    ],
    [
      "a sleep that the grace period does not hold",
      "Deployment",
      "spec.template.spec.terminationGracePeriodSeconds",
      30,
      /preStop.sleep: Invalid value: 60: must be .* less than .*\(30\)/,
    ],
    [
      "a selector that does not find the pods",
      "Deployment",
      "spec.selector.matchLabels",
      { app: "another" },
      /`selector` does not match template `labels`/,
    ],
    [
      "a roll that may do nothing",
      "Deployment",
      "spec.strategy.rollingUpdate.maxSurge",
      0,
      /may not be 0 when `maxSurge` is 0/,
    ],
    [
      "a memory limit below the request",
      "Deployment",
      `${CONTAINER}.resources.limits.memory`,
      "1Mi",
      /must be less than or equal to memory limit/,
    ],
    ["a Service without a port", "Service", "spec.ports", [], /spec.ports: Required value/],
    [
      "a budget of both kinds",
      "PodDisruptionBudget",
      "spec.minAvailable",
      1,
      /minAvailable and maxUnavailable cannot be both set/,
    ],
    [
      "an autoscaler whose least is over its most",
      "HorizontalPodAutoscaler",
      "spec.minReplicas",
      10,
      /must be greater than or equal to `minReplicas`/,
    ],
    [
      "a binding to no kind of target",
      BINDING,
      "spec.targetType",
      "lambda",
      /Unsupported value: "lambda": supported values: "instance", "ip"/,
    ],
    ["a binding to no port", BINDING, "spec.serviceRef.port", undefined, /spec.serviceRef.port: Required value/],
    [
      "a binding with a field of another spelling",
      BINDING,
      "spec.targetGroupArn",
      "arn",
      /unknown field "spec.targetGroupArn"/,
    ],
  ];
  test.each(broken)("%s", async (_, kind, path, value, reason) => {
    const manifest = find(await emittedEnvironment({ alb, scaling: { min: 2, max: 9 } }), kind);
    expect(await verdictOn(manifest)).toBe("accepted");
    expect(await verdictOn(edited(manifest, path, value))).toMatch(reason);
  });

  // Each of the settings by which our pods are `restricted`, taken away, and some that no such pod may have.
  const POD = "spec.template.spec";
  const loose: [string, string, unknown, RegExp][] = [
    ["of root", `${POD}.securityContext.runAsNonRoot`, undefined, /runAsNonRoot != true/],
    ["that may call anything of the kernel", `${POD}.securityContext.seccompProfile`, undefined, /seccompProfile/],
    [
      "that may get more privileges",
      `${CONTAINER}.securityContext.allowPrivilegeEscalation`,
      undefined,
      /allowPrivilegeEscalation != false/,
    ],
    ["with capabilities", `${CONTAINER}.securityContext.capabilities`, undefined, /unrestricted capabilities/],
    [
      "that is privileged",
      `${CONTAINER}.securityContext`,
      { privileged: true },
      /must not set securityContext.privileged=true/,
    ],
    ["on the node's network", `${POD}.hostNetwork`, true, /hostNetwork=true/],
    [
      "whose sidecar has capabilities",
      `${POD}.initContainers.0.securityContext.capabilities`,
      undefined,
      /unrestricted capabilities \(container "proxy"/,
    ],
  ];
  test.each(loose)("a pod %s", async (_, path, value, reason) => {
    const sidecars = { proxy: { image: environment.image } };
    const deployment = find(await emittedEnvironment({ sidecars, serviceAccountName: "default" }), "Deployment");
    expect(await verdictOn(podOf(deployment))).toBe("accepted");
    const looser = edited(deployment, path, value);
    const verdict = await verdictOn(podOf(looser));
    expect(verdict).toContain('violates PodSecurity "restricted:latest"');
    expect(verdict).toMatch(reason);
    // A Deployment of such pods is taken: its step would end by the time-out, and not by this reason.
    expect(await verdictOn(looser)).toMatch(/^accepted; would violate PodSecurity/);
  });

  const BACKEND = "spec.rules.2.backendRefs.0";
  const redirect = [{ type: "RequestRedirect", requestRedirect: { hostname: "a.example.com" } }];
  const header = { type: "Exact", name: "x-crossfade", value: "blue" };
  const routes: [string, string, unknown, RegExp][] = [
    ["a weight below zero", `${BACKEND}.weight`, -1, /weight: Invalid value: -1: .* greater than or equal to 0/],
    [
      "a weight over a million",
      `${BACKEND}.weight`,
      1_000_001,
      /weight: Invalid value: 1000001: .* less than or equal to 1000000/,
    ],
    ["a weight in words", `${BACKEND}.weight`, "95", /weight: Invalid value: "string": .* must be of type integer/],
    ["a Service without its port", `${BACKEND}.port`, undefined, /Must have port for Service reference/],
    ["a header twice", "spec.rules.0.matches.0.headers", [header, header], /headers\[1\]: Duplicate value/],
    [
      "a redirect of what has backends",
      "spec.rules.2.filters",
      redirect,
      /RequestRedirect filter must not be used together with backendRefs/,
    ],
    [
      "a mirror to nothing",
      "spec.rules.2.filters.0.requestMirror",
      undefined,
      /filter.requestMirror must be specified for RequestMirror filter.type/,
    ],
    [
      "more than sixteen backends",
      "spec.rules.2.backendRefs",
      Array(17).fill({ name: "shop", port: 80 }),
      /Too many: 17: must have at most 16 items/,
    ],
    [
      "stickiness, which is experimental",
      "spec.rules.2.sessionPersistence",
      {},
      /unknown field "spec.rules\[2\].sessionPersistence"/,
    ],
  ];
  test.each(routes)("a route with %s", async (_, path, value, reason) => {
    const route = await emittedRoute("idle", { mirror: true });
    expect(await verdictOn(route)).toBe("accepted");
    expect(await verdictOn(edited(route, path, value))).toMatch(reason);
  });

  test("whatever is to be in a namespace that is not there", async () => {
    for (const manifest of await emittedEnvironment({ alb, namespace: "nowhere" }))
      expect(await verdictOn(manifest)).toBe('namespaces "nowhere" not found');
  });

  test("another selector or address of what is there: a new version never comes by another selector", async () => {
    const manifests = await emittedEnvironment();
    const labels = { "app.kubernetes.io/name": "another" };
    const [service, deployment] = [find(manifests, "Service"), find(manifests, "Deployment")];
    const reselected = edited(edited(deployment, "spec.selector", { matchLabels: labels }), "spec.template.metadata", {
      labels,
    });
    const changes: [Manifest, Manifest, RegExp][] = [
      [deployment, reselected, /spec.selector: .*: field is immutable/],
      [service, edited(service, "spec.clusterIP", "10.0.0.99"), /clusterIPs?.*may not change once set/],
    ];
    for (const [before, after, reason] of changes) {
      expect(await server.client.apply(before, { manager: "test" })).toMatchObject({ status: 201 });
      const { body } = await server.client.apply(after, { manager: "test", dryRun: true });
      expect(body.message).toMatch(reason);
    }
  });
});
