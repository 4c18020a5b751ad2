import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { DesiredService } from "../../local/dataplane";
import { percentLimits, rollingStep } from "../../local/dataplane/rolling";
import { ask, desire, forwardTo, load, onlyTarget, service, startDataPlane, states, until } from "./local-cloud";

// The quotes are of https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html where no other page is
// named.

const rules = [forwardTo({ shop: 1 })];
const shop = (version: string, change: Partial<DesiredService> = {}) => service("shop", { VERSION: version }, change);

const running = (old: number, fresh: number, healthyFresh = fresh) => [
  ...Array.from({ length: old }, () => ({ current: false, healthy: true })),
  ...Array.from({ length: fresh }, (_, i) => ({ current: true, healthy: i < healthyFresh })),
];

// "if the minimum healthy percent is 50 and the desired task count is four, then the scheduler can stop two existing tasks before
// starting two new tasks. Likewise, if the minimum healthy percent is 75% and the desired task count is two, then the scheduler
// can't stop any tasks" "if the maximum percent is 200 and the desired task count is four then the scheduler can start four new
// tasks before stopping four existing tasks. Likewise, if the maximum percent is 125 and the desired task count is three, the
// scheduler can't start any tasks"
it.each([
  { count: 4, least: 50, most: 100, tasks: running(4, 0), start: 0, stop: 2 },
  { count: 4, least: 50, most: 100, tasks: running(2, 0), start: 2, stop: 0 },
  { count: 2, least: 75, most: 100, tasks: running(2, 0), start: 0, stop: 0 },
  { count: 4, least: 100, most: 200, tasks: running(4, 0), start: 4, stop: 0 },
  { count: 4, least: 100, most: 200, tasks: running(4, 4, 1), start: 0, stop: 1 },
  { count: 4, least: 100, most: 200, tasks: running(4, 4), start: 0, stop: 4 },
  { count: 3, least: 100, most: 125, tasks: running(3, 0), start: 0, stop: 0 },
  { count: 2, least: 0, most: 100, tasks: running(2, 0), start: 0, stop: 2 },
  { count: 1, least: 100, most: 200, tasks: running(0, 3), start: 0, stop: 2 },
  { count: 3, least: 100, most: 200, tasks: running(0, 1), start: 2, stop: 0 },
])("$least % to $most % of $count: starts $start, stops $stop", ({ count, least, most, tasks, start, stop }) => {
  const settings = { desiredCount: count, minimumHealthyPercent: least, maximumPercent: most };
  const step = rollingStep(percentLimits(settings), tasks);
  expect([step.start, step.stop.length]).toEqual([start, stop]);
});

// "The minimumHealthyPercent represents the lower limit on the number of tasks that should be running for a service during a
// deployment" "The maximumPercent represents the upper limit". Assumption: the deployment is COMPLETED only once the old tasks are
// stopped, drain and all.
it("replaces all tasks without a lost request, and keeps between the limits", async () => {
  const { plane } = startDataPlane({ adoptionDelay: [0, 300] });
  const of = (version: string) => desire(rules, [shop(version, { desiredCount: 2 })]);
  await plane.apply(of("v1"));
  expect(await plane.steady("shop")).toEqual({ ok: true });

  const end = load(plane.addresses("alb", 80));
  const healthy: number[] = [];
  const all: number[] = [];
  await plane.apply(of("v2"));
  const over = plane.steady("shop");
  await until(async () => {
    const now = states(plane, "shop").filter((state) => state !== "draining");
    healthy.push(now.filter((state) => state === "healthy").length);
    all.push(now.length);
    return Promise.race([over.then(() => true), new Promise<false>((resolve) => setTimeout(resolve, 10, false))]);
  });
  expect(await over).toEqual({ ok: true });
  expect(Math.min(...healthy)).toBeGreaterThanOrEqual(2);
  expect(Math.max(...all)).toBe(4);
  expect((await ask(plane.addresses("alb", 80)[0])).body).toBe("v2");
  const counts = await end();
  expect(Object.keys(counts).sort()).toEqual(["v1", "v2"]);
});

// The same page; a negative control for the load above: this setting must lose requests.
it("with 0 % to 100 %, stops the old tasks first and leaves a gap", async () => {
  const { plane } = startDataPlane();
  const of = (version: string) =>
    desire(rules, [shop(version, { desiredCount: 2, minimumHealthyPercent: 0, maximumPercent: 100 })]);
  await plane.apply(of("v1"));
  await plane.steady("shop");
  const end = load(plane.addresses("alb", 80));
  await plane.apply(of("v2"));
  await plane.steady("shop");
  const counts = await end();
  expect((counts["502"] ?? 0) + (counts["503"] ?? 0)).toBeGreaterThan(0);
});

// "DEACTIVATING: … for tasks that are part of a service that is configured to use multiple Elastic Load Balancing target groups, the
// target group deregistration occurs during this state." It comes before STOPPING. That a task is not stopped before its target is
// drained is seen on AWS, not stated there.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
it("scales out over the zones and in again, each task drained before it is stopped", async () => {
  const { plane, log } = startDataPlane();
  const of = (desiredCount: number) => desire(rules, [shop("v1", { desiredCount })]);
  await plane.apply(of(1));
  await plane.steady("shop");
  await plane.apply(of(4));
  await plane.steady("shop");
  const zones = plane.targetHealth("shop").map(({ zone }) => zone);
  expect(zones.sort()).toEqual(["local-a", "local-a", "local-b", "local-b"]);

  const end = load(plane.addresses("alb", 80));
  await plane.apply(of(1));
  await until(() => log.filter((line) => line.includes("got SIGTERM")).length === 3);
  expect(states(plane, "shop")).toEqual(["healthy"]);
  expect(Object.keys(await end())).toEqual(["v1"]);
});

// "This results in a SIGTERM value and a default 30-second timeout, after which the SIGKILL value is sent and the containers are
// forcibly stopped." https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html
it("sends SIGTERM, and SIGKILL when the stop time-out is over", async () => {
  const { plane, log } = startDataPlane();
  const deaf = service("shop", { IGNORE_SIGTERM: "1" });
  deaf.task.stopTimeout = 1;
  await plane.apply(desire(rules, [deaf]));
  await plane.steady("shop");
  const pid = Number(/pid (\d+)/.exec(log.join())?.[1]);

  await plane.apply(desire(rules, []));
  await until(() => log.some((line) => line.includes("got SIGTERM")));
  const asked = performance.now();
  expect(isRunning(pid)).toBe(true);
  await until(() => !isRunning(pid));
  expect(performance.now() - asked).toBeGreaterThan(800);
});

// "If one of your tasks fails or stops, the Amazon ECS service scheduler launches another instance of your task definition to
// replace it." https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html
it("replaces a task that dies", async () => {
  const { plane, log } = startDataPlane();
  await plane.apply(desire(rules, [shop("v1")]));
  await plane.steady("shop");
  const dead = onlyTarget(plane, "shop").id;
  process.kill(Number(/pid (\d+)/.exec(log.join())?.[1]), "SIGKILL");
  await until(() => {
    const [target, another] = plane.targetHealth("shop");
    return target?.state === "healthy" && target.id !== dead && !another;
  });
  expect(log).toContainEqual(expect.stringContaining("was ended by SIGKILL"));
});

// "healthCheckGracePeriodSeconds: The period of time, in seconds, that the Amazon ECS service scheduler ignores unhealthy Elastic
// Load Balancing … health checks after a task has first started." Default 0.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
it("replaces a task whose target is unhealthy, but not within the grace period", async () => {
  const { plane, log } = startDataPlane();
  const of = (healthCheckGracePeriod: number) => desire(rules, [shop("v1", { healthCheckGracePeriod })]);
  await plane.apply(of(60));
  await plane.steady("shop");
  const { id } = onlyTarget(plane, "shop");
  await ask(id, "/health?status=500");
  await until(() => states(plane, "shop").includes("unhealthy"));
  await sleep(500);
  expect(onlyTarget(plane, "shop").id).toBe(id);
  await plane.apply(of(0)); // "This parameter doesn't trigger a new service deployment." (API_UpdateService)
  await until(() => log.some((line) => line.includes("failed its health checks (Target.ResponseCodeMismatch)")));
});

// Assumption: AWS waits 40 s more before it counts such a task for the minimum; here a rollout would only take longer.
it("counts a task of a service without a balancer as healthy when it runs", async () => {
  const { plane } = startDataPlane();
  const { targetGroupArn: _, ...alone } = shop("v1");
  await plane.apply(desire([], [alone]));
  expect(await plane.steady("shop")).toEqual({ ok: true });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
