import { expect, test } from "vitest";
import { type Plan, planOf, planOfOne } from "../policies/plan";
import type { Finding } from "../policies/policy";
import { rejectedRelease } from "../policies/rejected-release";
import type { Resource } from "../traffic";
import { NOW, planBetween, type StackShape, stack } from "./crossfade-stack";

const judged = (plan: Plan) => rejectedRelease.judge(plan);
const refusals = (plan: Plan): Finding[] => judged(plan).filter(({ advisory }) => !advisory);
const advice = (plan: Plan): string[] => judged(plan).flatMap(({ advisory, what }) => (advisory ? what : []));

const REJECTED = { rejected: ["green"] };

test.each<[string, StackShape, StackShape]>([
  ["at its first stage", REJECTED, { stage: "canary-5", ...REJECTED }],
  ["by a config that does not know of it", REJECTED, { stage: "canary-5" }],
  ["as soon as it is listed", {}, { stage: "canary-5", ...REJECTED }],
  ["at the next stage", { stage: "canary-5", ...REJECTED }, { stage: "canary-50", ...REJECTED }],
  ["as the next stable", { stage: "full", ...REJECTED }, { stable: "green", ...REJECTED }],
  ["on another color", { rejected: ["bad"] }, { versions: { blue: "bad" }, rejected: ["bad"] }],
  ["as the earlier version", { stable: "blue", ...REJECTED }, { stable: "green", ...REJECTED }],
])("weight for a rejected version is refused: %s", (_, before, after) => {
  expect(refusals(planBetween(before, after))).toHaveLength(1);
});

test.each<[string, StackShape, StackShape]>([
  ["back from it", { stage: "canary-50" }, REJECTED],
  ["back from it to an earlier stage", { stage: "full", ...REJECTED }, { stage: "canary-5", ...REJECTED }],
  ["back to the version before it, after its finish", { stable: "green" }, { stable: "blue", ...REJECTED }],
  ["back to stable, whatever is said of that", { stage: "full", rejected: ["blue"] }, { rejected: ["blue"] }],
  ["a Git revert of its finish", { stable: "green", ...REJECTED }, { stage: "full", ...REJECTED }],
  [
    "another version in its place",
    { ...REJECTED, versions: { green: "v2" } },
    { ...REJECTED, versions: { green: "v2" }, stage: "canary-5" },
  ],
  ["it stays where it has no weight", REJECTED, REJECTED],
])("not refused: %s", (_, before, after) => {
  expect(refusals(planBetween(before, after))).toEqual([]);
});

test("the entry is taken out in an update of its own, which says so; from the next on it may have weight", () => {
  const taken = planBetween(REJECTED, {});
  expect(refusals(taken)).toEqual([]);
  expect(advice(taken)).toEqual([expect.stringMatching(/forgets the rejection of green's image/)]);
  expect(judged(planBetween({}, { stage: "canary-5" }))).toEqual([]);
});

test("a version that has weight when it is rejected is told on every run", () => {
  const told = advice(planBetween({ stage: "canary-5" }, { stage: "canary-5", ...REJECTED }));
  expect(told).toEqual([expect.stringMatching(/gives 5 % of the requests to green's image/)]);
});

test("an older commit is named as what it is", () => {
  const [found] = refusals(planBetween(REJECTED, { stage: "canary-5" }));
  expect(found?.what).toMatch(
    /would give 5 % .* rejected at 2026-11-20T12:00:00.000Z: it was bad\. .*a commit from before/,
  );
});

test("before its step the route is judged by the state alone", () => {
  const route = stack({ stage: "canary-5" }).find(
    ({ type }) => type === "crossfade:index:WeightedAlbRoute",
  ) as Resource;
  expect(rejectedRelease.judge(planOfOne(stack(REJECTED), route, NOW))).toHaveLength(1);
  expect(rejectedRelease.judge(planOfOne(stack({ ...REJECTED, versions: { green: "v2" } }), route, NOW))).toEqual([]);
});

test("of environments that are not ours the task definition says the image", () => {
  const bad = `sha256:${"b".repeat(64)}`;
  const withTask = (shape: StackShape): Resource[] =>
    stack(shape).flatMap((resource) => {
      if (resource.type === "crossfade:index:FargateEnvironment") return [];
      if (resource.type === "crossfade:index:Rollout") {
        const rejected = [{ digest: bad, at: NOW.toISOString(), reason: "it was bad" }];
        return [{ ...resource, inputs: { ...resource.inputs, rejected } }];
      }
      if (resource.type !== "aws:ecs/service:Service") return [resource];
      const arn = resource.inputs.taskDefinition;
      const image = `shop@${String(arn).includes("green") ? bad : `sha256:${"a".repeat(64)}`}`;
      const properties = { containerDefinitions: JSON.stringify([{ name: "service", image }]), arn };
      const type = "aws:ecs/taskDefinition:TaskDefinition";
      return [resource, { urn: `${resource.urn}-task`, type, custom: true, inputs: properties, outputs: properties }];
    });
  expect(refusals(planOf(withTask({}), withTask({ stage: "canary-5" }), NOW))).toHaveLength(1);
  expect(refusals(planOf(withTask({ stage: "canary-5" }), withTask({}), NOW))).toEqual([]);
});
