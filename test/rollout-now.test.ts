import { expect, test } from "vitest";
import { type RouteNow, routesNow } from "../cli/rollout-now";
import type { Resource } from "../traffic";
import { NOW, STAGES, type StackShape, stack } from "./crossfade-stack";

function now(shape: StackShape): RouteNow {
  const [route, ...others] = routesNow(stack(shape));
  expect(others).toEqual([]);
  if (!route) throw new Error("no route");
  return route;
}

test.each<[string, StackShape, Partial<RouteNow>, string | undefined]>([
  ["installed", { tasks: { blue: 4 } }, { candidate: "green", colors: ["blue"], shares: { blue: 100 } }, "idle"],
  ["the candidate is there", {}, { colors: ["blue", "green"], shares: { blue: 100, green: 0 } }, "idle"],
  ["at a canary stage", { stage: "canary-5" }, { shares: { blue: 95, green: 5 } }, "canary-5"],
  ["at full", { stage: "full" }, { shares: { blue: 0, green: 100 } }, "full"],
  ["finished", { stable: "green" }, { candidate: "blue", shares: { blue: 0, green: 100 } }, "idle"],
])("%s", (_, shape, expected, stage) => {
  const route = now(shape);
  expect(route).toMatchObject({ kind: "alb", ...expected });
  expect(route.stage?.name).toBe(stage);
});

test("the stage is what the weights say, whatever the components recorded", () => {
  const resources = stack({ stage: "canary-50" });
  const route = resources.find(({ type }) => type === "crossfade:index:WeightedAlbRoute");
  if (route) route.inputs.stage = "full"; // an update that failed before it came to the rule
  const [found] = routesNow(resources);
  expect(found).toMatchObject({ recorded: { stage: "full" }, stage: { name: "canary-50" }, shares: { green: 50 } });
});

test("weights of no stage are of none", () => {
  const route = now({ stage: "canary-7", stages: [{ name: "canary-7", weight: 7, bake: 0 }] });
  expect(route.stage?.name).toBe("canary-7");
  const resources = stack({ stage: "canary-7", stages: [{ name: "canary-7", weight: 7, bake: 0 }] });
  const component = resources.find(({ type }) => type === "crossfade:index:WeightedAlbRoute");
  if (component) component.inputs.stages = STAGES;
  expect(routesNow(resources)[0]).toMatchObject({ stage: undefined, shares: { green: 7 } });
});

test("since when, by the clock of the weights and not by a tag on the rule", () => {
  const { since } = now({ stage: "canary-5", movedAgo: 300, touchedAgo: 5 });
  expect(since).toEqual(new Date(NOW.getTime() - 300_000));
});

test("of two that were installed together the older one is that which carried first, whichever was made a moment before", () => {
  const older = (first: object, created: string) => {
    const clocked = stack().map((r) =>
      r.type === "pulumi:index:Stash" ? { ...r, created, outputs: { ...r.outputs, output: first } } : r,
    );
    const tasks = [taskDefinition("blue", "2026-11-01T10:00:01Z"), taskDefinition("green", "2026-11-01T10:00:00Z")];
    return routesNow([...clocked, ...tasks])[0]?.older;
  };
  expect(older({ shares: { blue: 100 }, sticky: false }, "2026-11-01T10:00:09Z")).toBe("blue");
  expect(older({ shares: { green: 100 }, sticky: false }, "2026-11-01T10:00:09Z")).toBe("green");
  // A version that came later is told by its age.
  expect(older({ shares: { blue: 100 }, sticky: false }, "2026-11-01T09:00:00Z")).toBe("green");
});

test("which version is the older one, once the weights have moved: two that were installed together have no order", () => {
  const resources = [...stack(), taskDefinition("blue", "2026-11-01"), taskDefinition("green", "2026-11-20")];
  expect(routesNow(resources)[0]?.older).toBe("blue");
  const untouched = resources.map((r) => (r.type === "pulumi:index:Stash" ? { ...r, created: r.modified } : r));
  expect(routesNow(untouched)[0]?.older).toBeUndefined();
});

/** The version of a color, and when it was made. */
function taskDefinition(color: string, created: string): Resource {
  const type = "aws:ecs/taskDefinition:TaskDefinition";
  const parent = `urn:pulumi:dev::shop::crossfade:index:FargateEnvironment::shop-${color}`;
  const urn = `urn:pulumi:dev::shop::${type}::shop-${color}`;
  return { urn, type, custom: true, inputs: {}, outputs: {}, parent, created };
}

test("what carries the weights, and the groups and balancer behind them", () => {
  const route = now({ stage: "canary-5" });
  expect(route.carriers).toEqual([
    expect.objectContaining({ type: "aws:lb/listenerRule:ListenerRule", id: "arn:shop" }),
  ]);
  expect(route.targetGroups).toEqual({ blue: "arn:blue", green: "arn:green" });
  expect(route.balancers).toEqual({ blue: "arn:lb", green: "arn:lb" });
});

test("a group of another stack is known by its ARN", () => {
  const [route] = routesNow(stack({}).filter(({ type }) => type !== "aws:lb/targetGroup:TargetGroup"));
  expect(route?.targetGroups).toEqual({ blue: "arn:blue", green: "arn:green" });
});

test("before the first update there is nothing", () => {
  expect(routesNow([])).toEqual([]);
});
