import { expect, test } from "vitest";
import { holdTime } from "../policies/hold-time";
import { planOf } from "../policies/plan";
import type { Resource } from "../traffic";
import { NOW, planBetween, type StackShape, stack } from "./crossfade-stack";

function findings(before: StackShape, after: StackShape, settings?: unknown): string[] {
  return holdTime.judge(planBetween(before, after), settings).map(({ what, instead }) => `${what} ${instead}`);
}

/** Drain and settling time together. */
const HOLD = 30 + 60;
const gone: StackShape = { tasks: { blue: 4 } };

test.each<[string, StackShape, StackShape, RegExp[]]>([
  ["the candidate removed a second early", { movedAgo: HOLD - 1 }, gone, [/Wait 1s/, /Wait 1s/]],
  ["the candidate removed in time", { movedAgo: HOLD }, gone, []],
  ["the candidate scaled in early", { movedAgo: 20 }, { tasks: { blue: 4, green: 1 } }, [/be scaled in 20s after/]],
  ["the candidate scaled in in time", { movedAgo: HOLD }, { tasks: { blue: 4, green: 1 } }, []],
  ["the candidate scaled out", { movedAgo: 1 }, { tasks: { blue: 4, green: 9 } }, []],
  ["a new version for the candidate", { movedAgo: 1 }, { versions: { green: "v2" } }, []],
  ["a longer drain holds longer", { movedAgo: HOLD, drain: 40 }, { ...gone, drain: 40 }, [/Wait 10s/, /Wait 10s/]],
  ["a tag on the rule moves no clock", { movedAgo: HOLD, touchedAgo: 0 }, gone, []],
  ["a scale-in of who keeps its weight is not this policy's", {}, { tasks: { blue: 2, green: 4 } }, []],
  [
    "weight down and scale in in one update",
    { stage: "canary-50" },
    { tasks: { blue: 4, green: 1 } },
    [/"shop-green" would be scaled in in the update that takes its weight in "shop" away/],
  ],
])("%s", (_, before, after, expected) => {
  expect(findings(before, after)).toEqual(expected.map((line) => expect.stringMatching(line)));
});

test("a team that knows its balancer better says so", () => {
  expect(findings({ movedAgo: 31 }, gone, { settle: 0 })).toEqual([]);
  expect(findings({ movedAgo: 29 }, gone, { settle: 0 })).toHaveLength(2);
});

test("a candidate that comes to be there moves no clock, so it may go again at once", () => {
  const [before, after] = [stack(gone), stack({})];
  const clock = (state: Resource[]) => state.find(({ type }) => type === "pulumi:index:Stash")?.inputs;
  expect(clock(before)).toEqual(clock(after));
});

test("weights that were never others hold nothing", () => {
  const asMade = (resources: Resource[]) => resources.map((r) => ({ ...r, created: r.modified }));
  const [before, after] = [stack({ movedAgo: 1 }), stack(gone)];
  expect(holdTime.judge(planOf(asMade(before), after, NOW))).toEqual([]);
  expect(holdTime.judge(planOf(before, after, NOW))).toHaveLength(2);
});

test("where it cannot be told, a rule of ours refuses and another tells", () => {
  const untimed = (resources: Resource[], ours: boolean) =>
    resources
      .filter(({ type }) => ours || !type.startsWith("crossfade:"))
      .map((r) => ({ ...r, modified: undefined, parent: ours ? r.parent : undefined }));
  const advisory = (ours: boolean) =>
    holdTime.judge(planOf(untimed(stack({}), ours), untimed(stack(gone), ours), NOW)).map((f) => f.advisory);
  expect(advisory(true)).toEqual([false, false]);
  expect(advisory(false)).toEqual([true, true]);
});
