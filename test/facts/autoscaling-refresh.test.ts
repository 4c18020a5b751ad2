import { expect, it } from "vitest";
import type { DesiredRefresh, DesiredScalingGroup } from "../../local/dataplane";
import { ask, desire, forwardTo, group, load, service, startDataPlane, states, until } from "./local-cloud";

// The quotes are of pages of https://docs.aws.amazon.com/autoscaling/ec2/userguide/

const { task } = service("shop");
const machine = (version: string) => ({ ...task, revision: version, env: { VERSION: version } });

const scaling = (change: Partial<DesiredScalingGroup> = {}): DesiredScalingGroup => ({
  arn: "asg",
  size: 4,
  targetGroupArns: ["shop"],
  template: machine("v1"),
  asksBalancer: true,
  gracePeriod: 60,
  bounds: { minHealthy: 100, maxHealthy: 200 },
  terminatingWait: 0,
  ...change,
});
const refresh = (change: Partial<DesiredRefresh> = {}): DesiredRefresh => ({
  id: "r1",
  template: machine("v2"),
  isRollback: false,
  bounds: { minHealthy: 100, maxHealthy: 200 },
  checkpoints: [100],
  checkpointDelay: 0,
  warmup: 0,
  ...change,
});

function start(drain = 1, terminatingWait = 0.3) {
  const { plane } = startDataPlane({ adoptionDelay: [0, 200] });
  const rules = [forwardTo({ shop: 1 })];
  const apply = (change: Partial<DesiredScalingGroup> = {}) =>
    plane.apply({
      ...desire(rules, [], { groups: [group("shop", { deregistrationDelay: drain })] }),
      scalingGroups: [scaling({ terminatingWait, ...change })],
    });
  const full = () => until(() => plane.scalingGroup("asg")?.isFull === true);
  const machines = () => plane.scalingGroup("asg")?.machines ?? [];
  return {
    plane,
    apply,
    full,
    machines,
    count: (version: string) => machines().filter((m) => m.revision === version).length,
  };
}

/** Follows a refresh under load: who answered, and the fewest healthy and the most instances on the way. */
async function refreshed(
  world: ReturnType<typeof start>,
  change: Partial<DesiredRefresh>,
  ofGroup: Partial<DesiredScalingGroup> = {},
) {
  await world.apply(ofGroup);
  await world.full();
  const end = load(world.plane.addresses("alb", 80));
  const seen: { fresh: number; healthy: number; all: number; at: number }[] = [];
  await world.apply({ ...ofGroup, refresh: refresh(change) });
  await until(() => {
    const healthy = states(world.plane, "shop").filter((state) => state === "healthy").length;
    seen.push({ fresh: world.count("v2"), healthy, all: world.machines().length, at: Date.now() });
    return world.plane.scalingGroup("asg")?.progress?.isDone === true;
  });
  return { seen, answers: await end() };
}

// "these checkpoints indicate the minimum percentage of instances in the Auto Scaling group that must be new instances before the
// checkpoint is considered reached" (asg-adding-checkpoints-instance-refresh). "Launch before terminating – A new instance must be
// provisioned first before an existing instance can be terminated" (instance-maintenance-policy-overview-and-considerations).
it("a refresh stops at its checkpoints, never has too few in service, and loses nothing", async () => {
  const world = start();
  const { seen, answers } = await refreshed(world, { checkpoints: [25, 50, 100], checkpointDelay: 1 });
  expect(Object.keys(answers).sort()).toEqual(["v1", "v2"]);
  expect(Math.min(...seen.map(({ healthy }) => healthy))).toBeGreaterThanOrEqual(4);
  expect(Math.max(...seen.map(({ all }) => all))).toBeLessThanOrEqual(8);
  for (const stop of [1, 2]) {
    const times = seen.filter(({ fresh }) => fresh === stop).map(({ at }) => at);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThanOrEqual(900);
  }
  expect(seen.map(({ fresh }) => fresh)).not.toContain(3);
  expect(world.count("v1")).toBe(0);
});

// The controls: without the bounds, or the drain, what is said above does not hold.
it("without instances that must stay in service requests are lost", async () => {
  const { answers } = await refreshed(start(), { bounds: { minHealthy: 0, maxHealthy: 100 } });
  expect(answers).toHaveProperty("503");
});

/** One that takes its time until it listens. */
const slow = { ...machine("v2"), env: { VERSION: "v2", LISTEN_AFTER: "1500" } };

it("a version that is slow to start is waited for where the balancer's health checks are the group's", async () => {
  const { answers } = await refreshed(start(), { template: slow });
  expect(Object.keys(answers).sort()).toEqual(["v1", "v2"]);
});

// "By default, … an Auto Scaling group uses EC2 status checks only" (ec2-auto-scaling-health-checks): a machine that runs is enough.
it("without the balancer's health checks it is not, and requests are lost", async () => {
  const { answers } = await refreshed(start(), { template: slow }, { asksBalancer: false });
  expect(Object.keys(answers).filter((what) => what !== "v1" && what !== "v2")).not.toEqual([]);
});

it("without a drain and a lifecycle hook requests under way are cut", async () => {
  const world = start(0, 0);
  await world.apply();
  await world.full();
  const [address] = world.plane.addresses("alb", 80);
  const long = Array.from({ length: 8 }, () => ask(address, "/?delay=60000"));
  await world.apply({ refresh: refresh() });
  const answers = await Promise.all(long);
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(502));
});

// "Instances … are replaced" by a refresh only: a new version of the launch template is for new instances
// (ec2-auto-scaling-group-replacing-instances).
it("a new template replaces no instance, and is what the next one is", async () => {
  const world = start();
  await world.apply();
  await world.full();
  await world.apply({ template: machine("v2"), size: 5 });
  await until(() => world.machines().filter(({ inService }) => inService).length === 5);
  expect([world.count("v1"), world.count("v2")]).toEqual([4, 1]);
});

// "The new instances match the configuration that you last saved on the Auto Scaling group before starting the instance refresh"
// (instance-refresh-rollback).
it("a rollback brings back what was saved, and stops nowhere", async () => {
  const world = start();
  await world.apply();
  await world.full();
  const asked = { checkpoints: [50, 100], checkpointDelay: 600 };
  await world.apply({ refresh: refresh(asked) });
  await until(() => world.count("v2") === 2 && world.count("v1") === 2);
  await world.apply({ refresh: refresh({ template: machine("v1"), isRollback: true, checkpoints: [100] }) });
  await until(() => world.plane.scalingGroup("asg")?.progress?.isDone === true);
  expect([world.count("v1"), world.count("v2")]).toEqual([4, 0]);
});

/** Replaces the first of two for its health, and gives how many others were in service when it went. */
async function inServiceBesides(minHealthy: number): Promise<number> {
  const world = start();
  const change = { size: 2, bounds: { minHealthy, maxHealthy: 200 } };
  await world.apply(change);
  await world.full();
  const [first] = world.machines().map(({ id }) => id);
  await fetch(`http://${first}/health?status=500`);
  await world.apply({ ...change, gracePeriod: 0 });
  let others = Number.NaN;
  await until(() => {
    const now = world.machines();
    others = now.filter(({ id, inService }) => inService && id !== first).length;
    return now.every(({ id }) => id !== first);
  });
  await world.full();
  expect(world.machines()).toHaveLength(2);
  return others;
}

// "With an instance maintenance policy, you can make sure that Amazon EC2 Auto Scaling first launches a new instance and then waits for
// it to be fully ready before terminating the unhealthy instance" (ec2-auto-scaling-instance-maintenance-policy). "By default, Amazon EC2
// Auto Scaling creates a new scaling activity for terminating the unhealthy instance and then terminates it" (replace-unhealthy-instance).
it.each([
  { minHealthy: 100, others: 2, when: "when another one is in service, where all must stay so" },
  { minHealthy: 0, others: 1, when: "before another one is there, where none must" },
])("an instance that the balancer finds unhealthy goes $when", async ({ minHealthy, others }) => {
  expect(await inServiceBesides(minHealthy)).toBe(others);
});
