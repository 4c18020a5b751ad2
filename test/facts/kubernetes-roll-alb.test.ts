import { expect, it } from "vitest";
import { roll } from "./roll";

// What keeps a roll of a Deployment behind a balancer from losing requests, and that each of these does: without it some are lost.

// "The pod readiness gate is needed under certain circumstances to achieve full zero downtime rolling deployments." "The condition
// status on a pod will be set to `True` only when the corresponding target … shows a health state of »Healthy«." (AWS Load
// Balancer Controller, "Pod readiness gate"). For a roll it says all that a probe does, and later.
it.each([
  { means: "a readiness probe, a gate and preStop", pods: { preStop: 1 } },
  { means: "a gate and preStop", pods: { probe: false, preStop: 1 } },
])("loses nothing with $means", async ({ pods }) => {
  const { lost, v2 } = await roll("alb", pods);
  expect(lost).toBe(0);
  expect(v2).toBeGreaterThan(0);
});

// "At some point during this rolling update, the target group might only have registered targets that are in »Initial« or
// »Draining« state; this results in service outage".
it.each([
  { without: "preStop", pods: {} },
  { without: "a gate", pods: { preStop: 1, gated: false } },
])("loses requests without $without", async ({ pods }) => {
  expect((await roll("alb", pods)).lost).toBeGreaterThan(0);
});
