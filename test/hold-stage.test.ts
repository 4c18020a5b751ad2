import { expect, test } from "vitest";
import { holdStage, type Judging } from "../cli/promote/hold-stage";
import { weightsWatch } from "../cli/promote/weights-watch";
import { AwsCallError } from "../live/asked";
import type { Shares } from "../traffic";

const silent = { at: () => {}, event: () => {}, status: () => {}, end: () => {} };
const scene = () => ({ progress: silent, signal: new AbortController().signal });
const stage = (bake: number) => ({ name: "canary-5", weight: 5, bake });
const stays = async () => false;
const moves = async () => true;

/** As CloudWatch, which has nothing to tell for minutes: so long is it from one judgement to the next. */
const slow: Judging = {
  source: { name: "CloudWatch", blockSeconds: 60, settleSeconds: 180, blocks: async () => [] },
  metrics: [{ name: "errors", kind: "errors", clientErrors: "good", tolerance: 0.01, alpha: 0.005, burst: 1 }],
  deadline: 1800,
  unanswered: 0,
};

test("a stage is held for its bake time while nobody moves its weights", async () => {
  const began = Date.now();
  expect(await holdStage(scene(), stage(2), new Date(began), undefined, stays)).toEqual({ result: "held" });
  expect(Date.now() - began).toBeGreaterThanOrEqual(2000);
});

test.each([
  ["by the clock alone", undefined],
  ["between two judgements", slow],
])("weights that somebody moves end the hold at once, %s", async (_, judging) => {
  const began = Date.now();
  expect(await holdStage(scene(), stage(600), new Date(began), judging, moves)).toEqual({ result: "moved" });
  expect(Date.now() - began).toBeLessThan(10_000);
});

const DEPLOYED: Shares = { blue: 95, green: 5 };

/** What a watch says each second, and after how many it has asked. */
async function watched(read: () => Promise<Shares | undefined>, seconds: number) {
  let second = 0;
  const calls: number[] = [];
  const counted = async () => {
    calls.push(second);
    return read();
  };
  const hasMoved = weightsWatch(counted, DEPLOYED, () => second * 1000);
  const said: boolean[] = [];
  for (second = 1; second <= seconds; second++) said.push(await hasMoved());
  return { calls, hasMoved: said.includes(true) };
}

test.each<[string, () => Promise<Shares | undefined>, boolean]>([
  ["the deployed weights", async () => ({ blue: 95, green: 5 }), false],
  ["others", async () => ({ blue: 100, green: 0 }), true],
  ["a cloud that is not asked", async () => undefined, false],
  [
    "a call without an answer",
    () => Promise.reject(new AwsCallError("DescribeRules", "throttled", "Throttling", "too many calls")),
    false,
  ],
])("the live weights are looked at every ten seconds: %s", async (_, read, hasMoved) => {
  expect(await watched(read, 35)).toEqual({ calls: [10, 20, 30], hasMoved });
});

test("a mistake of ours is not hidden", async () => {
  await expect(watched(() => Promise.reject(new TypeError("no such property")), 10)).rejects.toThrow(TypeError);
});
