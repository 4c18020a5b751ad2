import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import type { ResourceTransformationArgs } from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import {
  type KubernetesAlbArgs,
  KubernetesEnvironment,
  type KubernetesEnvironmentArgs,
} from "../components/kubernetes";
import { collectAsked, settled } from "./asked";

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const SERVICE = "kubernetes:core/v1:Service";
const BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding";
const BUDGET = "kubernetes:policy/v1:PodDisruptionBudget";
const AUTOSCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler";
const CLOCK = "pulumi:index:Stash";
const GROUP = "aws:lb/targetGroup:TargetGroup";
const RULE = "aws:lb/listenerRule:ListenerRule";

// What must be there first comes late, so that nothing is in order by chance.
const LATE: Record<string, number> = { [SERVICE]: 60, [GROUP]: 60, [BINDING]: 60, [RULE]: 150 };
const { asked, find } = collectAsked((_, type) => LATE[type] ?? 0);

const environment: KubernetesEnvironmentArgs = {
  color: "green",
  image: `shop@sha256:${"1".repeat(64)}`,
  namespace: "shop",
};

const alb: KubernetesAlbArgs = {
  listenerArn: "arn:listener",
  hosts: ["shop.example.com"],
  previewPriority: 2,
  vpcId: "vpc-1",
  balancerSecurityGroupId: "sg-edge",
};

/** The parts of a Deployment that the tests ask for, as far as they are written. */
interface DeploymentInputs {
  metadata: object;
  spec: {
    replicas?: number;
    selector: object;
    strategy: object;
    progressDeadlineSeconds: number;
    template: {
      metadata: { labels: object };
      spec: {
        terminationGracePeriodSeconds: number;
        initContainers?: Record<string, unknown>[];
        containers: Record<string, unknown>[];
      };
    };
  };
}

/** The Deployment that was asked for, and its service's container. */
function deployment(name: string) {
  const { spec } = find(DEPLOYMENT, name).inputs as unknown as DeploymentInputs;
  const [container = {}] = spec.template.spec.containers;
  return { spec, pod: spec.template.spec, container };
}

/** Makes an environment, and gives each child's options by its type. */
async function withOptions(name: string, args: KubernetesEnvironmentArgs) {
  const children: Record<string, ResourceTransformationArgs> = {};
  const note = (child: ResourceTransformationArgs) => {
    if (child.type.includes("/")) children[child.type] = child;
    return undefined;
  };
  const made = new KubernetesEnvironment(name, args, { transformations: [note] });
  await settled();
  return { made, children, optionsOf: (type: string) => children[type]?.opts as Record<string, unknown> };
}

describe("an environment on Kubernetes", () => {
  test("keeps since when it has its version: what its pods are, once they are there", async () => {
    new KubernetesEnvironment("clocked", environment);
    await settled();
    expect(find(CLOCK, "clocked-version").inputs.input).toEqual(deployment("clocked").spec.template);
    const types = asked.map(({ type }) => type);
    expect(types.indexOf(CLOCK)).toBeGreaterThan(types.indexOf(DEPLOYMENT));
  });

  test("names nothing, and has selectors that are its own name, whatever the version", async () => {
    new KubernetesEnvironment("shop-green", environment);
    new KubernetesEnvironment("shop-blue", { ...environment, color: "blue", port: 9090, env: { A: "1" }, drain: 5 });
    await settled();
    for (const { type, inputs } of asked.filter((r) => r.type.startsWith("kubernetes:")))
      expect([type, inputs.metadata]).toEqual([type, expect.not.objectContaining({ name: expect.anything() })]);
    for (const name of ["shop-green", "shop-blue"]) {
      const selector = { "app.kubernetes.io/name": name };
      const { spec } = deployment(name);
      expect(spec.selector).toEqual({ matchLabels: selector });
      expect(spec.template.metadata.labels).toEqual({ ...selector, "app.kubernetes.io/managed-by": "pulumi" });
      expect(find(SERVICE, name).inputs.spec).toMatchObject({ type: "ClusterIP", selector });
      expect(find(BUDGET, name).inputs.spec).toMatchObject({ maxUnavailable: 1, selector: { matchLabels: selector } });
    }
  });

  test.each([
    [2, "130s"], // one pod at a time
    [4, "260s"],
    [5, "195s"], // two pods at a time
    [100, "260s"],
  ])(
    "keeps every pod until its successor is ready, and gives each wave of a roll its deadline: %d pods",
    async (replicas, roll) => {
      const { optionsOf } = await withOptions("roll", {
        ...environment,
        replicas,
        grace: 40,
        healthInterval: 5,
        drain: 20,
        stop: 10,
      });
      const { spec } = deployment("roll");
      expect(spec).toMatchObject({
        replicas,
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: "25%" } },
        progressDeadlineSeconds: 65,
      });
      expect(optionsOf(DEPLOYMENT).customTimeouts).toEqual({ create: roll, update: roll, delete: "630s" });
    },
  );

  test("is asked for its health before it gets requests, and answers them while it leaves", async () => {
    new KubernetesEnvironment("health", {
      ...environment,
      health: "/up",
      healthInterval: 5,
      grace: 40,
      drain: 20,
      stop: 10,
    });
    await settled();
    const { pod, container } = deployment("health");
    const httpGet = { path: "/up", port: 8080 };
    expect(container).toMatchObject({
      readinessProbe: { httpGet, periodSeconds: 5, timeoutSeconds: 4, failureThreshold: 2 },
      startupProbe: { httpGet, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 40 },
      lifecycle: { preStop: { sleep: { seconds: 20 } } },
    });
    expect(container).not.toHaveProperty("livenessProbe");
    expect(pod.terminationGracePeriodSeconds).toBe(30);
  });

  test("without a grace has no startup probe, and one of gRPC is asked by gRPC", async () => {
    new KubernetesEnvironment("grpc", { ...environment, grace: 0, protocol: "GRPC", port: 9000 });
    await settled();
    const { container } = deployment("grpc");
    expect(container).not.toHaveProperty("startupProbe");
    expect(container.readinessProbe).toMatchObject({ grpc: { port: 9000 } });
    const [port] = (find(SERVICE, "grpc").inputs.spec as { ports: object[] }).ports;
    expect(port).toEqual({ port: 80, targetPort: 9000, protocol: "TCP", appProtocol: "kubernetes.io/h2c" });
  });

  test("gives its version to the container, with secrets by their key, and sidecars that end after it", async () => {
    new KubernetesEnvironment("version", {
      ...environment,
      command: ["serve"],
      env: { LEVEL: "debug" },
      secrets: { KEY: "shop-session/key.pem" },
      cpu: 512,
      memory: 1024,
      sidecars: { proxy: { image: "proxy@sha256:0", env: { PORT: "1" } } },
    });
    await settled();
    const { pod, container } = deployment("version");
    expect(container).toMatchObject({
      command: ["serve"],
      env: [
        { name: "LEVEL", value: "debug" },
        { name: "KEY", valueFrom: { secretKeyRef: { name: "shop-session", key: "key.pem" } } },
      ],
      resources: { requests: { cpu: "500m", memory: "1024Mi" }, limits: { memory: "1024Mi" } },
    });
    expect(pod.initContainers).toMatchObject([
      { name: "proxy", image: "proxy@sha256:0", env: [{ name: "PORT", value: "1" }], restartPolicy: "Always" },
    ]);
  });

  test("is what Pod Security's restricted level takes, sidecars too, and gets no token", async () => {
    new KubernetesEnvironment("restricted", { ...environment, sidecars: { proxy: { image: "proxy@sha256:0" } } });
    await settled();
    const { pod } = deployment("restricted");
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      serviceAccountName: "restricted-1a2b3c4d",
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    });
    for (const { securityContext } of [...pod.containers, ...(pod.initContainers ?? [])])
      expect(securityContext).toEqual({ allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } });
    expect(find("kubernetes:core/v1:ServiceAccount").inputs.automountServiceAccountToken).toBe(false);
  });

  test("is spread over zones and nodes, each revision by itself, and never waits for a place", async () => {
    new KubernetesEnvironment("spread", environment);
    await settled();
    const common = {
      maxSkew: 1,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: { "app.kubernetes.io/name": "spread" } },
      matchLabelKeys: ["pod-template-hash"],
    };
    expect(deployment("spread").pod).toMatchObject({
      topologySpreadConstraints: [
        { ...common, topologyKey: "topology.kubernetes.io/zone" },
        { ...common, topologyKey: "kubernetes.io/hostname" },
      ],
    });
  });

  test("takes a ServiceAccount that is there", async () => {
    new KubernetesEnvironment("account", { ...environment, serviceAccountName: "theirs" });
    await settled();
    expect(deployment("account").pod).toMatchObject({ serviceAccountName: "theirs" });
    expect(asked.filter((r) => r.type === "kubernetes:core/v1:ServiceAccount")).toEqual([]);
  });

  test("with scaling leaves the number to the autoscaler, also where it was written before", async () => {
    const { optionsOf } = await withOptions("scaled", { ...environment, scaling: { min: 2, max: 8 } });
    expect(deployment("scaled").spec).not.toHaveProperty("replicas");
    expect(optionsOf(DEPLOYMENT).ignoreChanges).toEqual(["spec.replicas"]);
    expect(find(AUTOSCALER).inputs.spec).toEqual({
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "scaled-1a2b3c4d" },
      minReplicas: 2,
      maxReplicas: 8,
      metrics: [
        { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 60 } } },
      ],
    });
    const { optionsOf: ofFixed } = await withOptions("fixed", environment);
    expect(ofFixed(DEPLOYMENT)).not.toHaveProperty("ignoreChanges");
  });

  test.each([
    ["one replica", { replicas: 1 }, 0],
    ["two replicas", { replicas: 2 }, 1],
    ["one at least", { scaling: { min: 1, max: 4 } }, 0],
    ["two at least", { scaling: { min: 2, max: 4 } }, 1],
  ])("with %s: a budget that would let all go is not made", async (_, size, budgets) => {
    new KubernetesEnvironment("budget", { ...environment, ...size });
    await settled();
    expect(asked.filter((r) => r.type === BUDGET)).toHaveLength(budgets);
  });

  test("behind a Gateway is a backend with its pods, and has nothing on AWS", async () => {
    const { made } = await withOptions("backend", environment);
    expect(asked.filter((r) => r.type.startsWith("aws:"))).toEqual([]);
    expect(made.backend).toMatchObject({ port: 80, namespace: "shop", ready: [made.deployment] });
    expect(() => made.target).toThrow(/no target group.*give it `alb`, or send requests to its `backend`/);
  });
});

describe("an environment on Kubernetes behind a balancer", () => {
  test("is made in its order on the wire: no pod before the binding and the preview rule", async () => {
    const { made, optionsOf, children } = await withOptions("order", { ...environment, alb });
    const at = (type: string) => asked.findIndex((r) => r.type === type);
    expect(at(RULE)).toBeGreaterThan(at(GROUP));
    expect(at(BINDING)).toBeGreaterThan(Math.max(at(SERVICE), at(GROUP)));
    expect(at(DEPLOYMENT)).toBeGreaterThan(Math.max(at(BINDING), at(RULE)));
    const { service } = made;
    const before = [service, children[RULE]?.resource, children[BINDING]?.resource];
    expect(optionsOf(DEPLOYMENT).dependsOn).toEqual(before);
    expect(made.target.ready).toEqual([made.deployment]);
  });

  test("binds its Service's pods to its group, for the balancer only", async () => {
    const { optionsOf } = await withOptions("bound", { ...environment, port: 9090, alb });
    expect(find(BINDING).inputs).toEqual({
      apiVersion: "elbv2.k8s.aws/v1beta1",
      kind: "TargetGroupBinding",
      metadata: expect.objectContaining({ namespace: "shop" }),
      spec: {
        serviceRef: { name: "bound-1a2b3c4d", port: 80 },
        targetGroupARN: "arn:aws:test:bound",
        targetType: "ip",
        networking: {
          ingress: [{ from: [{ securityGroup: { groupID: "sg-edge" } }], ports: [{ protocol: "TCP", port: 9090 }] }],
        },
      },
    });
    expect(optionsOf(BINDING).replaceOnChanges).toEqual(["spec.targetGroupARN", "spec.targetType"]);
    expect(find(SERVICE).inputs.metadata).toMatchObject({ annotations: { "pulumi.com/skipAwait": "true" } });
    expect(find(GROUP).inputs).toMatchObject({ targetType: "ip", vpcId: "vpc-1", port: 9090, deregistrationDelay: 60 });
  });

  test("is reached by its preview header, with the secret where one is set", async () => {
    new KubernetesEnvironment("preview", { ...environment, alb: { ...alb, previewSecret: "open-sesame" } });
    await settled();
    expect(find(RULE, "preview-preview").inputs).toMatchObject({
      priority: 2,
      conditions: [
        { hostHeader: { values: ["shop.example.com"] } },
        { httpHeader: { httpHeaderName: "x-crossfade", values: ["green-open-sesame"] } },
      ],
    });
  });
});

test("children take the caller's providers and its transformations", async () => {
  const ofKubernetes = new k8s.Provider("their-cluster", { kubeconfig: "{}" });
  const ofAws = new aws.Provider("their-account", { region: "eu-test-1" });
  const label = ({ type, props, opts }: ResourceTransformationArgs) => {
    if (type !== SERVICE) return undefined;
    return { props: { ...props, metadata: { ...props.metadata, annotations: { team: "shop" } } }, opts };
  };
  const options = { providers: [ofKubernetes, ofAws], transformations: [label] };
  new KubernetesEnvironment("theirs", { ...environment, scaling: { min: 2, max: 4 }, alb }, options);
  await settled();
  const children = asked.filter(({ type }) => /^(aws|kubernetes):/.test(type));
  expect(children).toHaveLength(8);
  for (const { type, provider } of children) {
    const expected = type.startsWith("aws:") ? "their-account" : "their-cluster";
    expect([type, provider]).toEqual([type, expect.stringContaining(`::${expected}::`)]);
  }
  expect(find(SERVICE).inputs.metadata).toMatchObject({ annotations: { team: "shop" } });
});

describe("an environment on Kubernetes is refused", () => {
  const scaling = { min: 2, max: 4 };
  test.each<[string, Partial<KubernetesEnvironmentArgs>, string, RegExp]>([
    ["replicas beside scaling", { replicas: 2, scaling }, "replicas", /the autoscaler's.*give one of the two/],
    ["a floor above its ceiling", { scaling: { min: 5, max: 4 } }, "scaling.min", /at most max/],
    ["no drain", { drain: 0 }, "drain", /a drain of at least 1 s/],
    ["no namespace", { namespace: "" }, "namespace", /no name of a namespace/],
    ["a namespace in capitals", { namespace: "Shop" }, "namespace", /lower-case letters/],
    ["an unknown protocol", { protocol: "HTTP3" }, "protocol", /none of HTTP1, HTTP2, GRPC/],
    ["a secret of AWS", { secrets: { KEY: "arn:aws:ssm:eu:1:parameter/key" } }, "secrets.KEY", /"secret-name\/key"/],
    ["a Secret without a key", { secrets: { KEY: "shop-session" } }, "secrets.KEY", /names no key of a Secret/],
    [
      "a container that ends its pod",
      { sidecars: { proxy: { image: "p", essential: true } } },
      "sidecars.proxy.essential",
      /Kubernetes starts the container again/,
    ],
  ])("for %s", (_, given, propertyPath, reason) => {
    const errors = [{ propertyPath, reason: expect.stringMatching(reason) }];
    const make = () => new KubernetesEnvironment("wrong", { ...environment, ...given });
    expect(make).toThrow(expect.objectContaining({ errors, message: expect.stringMatching(reason) }));
  });

  test("for a name that is no label, or leaves no room", () => {
    expect(() => new KubernetesEnvironment("Shop", environment)).toThrow(/"Shop" cannot be an environment's name/);
    expect(() => new KubernetesEnvironment("s".repeat(55), environment)).toThrow(/at most 54 characters/);
    const name = "a-name-of-twenty-five-chars";
    expect(() => new KubernetesEnvironment(name, { ...environment, alb })).toThrow(/at most 24 characters/);
    expect(() => new KubernetesEnvironment(name, environment)).not.toThrow();
  });

  test("with every error at once", () => {
    const wrong = { ...environment, namespace: "", replicas: 2, scaling, drain: 0 };
    expect(() => new KubernetesEnvironment("wrong", wrong)).toThrow(
      /\n {2}namespace: .*\n {2}replicas: .*\n {2}drain: /,
    );
  });
});
