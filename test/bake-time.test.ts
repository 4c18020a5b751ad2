import { expect, test } from "vitest";
import { bakeTime } from "../policies/bake-time";
import { planBetween, STAGES, type StackShape, stack } from "./crossfade-stack";

function findings(before: StackShape, after: StackShape): string[] {
  return bakeTime.judge(planBetween(before, after)).map(({ what }) => what);
}

const early = expect.stringMatching(/^"shop" would leave "canary-5" after 9m 59s, and it must hold for 10m/);

test.each<[string, StackShape, StackShape, unknown[]]>([
  ["a stage left a second early", { stage: "canary-5", movedAgo: 599 }, { stage: "canary-50" }, [early]],
  ["a stage left in time", { stage: "canary-5", movedAgo: 600 }, { stage: "canary-50" }, []],
  ["a way back, at once", { stage: "canary-50", movedAgo: 1 }, { stage: "canary-5" }, []],
  ["all the way back, at once", { stage: "canary-5", movedAgo: 1 }, { stage: "idle" }, []],
  ["nothing moved", { stage: "canary-5", movedAgo: 1 }, { stage: "canary-5" }, []],
  ["idle, which has no bake", { movedAgo: 1 }, { stage: "canary-5" }, []],
  ["a tag in the middle of the stage", { stage: "canary-5", movedAgo: 600, touchedAgo: 3 }, { stage: "canary-50" }, []],
  [
    "a bake shortened in the same edit",
    { stage: "canary-5", movedAgo: 599 },
    { stage: "canary-50", stages: STAGES.map((s) => ({ ...s, bake: 0 })) },
    [early],
  ],
  [
    "a finish before full has held",
    { stage: "full", movedAgo: 5, stages: [...STAGES, { name: "full", weight: 100, bake: 60 }] },
    { stable: "green", stage: "idle", stages: [...STAGES, { name: "full", weight: 100, bake: 60 }] },
    [expect.stringMatching(/would leave "full" after 5s, and it must hold for 1m/)],
  ],
])("%s", (_, before, after, expected) => {
  expect(findings(before, after)).toEqual(expected);
});

test("without a clock the rule's last change counts, and without that nothing can be told", () => {
  const without = (drop: string[], before: StackShape) => {
    const plan = planBetween(before, { stage: "canary-50" });
    const prior = stack(before).map((r) => (drop.includes(r.type) ? { ...r, modified: undefined } : r));
    const known = prior.filter(({ type }) => type !== "pulumi:index:Stash");
    return bakeTime.judge({ ...plan, prior: known }).map(({ what }) => what);
  };
  expect(without([], { stage: "canary-5", touchedAgo: 600 })).toEqual([]);
  expect(without([], { stage: "canary-5", touchedAgo: 599 })).toEqual([early]);
  const rule = "aws:lb/listenerRule:ListenerRule";
  expect(without([rule], { stage: "canary-5" })).toEqual([expect.stringContaining("cannot be told")]);
});

test("a clock that another stage's weights were written to is not believed", () => {
  const prior = stack({ stage: "canary-5", movedAgo: 4000, touchedAgo: 10 });
  const stale = prior.map((r) =>
    r.type === "pulumi:index:Stash" ? { ...r, inputs: { input: { shares: { blue: 100 }, sticky: false } } } : r,
  );
  const plan = { ...planBetween({ stage: "canary-5" }, { stage: "canary-50" }), prior: stale };
  expect(bakeTime.judge(plan)).toHaveLength(1);
});
