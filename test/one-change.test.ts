import { expect, test } from "vitest";
import { oneChange } from "../policies/one-change";
import { planOf } from "../policies/plan";
import { type Resource, UNKNOWN } from "../traffic";
import { NOW, planBetween, type StackShape, stack } from "./crossfade-stack";

function findings(before: StackShape, after: StackShape): string[] {
  return oneChange.judge(planBetween(before, after)).map(({ what }) => what);
}

test.each<[string, StackShape, StackShape, RegExp | undefined]>([
  ["a new version of the candidate", {}, { versions: { green: "arn:green:v2" } }, /"shop-green" \(aws:ecs.*is changed/],
  ["a new version of stable", {}, { versions: { blue: "arn:blue:v2" } }, /"shop-blue"/],
  ["a scale-in of stable", {}, { tasks: { blue: 3, green: 4 } }, /"shop-blue"/],
  ["a scale-out of the candidate", {}, { tasks: { blue: 4, green: 5 } }, undefined],
  ["tags on everything", {}, { tags: { team: "shop" } }, undefined],
  ["another drain", {}, { drain: 60 }, undefined],
  ["nothing", {}, {}, undefined],
])("%s beside a promotion", (_, before, after, expected) => {
  const found = findings({ stage: "canary-5", ...before }, { stage: "canary-50", ...after });
  expect(found).toEqual(expected ? [expect.stringMatching(expected)] : []);
  // The same change is free without the promotion, and on the way back.
  expect(findings({ stage: "canary-5", ...before }, { stage: "canary-5", ...after })).toEqual([]);
  expect(findings({ stage: "canary-50", ...before }, { stage: "idle", ...after })).toEqual([]);
});

test("another service's release beside a promotion is no change of the same entry point", () => {
  const other = (version: unknown): Resource[] => {
    const urn = (name: string) => `urn:pulumi:dev::shop::aws:ecs/service:Service::${name}`;
    const inputs = { taskDefinition: version, loadBalancers: [{ targetGroupArn: "arn:other" }] };
    return [{ urn: urn("other"), type: "aws:ecs/service:Service", custom: true, inputs, outputs: inputs }];
  };
  const plan = planOf(
    [...stack({ stage: "canary-5" }), ...other("v1")],
    [...stack({ stage: "canary-50" }), ...other(UNKNOWN)],
    NOW,
  );
  expect(oneChange.judge(plan)).toEqual([]);
});

test("a rule of somebody's own that gives the newer group more is told and not refused", () => {
  const foreign = (shape: StackShape, age: Record<string, string>): Resource[] =>
    stack(shape)
      .filter(({ type }) => !type.startsWith("crossfade:"))
      .map((r) => ({ ...r, parent: undefined, created: age[r.urn.split("::").at(-1) ?? ""] }));
  const ages = { blue: "2026-01-01T00:00:00Z", green: "2026-02-01T00:00:00Z" };
  const judged = (age: Record<string, string>) =>
    oneChange
      .judge(
        planOf(
          foreign({ stage: "canary-5" }, age),
          foreign({ stage: "canary-50", versions: { green: "arn:green:v2" } }, age),
          NOW,
        ),
      )
      .map(({ advisory }) => advisory);
  expect(judged(ages)).toEqual([true]);
  // The other way round it is a way back.
  expect(judged({ blue: ages.green, green: ages.blue })).toEqual([]);
});
