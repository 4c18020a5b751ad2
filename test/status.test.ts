import { describe, expect, test } from "vitest";
import { outlook } from "../cli/outlook";
import { routesNow } from "../cli/rollout-now";
import { nextEdits, troubles } from "../cli/status/route-words";
import type { EnvironmentStatus, RouteStatus, StackStatus } from "../cli/status/stack-status";
import { statusText } from "../cli/status/status-text";
import { inZones, type ZoneHealth } from "../cli/status/zone-health";
import { planOf } from "../policies/plan";
import type { LiveTarget } from "../traffic";
import { imageOf, NOW, type StackShape, stack } from "./crossfade-stack";

const WELL: ZoneHealth[] = ["eu-central-1a", "eu-central-1b"].map((zone) => ({
  zone,
  healthy: 2,
  all: 2,
  reasons: [],
}));

/** A stack that is as its state and its file have it, but for what a test says. */
function routeStatus(shape: StackShape, more: Partial<RouteStatus> = {}): RouteStatus {
  const resources = stack(shape);
  const [route] = routesNow(resources);
  if (!route) throw new Error("there is no route");
  const environments = route.colors.map((color): EnvironmentStatus => {
    const role = color === route.recorded.stable ? "stable" : "candidate";
    const [, digest = ""] = imageOf(color, shape).split("@");
    return { color, role, digests: [digest], rejected: undefined, zones: WELL, refresh: undefined };
  });
  const { stable, stage } = route.recorded;
  const rollout = outlook(planOf(resources, resources, NOW))[0]?.rollout;
  const known = {
    route,
    name: "shop",
    environments,
    asked: { stable, stage, inBatches: false },
    live: route.shares,
    rollout,
  };
  return { ...known, evidence: undefined, ...more };
}

const statusOf = (routes: RouteStatus[], more: Partial<StackStatus> = {}): StackStatus => ({
  stack: "prod",
  at: NOW,
  routes,
  unseen: [],
  ...more,
});

const text = (status: StackStatus, width = 80) => statusText(status, "policies", width);

test("a canary stage, at a terminal of 80 columns", () => {
  expect(text(statusOf([routeStatus({ stage: "canary-5", movedAgo: 240 })]))).toBe(`prod, 2026-11-21T12:00:00Z

shop  canary-5

                    version       deployed  live  healthy targets
  blue   stable     16477688c0e0      95 %  95 %  a 2, b 2
  green  candidate  ba4788b226aa       5 %   5 %  a 2, b 2

  held      4m, since 2026-11-21T11:56:00Z; 6m of its bake time left
  way back  to blue, open until 2026-11-21T13:07:30Z at least, and then while
            blue stands
  next      pulumi up -s prod --policy-pack policies -c crossfade:stage=canary-50
            green gets 50 %, from 2026-11-21T12:06:00Z on
  or        crossfade rollback prod
            all back to blue
`);
});

test("no line but a command is wider than the terminal", () => {
  const unseen = [
    "AWS did not answer DescribeRules for arn:aws:elasticloadbalancing:eu-central-1:1:rule/x: ECONNREFUSED. Its address was not reached",
  ];
  const live = { blue: 50, green: 50 };
  const update = { process: 4711, user: "ada", host: "build-7", since: NOW, isDead: false };
  const [zone] = WELL;
  const sick = zone && [{ ...zone, healthy: 1, reasons: ["Target.ResponseCodeMismatch"] }];
  const environments = routeStatus({ stage: "canary-5" }).environments.map((env) =>
    env.color === "green" ? { ...env, zones: sick } : env,
  );
  const status = statusOf(
    [
      routeStatus(
        { stage: "canary-5" },
        { live, environments, asked: { stable: "blue", stage: "canary-50", inBatches: false } },
      ),
    ],
    {
      unseen,
      update,
    },
  );
  for (const width of [80, 120]) {
    const lines = text(status, width).split("\n");
    expect(lines).toContain("  unhealthy in green: Target.ResponseCodeMismatch");
    const isCommand = (line: string) => /pulumi up|arn:/.test(line);
    expect(lines.filter((line) => line.length > width && !isCommand(line))).toEqual([]);
    expect(Math.max(...lines.map(({ length }) => length))).toBeGreaterThan(width - 25);
  }
});

describe("somebody should look at it", () => {
  test.each<[string, StackShape, Partial<RouteStatus>, RegExp]>([
    [
      "drift",
      { stage: "canary-5" },
      { live: { blue: 50, green: 50 } },
      /live are blue 50 %, green 50 %, and the state has/,
    ],
    [
      "a rollback that is not recorded",
      { stage: "canary-5" },
      { live: { blue: 100, green: 0 } },
      /crossfade rollback records/,
    ],
    [
      "a file that was not applied",
      { stage: "canary-5" },
      { asked: { stable: "blue", stage: "canary-50", inBatches: false } },
      /asks for stable blue, canary-50, and deployed is stable blue, canary-5/,
    ],
  ])("%s", (_, shape, more, found) => {
    expect(troubles(routeStatus(shape, more))).toEqual([expect.stringMatching(found)]);
  });

  test("nobody healthy, or a rejected version, where there is weight; and not where there is none", () => {
    const sick = (shape: StackShape) => {
      const one = routeStatus(shape);
      const rejected = { digest: "sha256:1", at: "2026-11-21T11:00:00Z", reason: "it was bad" };
      const zones = WELL.map((zone) => ({ ...zone, healthy: 0 }));
      const environments = one.environments.map((env) =>
        env.role === "candidate" ? { ...env, rejected, zones } : env,
      );
      return troubles({ ...one, environments });
    };
    expect(sick({})).toEqual([]);
    expect(sick({ stage: "canary-5" })).toEqual([
      "green was rejected at 2026-11-21T11:00:00Z (it was bad), and has 5 %",
      "green has 5 % and no healthy target",
    ]);
  });

  test("instances that are exchanged while no update waits for it", () => {
    const refresh = { id: "r", status: "InProgress", version: "4", percent: 25 };
    const one = routeStatus({});
    const rolled = { ...one, environments: one.environments.map((env) => ({ ...env, refresh })).slice(0, 1) };
    const update = { process: 4711, user: "ada", host: "build-7", since: NOW, isDead: false };
    const words = "InProgress at 25 %, to version 4 of the launch template";
    expect(text(statusOf([rolled]))).toContain(`  refresh   of blue's instances: ${words.slice(0, 30)}`);
    expect(troubles(rolled, update)).toEqual([]);
    for (const none of [undefined, { ...update, isDead: true }]) {
      expect(troubles(rolled, none)).toEqual([
        `blue's instances are being exchanged (${words}), and no update waits for it: pulumi up goes on with it, or takes it back where blue has the image of before`,
      ]);
    }
  });

  test("nothing, where all is as it must be", () => {
    for (const stage of ["idle", "canary-5", "full"]) expect(troubles(routeStatus({ stage }))).toEqual([]);
  });
});

describe("what is legal next", () => {
  const edits = (shape: StackShape, more: Partial<RouteStatus> = {}) =>
    nextEdits("prod", "policies", routeStatus(shape, more)).map(({ command }) =>
      command.replace("pulumi up -s prod --policy-pack policies ", "up "),
    );

  test.each<[string, StackShape, string[]]>([
    ["without a candidate", { tasks: { blue: 4 } }, ["up -c crossfade:green=registry/image@sha256:…"]],
    ["at idle", {}, ["up -c crossfade:stage=canary-5"]],
    ["at a stage", { stage: "canary-5" }, ["up -c crossfade:stage=canary-50", "crossfade rollback prod"]],
    ["at the last one", { stage: "canary-50" }, ["up -c crossfade:stage=full", "crossfade rollback prod"]],
    ["at full", { stage: "full" }, ["up -c crossfade:stable=green -c crossfade:stage=idle", "crossfade rollback prod"]],
  ])("%s", (_, shape, commands) => {
    expect(edits(shape)).toEqual(commands);
  });

  test("of one environment that rolls, a version on its own color", () => {
    const one = routeStatus({ tasks: { blue: 4 } });
    const asked = { stable: "blue", stage: "idle", inBatches: true } as const;
    expect(nextEdits("prod", "policies", { ...one, asked })).toMatchObject([
      {
        command: expect.stringContaining("-c crossfade:blue=registry/image"),
        means: expect.stringContaining("batches"),
      },
    ]);
  });

  test("after a finish the version before can be returned to", () => {
    const one = routeStatus({ stable: "green" });
    const finished = { ...one, route: { ...one.route, older: "blue" as const } };
    expect(nextEdits("prod", "policies", finished)).toEqual([
      { command: "crossfade rollback prod", means: "all back to blue, the version before" },
    ]);
  });

  test("between stages the nearest lower one, and back; a rejected version gets no more", () => {
    const one = routeStatus({ stage: "canary-50" });
    const between = { ...one.route, stage: undefined, shares: { blue: 67, green: 33 } };
    expect(nextEdits("prod", "policies", { ...one, route: between }).map(({ command }) => command)).toEqual([
      "crossfade rollback prod",
      "pulumi up -s prod --policy-pack policies -c crossfade:stage=canary-5",
    ]);
    const rejected = { digest: "sha256:1", at: "2026-11-21T11:00:00Z", reason: "it was bad" };
    const environments = one.environments.map((env) => (env.role === "candidate" ? { ...env, rejected } : env));
    expect(edits({}, { environments })).toEqual(["up -c crossfade:green=registry/image@sha256:…"]);
  });
});

test("targets by zone, without those that are on their way out", () => {
  const target = (zone: string | undefined, state: LiveTarget["state"], reason?: string): LiveTarget => ({
    id: "10.0.0.1",
    port: 80,
    zone,
    state,
    reason,
  });
  const targets = [
    target("b", "healthy"),
    target("a", "unhealthy", "Target.Timeout"),
    target("a", "healthy"),
    target("b", "draining"),
  ];
  expect(inZones(targets)).toEqual([
    { zone: "a", healthy: 1, all: 2, reasons: ["Target.Timeout"] },
    { zone: "b", healthy: 1, all: 1, reasons: [] },
  ]);
  expect(inZones([target(undefined, "initial")])).toEqual([
    { zone: undefined, healthy: 0, all: 1, reasons: ["initial"] },
  ]);
});
