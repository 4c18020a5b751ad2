import { expect, it } from "vitest";
import { roll } from "./roll";

// What keeps a roll of a Deployment behind a Gateway from losing requests, and that each of these does: without it some are lost.

// "the control plane evaluates whether to remove that shutting-down Pod from EndpointSlice objects" "at the same time as the kubelet
// is starting graceful shutdown" (Kubernetes docs, "Pod Lifecycle", Termination of Pods): a sleep before SIGTERM is what lets a pod
// answer until all have heard of it. "The kubelet uses readiness probes to know when a container is ready to start accepting traffic."
it("loses nothing with a readiness probe and preStop", async () => {
  const { lost, v2 } = await roll("gateway", { preStop: 1 });
  expect(lost).toBe(0);
  expect(v2).toBeGreaterThan(0);
});

it.each([
  { without: "preStop", pods: {} },
  { without: "a probe", pods: { probe: false, preStop: 1 } },
])("loses requests without $without", async ({ pods }) => {
  expect((await roll("gateway", pods)).lost).toBeGreaterThan(0);
});
