import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { ask, desire, forwardTo, group, onlyTarget, service, startDataPlane, until } from "./local-cloud";

// The quotes are of https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html where no other page
// is named.

const rules = [forwardTo({ shop: 1 })];
const good = (version: string) => service("shop", { VERSION: version });
const dies = () => service("shop", { EXIT_WITH: "7" });
const failures = (log: string[]) => log.filter((line) => line.includes("a task exited with code 7")).length;

// "The deployment circuit breaker has a minimum threshold of 3 and a maximum threshold of 200. and uses the values in the following
// formula to determine the deployment failure. 0.5 * desired task count"
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeploymentCircuitBreaker.html
// "If rollback is on, when a service deployment fails, the service is rolled back to the last deployment that completed
// successfully." https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentCircuitBreaker.html
it("puts the last completed deployment back after three failed tasks, and goes on with it", async () => {
  const { plane, log } = startDataPlane();
  await plane.apply(desire(rules, [good("v1")]));
  await plane.steady("shop");
  const { id } = onlyTarget(plane, "shop");

  await plane.apply(desire(rules, [dies()]));
  expect(await plane.steady("shop")).toEqual({
    ok: false,
    reason: expect.stringMatching(/^\(service shop\) .*circuit breaker: tasks failed to start: .*exited with code 7/),
    revision: good("v1").task.revision,
  });
  expect(failures(log)).toBe(3);
  expect(onlyTarget(plane, "shop").id).toBe(id); // the old task was never stopped
  const [node] = plane.addresses("alb", 80);
  expect((await ask(node)).body).toBe("v1");

  // The same again is no new deployment; another revision is one.
  await plane.apply(desire(rules, [dies()]));
  expect((await plane.steady("shop")).ok).toBe(false);
  expect(failures(log)).toBe(3);
  await plane.apply(desire(rules, [good("v3")]));
  expect(await plane.steady("shop")).toEqual({ ok: true });
  expect((await ask(node)).body).toBe("v3");
});

// "A deployment in a FAILED state doesn't launch any new tasks."
it("leaves the tasks stopped when no deployment was completed before", async () => {
  const { plane, log } = startDataPlane();
  await plane.apply(desire(rules, [dies()]));
  const outcome = await plane.steady("shop");
  expect(outcome).toEqual({ ok: false, reason: expect.stringContaining("exited with code 7") });
  await until(() => plane.targetHealth("shop").length === 0);
  await sleep(2000);
  expect(plane.targetHealth("shop")).toEqual([]);
  expect(failures(log)).toBe(3);
});

it("leaves the old tasks, and starts none, when it may not roll back", async () => {
  const { plane, log } = startDataPlane();
  const rollback = { circuitBreaker: { enable: true, rollback: false } };
  await plane.apply(desire(rules, [{ ...good("v1"), ...rollback }]));
  await plane.steady("shop");
  await plane.apply(desire(rules, [{ ...dies(), ...rollback }]));
  expect(await plane.steady("shop")).toEqual({ ok: false, reason: expect.any(String) });
  expect((await ask(plane.addresses("alb", 80)[0])).body).toBe("v1");
  expect(failures(log)).toBe(3);
});

// "When a health check fails for the task, the deployment circuit breaker increases the failure count by one."
it("counts a task that fails its health checks", async () => {
  const { plane } = startDataPlane();
  await plane.apply(desire(rules, [good("v1")]));
  await plane.steady("shop");
  const sick = service("shop", { HEALTH: "500" }, { healthCheckGracePeriod: 0 });
  await plane.apply(desire(rules, [sick], { groups: [group("shop", { deregistrationDelay: 0 })] }));
  expect(await plane.steady("shop")).toMatchObject({
    ok: false,
    reason: expect.stringContaining("failed its health checks"),
    revision: good("v1").task.revision,
  });
});

// "0.5 * desired task count"; the page's example for 25 tasks is "13 (the value is rounded up)".
it("needs half of the desired count, rounded up", async () => {
  const { plane, log } = startDataPlane();
  const oneMore = { desiredCount: 7, maximumPercent: 115 }; // so that one new task is started at a time
  await plane.apply(desire(rules, [{ ...good("v1"), ...oneMore }]));
  await plane.steady("shop");
  await plane.apply(desire(rules, [{ ...dies(), ...oneMore }]));
  expect((await plane.steady("shop")).ok).toBe(false);
  expect(failures(log)).toBe(4);
});

// "By default, when a service using the rolling update deployment type starts a new deployment, the service scheduler will launch
// new tasks until the desired count is reached." (deployment-type-ecs) "Amazon ECS does not ever stop a failing service from retrying"
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html
it("goes on trying where the breaker is off", async () => {
  const { plane, log } = startDataPlane();
  await plane.apply(desire(rules, [{ ...dies(), circuitBreaker: { enable: false, rollback: false } }]));
  await until(() => failures(log) > 3);
  const waiting = plane.steady("shop", AbortSignal.timeout(100));
  await expect(waiting).rejects.toThrow(/aborted/);
});

it("says which program cannot be started", async () => {
  const { plane } = startDataPlane();
  const missing = service("shop");
  missing.task.command = ["/no/such/program"];
  await plane.apply(desire(rules, [missing]));
  expect(await plane.steady("shop")).toMatchObject({ ok: false, reason: expect.stringContaining("/no/such/program") });
});
