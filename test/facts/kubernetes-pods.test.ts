import { expect, it } from "vitest";
import { rollingStep } from "../../local/dataplane/rolling";
import { toDesired } from "../../local/providers/to-desired";
import { AUTOSCALER, BINDING, DEPLOYMENT, SECRET } from "../../local/providers/types/kubernetes-objects";
import { type PodSettings, TestCluster } from "./cluster";
import { ask, states, until } from "./local-cloud";

// The quotes are of the Kubernetes documentation and its API reference.

const GROUP = "service/shop/shop";

/** What a manifest asks of the data plane. */
function desired(settings: PodSettings, more: (cluster: TestCluster) => unknown = () => {}) {
  const cluster = new TestCluster().deployment("shop", settings);
  more(cluster);
  const [deployment] = toDesired(cluster.records, { v1: { run: "server" } }).cluster.deployments;
  if (!deployment) throw new Error("no Deployment");
  return deployment;
}

const rolling = (maxUnavailable: unknown, maxSurge: unknown) => ({
  strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable, maxSurge } },
});

// "maxUnavailable … Absolute number is calculated from percentage by rounding down. This can not be 0 if MaxSurge is 0. Defaults
// to 25%." "maxSurge … Absolute number is calculated from percentage by rounding up. Defaults to 25%." (DeploymentSpec)
it.each([
  { replicas: 10, spec: {}, unavailable: 2, surge: 3 },
  { replicas: 1, spec: {}, unavailable: 0, surge: 1 },
  { replicas: 3, spec: rolling(0, "25%"), unavailable: 0, surge: 1 },
  { replicas: 4, spec: rolling(1, 2), unavailable: 1, surge: 2 },
  { replicas: 2, spec: rolling("25%", 0), unavailable: 1, surge: 0 },
  { replicas: 3, spec: { strategy: { type: "Recreate" } }, unavailable: 3, surge: 0 },
])("of $replicas with $spec at most $unavailable are unavailable, and $surge more", ({ replicas, spec, ...is }) => {
  const { maxUnavailable, maxSurge } = desired({ replicas, spec });
  expect({ unavailable: maxUnavailable, surge: maxSurge }).toEqual(is);
});

it("starts as many as the surge allows, and stops as many as may be unavailable", () => {
  const old = Array.from({ length: 4 }, () => ({ current: false, healthy: true }));
  const step = rollingStep({ count: 4, least: 3, most: 5 }, old);
  expect([step.start, step.stop.length]).toEqual([1, 1]);
});

// "The Pod's termination grace period countdown begins before the PreStop hook is executed." "If the preStop hook is still running
// after the grace period expires, the kubelet requests a small, one-off grace period extension of 2 seconds."
it.each([
  { grace: 90, preStop: 60, left: 30 },
  { grace: 30, preStop: 0, left: 30 },
  { grace: 10, preStop: 10, left: 2 },
])("with a grace period of $grace s, $left s are left after a preStop of $preStop s", ({ grace, preStop, left }) => {
  expect(desired({ grace, preStop }).pods.task.stopTimeout).toBe(left);
});

// "when an HPA is enabled, it is recommended that the value of spec.replicas of the Deployment … be removed from their manifest(s)."
it("asks for the autoscaler's minimum where the manifest says nothing", () => {
  const scaler = { scaleTargetRef: { kind: "Deployment", name: "shop" }, minReplicas: 3, maxReplicas: 9 };
  const { replicas } = desired({ spec: { replicas: undefined } }, (cluster) => cluster.put(AUTOSCALER, "shop", scaler));
  expect(replicas).toBe(3);
});

it("gives a container what its Secret holds, and none where that is not there: CreateContainerConfigError", () => {
  const env = [{ name: "TOKEN", valueFrom: { secretKeyRef: { name: "shop", key: "token" } } }];
  expect(desired({ container: { env } }).pods.fault).toMatch(/^\[CreateContainerConfigError\] secret "shop"/);
  const { pods } = desired({ container: { env } }, ({ records }) => {
    const inputs = { data: { token: Buffer.from("abc").toString("base64") } };
    records.put({ type: SECRET, id: "shop/shop", inputs, outputs: inputs });
  });
  expect([pods.fault, pods.task.env.TOKEN]).toEqual([undefined, "abc"]);
});

// "At the same time as the kubelet is starting graceful shutdown of the Pod, the control plane evaluates whether to remove that
// shutting-down Pod from EndpointSlice objects"; ECS takes a task out of its group first, and signals it after its drain.
it("signals a pod while the balancers still have it, unless preStop waits", async () => {
  const cluster = new TestCluster(undefined, { adoptionDelay: [300, 300], controllerDelay: [300, 300] });
  const route = [{ backendRefs: [{ name: "shop", port: 80 }] }];
  await cluster.deployment("shop").service("shop").route(route).apply();
  await until(() => states(cluster.plane, GROUP).join() === "healthy");
  await cluster.remove(DEPLOYMENT, "shop").apply();
  await until(() => cluster.log.some((line) => line.includes("got SIGTERM")));
  expect(states(cluster.plane, GROUP)).toEqual(["healthy"]);
  await until(() => cluster.tasks.length === 2 && states(cluster.plane, GROUP).length === 0);

  await cluster.deployment("shop", { preStop: 1 }).apply();
  await until(() => states(cluster.plane, GROUP).join() === "healthy");
  await cluster.remove(DEPLOYMENT, "shop").apply();
  const asked = Date.now();
  await until(() => states(cluster.plane, GROUP).length === 0);
  expect(cluster.tasks).toHaveLength(2);
  await cluster.plane.gone("shop/shop");
  expect(Date.now() - asked).toBeGreaterThan(900);
  expect(cluster.tasks.slice(2)).toMatchObject([
    { what: "stopping", targetGroupArn: GROUP, why: "it is no longer asked for" },
    { what: "ended", why: "exited with code 0" },
  ]);
});

// "If the readiness probe fails, the EndpointSlice controller removes the Pod's IP address from the EndpointSlices of all Services
// that match the Pod."
it("takes a pod out whose readiness probe fails, and does not restart it", async () => {
  const cluster = new TestCluster();
  const route = [{ backendRefs: [{ name: "shop", port: 80 }] }];
  await cluster.deployment("shop").service("shop").route(route).apply();
  await until(() => states(cluster.plane, GROUP).join() === "healthy");
  const [target] = cluster.plane.targetHealth(GROUP);
  await ask(target?.id, "/health?status=500");
  await until(() => states(cluster.plane, GROUP).length === 0);
  await ask(target?.id, "/health?status=200");
  await until(() => cluster.plane.targetHealth(GROUP)[0]?.id === target?.id);
  expect(cluster.tasks).toEqual([]);
});

// "If the startup probe fails, the kubelet kills the container, and the container is subjected to its restart policy." "If the
// liveness probe fails, the kubelet kills the container". Assumption: another pod comes for it, which has another port.
it.each(["startupProbe", "livenessProbe"])("restarts what fails its %s", async (probe) => {
  const cluster = new TestCluster({ v1: { HEALTH: "500" } });
  const httpGet = { path: "/healthz", port: 8080 };
  const container = { [probe]: { httpGet, periodSeconds: 0.1, failureThreshold: 2 } };
  await cluster.deployment("shop", { probe: false, container }).apply();
  await until(() => cluster.log.filter((line) => line.includes("v1 listens")).length >= 2);
  expect(cluster.log.join()).toContain(`failed its ${probe.replace("Probe", " probe")}`);
});

// "the Deployment controller adds a DeploymentCondition … type: Progressing, status: "False", reason: ProgressDeadlineExceeded".
// What the provider says of the pods is of its checker (pulumi-kubernetes, provider/pkg/await/checker/pod/check.go).
it("says why a roll does not end, and leaves the old pods alone", async () => {
  const cluster = new TestCluster({ v1: {}, v2: { EXIT_WITH: "3" } });
  const spec = { progressDeadlineSeconds: 0.5 };
  await cluster.deployment("shop", { spec }).apply();
  expect(await cluster.rolledOut("shop")).toBeUndefined();
  await cluster.deployment("shop", { spec, image: "v2" }).apply();
  expect(await cluster.rolledOut("shop", 0.2)).toHaveLength(2);
  expect(await cluster.rolledOut("shop", 1)).toEqual([
    '[ProgressDeadlineExceeded] ReplicaSet "shop" has timed out progressing.',
    "Minimum number of Pods to consider the application live was not attained",
    '[Pod shop/shop]: containers with unready status: [service]container "service" exited with code 3',
  ]);
  await cluster.deployment("shop", { spec, image: "v3" }).apply();
  expect((await cluster.rolledOut("shop", 0.1))?.at(-1)).toContain("[ErrImagePull] no command stands for the image v3");
  expect(cluster.tasks.filter(({ what }) => what === "stopping")).toEqual([]);
});

// "the controller injects the config to the pod spec only during pod creation" where "There exists at least one target group binding
// that refers to the matching service" (AWS Load Balancer Controller, "Pod readiness gate"). The check of the balancer here never
// passes.
it.each([
  { namespace: "shop", bindingFirst: true, isReady: false },
  { namespace: "shop", bindingFirst: false, isReady: true },
  { namespace: "default", bindingFirst: true, isReady: true },
])("a pod in $namespace, made after the binding: $bindingFirst, is Ready at once: $isReady", async (given) => {
  const { namespace, bindingFirst, isReady } = given;
  const cluster = new TestCluster().service("shop", namespace).balancer("shop", { path: "/?status=500" });
  if (bindingFirst) cluster.binding("shop", namespace);
  await cluster.deployment("shop", {}, namespace).apply();
  if (!bindingFirst) {
    await until(() => cluster.log.some((line) => line.includes("v1 listens")));
    await cluster.binding("shop", namespace).apply();
  }
  await until(() => states(cluster.plane, "shop").join() === "unhealthy");
  expect((await cluster.rolledOut("shop", 0.3, namespace)) === undefined).toBe(isReady);

  // "Target Group Binding is deleted": its gates are opened (`updatePodAsHealthyForDeletedTGB` of the controller).
  await cluster.remove(BINDING, "shop", namespace).apply();
  expect(await cluster.rolledOut("shop", 5, namespace)).toBeUndefined();
});
