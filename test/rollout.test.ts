import fc from "fast-check";
import { expect, test } from "vitest";
import {
  DEFAULT_STAGES,
  desiredShares,
  keepsClients,
  type RolloutPlan,
  type Stage,
  stageProblems,
  stageStatus,
  wholeWay,
} from "../traffic";

const plan = (stage: string, stable: RolloutPlan["stable"] = "blue"): RolloutPlan => ({
  stable,
  stage,
  stages: wholeWay(DEFAULT_STAGES),
});

test("the whole way begins at idle and ends at full", () => {
  expect(wholeWay(DEFAULT_STAGES).map(({ name, weight }) => [name, weight])).toEqual([
    ["idle", 0],
    ["canary-5", 5],
    ["canary-25", 25],
    ["canary-50", 50],
    ["full", 100],
  ]);
});

test("a listed full keeps its bake time", () => {
  const full: Stage = { name: "full", weight: 100, bake: 3600 };
  expect(wholeWay([{ name: "canary-10", weight: 10, bake: 60 }, full]).at(-1)).toEqual(full);
});

test.each([
  ["idle", "blue", { blue: 100, green: 0 }],
  ["canary-25", "blue", { blue: 75, green: 25 }],
  ["canary-25", "green", { blue: 25, green: 75 }],
  ["full", "blue", { blue: 0, green: 100 }],
] as const)("at %s with stable %s the shares are %o", (stage, stable, shares) => {
  expect(desiredShares(plan(stage, stable))).toEqual(shares);
});

test.each([
  ["idle", false],
  ["canary-5", true],
  ["canary-50", true],
  ["full", false],
])("at %s clients are kept: %s", (stage, kept) => {
  expect(keepsClients(plan(stage))).toBe(kept);
});

test("stages before the current one are passed, those after it ahead", () => {
  const at = plan("canary-25");
  expect(at.stages.map((stage) => stageStatus(at, stage))).toEqual(["passed", "passed", "current", "ahead", "ahead"]);
});

test.each<[string, Stage[], number, string]>([
  ["falling weights", [stage("a", 5), stage("b", 4)], 1, "weight"],
  ["equal weights", [stage("a", 5), stage("b", 5)], 1, "weight"],
  ["a name twice", [stage("a", 5), stage("a", 6)], 1, "name"],
  ["idle among them", [stage("idle", 5)], 0, "name"],
  ["full before the end", [stage("full", 100), stage("a", 101)], 0, "name"],
])("%s are a problem with its place", (_, stages, index, field) => {
  expect(stageProblems(stages)).toEqual([expect.objectContaining({ index, field })]);
});

test("on every way of rising weights the shares sum to 100 and the way has no problem", () => {
  const weights = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(weights, fc.constantFrom("blue", "green"), (unsorted, stable) => {
      const stages = unsorted.sort((a, b) => a - b).map((weight) => stage(`canary-${weight}`, weight));
      expect(stageProblems(stages)).toEqual([]);
      for (const { name, weight } of wholeWay(stages)) {
        const shares = desiredShares({ stable, stage: name, stages: wholeWay(stages) });
        expect(shares.blue + shares.green).toBe(100);
        expect(shares[stable]).toBe(100 - weight);
      }
    }),
  );
});

function stage(name: string, weight: number): Stage {
  return { name, weight, bake: 0 };
}
