import { expect, test } from "vitest";
import { capacity } from "../policies/capacity";
import { planOf } from "../policies/plan";
import type { Resource } from "../traffic";
import { NOW, planBetween, type StackShape, stack } from "./crossfade-stack";
import { resource } from "./resources";

function findings(before: StackShape, after: StackShape, settings?: unknown): string[] {
  return capacity
    .judge(planBetween(before, after), settings)
    .map(({ what, why, advisory }) => `${advisory ? "told" : "refused"}: ${what} ${why}`);
}

const tasks = (blue: number, green: number): StackShape => ({ tasks: { blue, green } });

test.each<[string, StackShape, StackShape, RegExp | undefined]>([
  ["5 % on one target", tasks(4, 1), { ...tasks(4, 1), stage: "canary-5" }, undefined],
  [
    "all on too few",
    { ...tasks(4, 1), stage: "canary-50" },
    { ...tasks(4, 1), stage: "full" },
    /refused: "green" would carry 100 % .* with 1 target, and one is known to bear 50 %. It needs 2/,
  ],
  ["all on enough", { ...tasks(4, 2), stage: "canary-50" }, { ...tasks(4, 2), stage: "full" }, /with 2 .* needs 4/],
  ["all on as many", { ...tasks(4, 4), stage: "canary-50" }, { ...tasks(4, 4), stage: "full" }, undefined],
  [
    "scaled out in the same update",
    { ...tasks(4, 2), stage: "canary-50" },
    { ...tasks(4, 4), stage: "full" },
    undefined,
  ],
  [
    "back to a stable that was scaled in",
    { ...tasks(1, 4), stage: "full" },
    { ...tasks(1, 4), stage: "idle" },
    /told: "blue" would carry 100 %/,
  ],
  ["a scale-in without weights", { tasks: { blue: 4 } }, { tasks: { blue: 1 } }, undefined],
])("%s", (_, before, after, expected) => {
  expect(findings(before, after)).toEqual(expected ? [expect.stringMatching(expected)] : []);
});

test("how much more a target may get is a setting", () => {
  const plan: [StackShape, StackShape] = [
    { ...tasks(4, 3), stage: "canary-50" },
    { ...tasks(4, 3), stage: "full" },
  ];
  // Three would carry what four can.
  expect(findings(...plan)).toHaveLength(1);
  expect(findings(...plan, { headroom: 1 })).toEqual([]);
});

test("the program does not put back what an autoscaler raised, and leaves it alone where it says so", () => {
  const before = stack({ ...tasks(4, 4), autoscaled: { live: 9 } });
  const after = stack({ ...tasks(5, 4), autoscaled: { live: 9 } });
  const judged = (ignoreChanges?: string[]) =>
    capacity
      .judge(
        planOf(
          before,
          after.map((r) => ({ ...r, ignoreChanges })),
          NOW,
        ),
      )
      .map(({ what }) => what);
  expect(judged()).toEqual(['"shop-blue" runs 9 tasks by its autoscaler, and the update would put it back to 5.']);
  expect(judged(["desiredCount"])).toEqual([]);
  // Without an autoscaler the number is the program's.
  const alone = (state: typeof before) => state.filter(({ type }) => !type.startsWith("aws:appautoscaling/"));
  expect(capacity.judge(planOf(alone(before), alone(after), NOW))).toEqual([]);
});

test("what an autoscaler has raised carries weight", () => {
  const at = (stage: string, live: number) => ({
    ...tasks(2, 4),
    stable: "green" as const,
    stage,
    autoscaled: { live },
  });
  // Green is stable with 8 live tasks of 4 asked for; blue's two would carry half of it.
  expect(findings(at("canary-5", 8), at("canary-50", 8))).toHaveLength(1);
  expect(findings(at("canary-5", 4), at("canary-50", 4))).toEqual([]);
});

test("instances that an autoscaler has launched are not put back", () => {
  const shop = (live: number, asked: number, opts: Partial<Resource>, policy = true) => [
    ...stack({}).map((r) =>
      r.type === "aws:ecs/service:Service" && r.urn.endsWith("shop-blue")
        ? {
            ...r,
            ...opts,
            type: "aws:autoscaling/group:Group",
            inputs: { minSize: 2, desiredCapacity: asked, targetGroupArns: ["arn:blue"] },
            outputs: { ...r.outputs, name: "asg", desiredCapacity: live, targetGroupArns: ["arn:blue"] },
          }
        : r,
    ),
    ...(policy ? [resource("cpu", "aws:autoscaling/policy:Policy", { autoscalingGroupName: "asg" })] : []),
  ];
  const judged = (opts: Partial<Resource>, policy = true) =>
    capacity.judge(planOf(shop(9, 4, {}, policy), shop(9, 5, opts, policy), NOW)).map(({ what }) => what);
  expect(judged({})).toEqual([
    '"shop-blue" runs 9 instances by its autoscaler, and the update would put it back to 5.',
  ]);
  expect(judged({ ignoreChanges: ["desiredCapacity"] })).toEqual([]);
  expect(judged({}, false)).toEqual([]);
});

test("instances above the most of their group carry no weight", () => {
  const shop = (stage: string, maxSize: number) =>
    stack({ ...tasks(4, 4), stage }).map((r) =>
      r.type === "aws:ecs/service:Service" && r.urn.endsWith("shop-green")
        ? {
            ...r,
            type: "aws:autoscaling/group:Group",
            inputs: { minSize: 1, maxSize, targetGroupArns: ["arn:green"] },
            outputs: { ...r.outputs, desiredCapacity: 4, targetGroupArns: ["arn:green"] },
          }
        : r,
    );
  const judged = (most: number) =>
    capacity.judge(planOf(shop("canary-50", 4), shop("full", most), NOW)).map(({ what }) => what);
  expect(judged(4)).toEqual([]);
  expect(judged(1)).toEqual([expect.stringContaining("with 1 target")]);
});
