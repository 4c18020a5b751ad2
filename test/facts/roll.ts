import { expect } from "vitest";
import { type PodSettings, TestCluster } from "./cluster";
import { load, until } from "./local-cloud";

/** In milliseconds; the new version's is longer than it takes to be known to whoever splits requests, also on a busy machine. */
const images = { v1: { LISTEN_AFTER: "300" }, v2: { LISTEN_AFTER: "2000" } };

interface Protection extends Pick<PodSettings, "probe" | "preStop"> {
  /** Whether the namespace has the label by which readiness gates are injected. */
  gated?: boolean;
}

/** How many requests a roll from v1 to v2 loses under load, and what the others were answered. */
export async function roll(route: "alb" | "gateway", { gated = true, ...pods }: Protection) {
  const cluster = new TestCluster(images);
  const namespace = gated ? "shop" : "default";
  cluster.service("shop", namespace);
  // The balancer takes longer than the kubelet to find a pod healthy: its check lasts 0.3 s.
  if (route === "alb") cluster.balancer("shop", { path: "/?delay=300", interval: 0.3 }).binding("shop", namespace);
  else cluster.route([{ backendRefs: [{ name: "shop", port: 80 }] }]);
  await cluster.deployment("shop", pods, namespace).apply();
  expect(await cluster.rolledOut("shop", 20, namespace)).toBeUndefined();
  await until(() => cluster.plane.targetHealth(route === "alb" ? "shop" : "service/shop/shop")[0]?.state === "healthy");
  await cluster.plane.settled();

  const end = load(cluster.addresses);
  await cluster.deployment("shop", { image: "v2", ...pods }, namespace).apply();
  expect(await cluster.rolledOut("shop", 20, namespace)).toBeUndefined();
  await until(() => cluster.tasks.some(({ what }) => what === "ended"));
  await cluster.plane.settled();
  const { v1 = 0, v2 = 0, ...lost } = await end();
  expect(v1).toBeGreaterThan(0);
  return { v2, lost: Object.values(lost).reduce((a, b) => a + b, 0) };
}
