import { describe, expect, test } from "vitest";
import { planOf } from "../policies/plan";
import { stickiness } from "../policies/stickiness";
import type { Resource } from "../traffic";
import { NOW, type StackShape, stack } from "./crossfade-stack";
import { exposed, forward, group, object, ours, rule, verdicts } from "./resources";

const DAY = 86_400;
const groups = (blue: object = {}) => [group("blue", blue), group("green")];
const split = (duration: number, weights: Record<string, number> = { blue: 95, green: 5 }) =>
  rule("shop", forward(weights, { enabled: true, duration }));
const apart = (enabled: boolean) => ({ loadBalancingCrossZoneEnabled: String(enabled) });
const own = { stickiness: { type: "lb_cookie", enabled: true } };
const affine = (sessionAffinity: string) => [
  object("core/v1:Service", "shop", { selector: { app: "shop" }, sessionAffinity }),
  object("elbv2.k8s.aws/v1beta1:TargetGroupBinding", "shop", { serviceRef: { name: "shop", port: 80 } }),
];

describe("a hazard is refused, and its nearest safe twin passes", () => {
  test.each<[string, Resource[], Resource[], object?]>([
    ["5: a cookie of more than a day", [...groups(), split(DAY + 1)], [...groups(), split(DAY)]],
    ["5: a cookie longer than the team's bound", [...groups(), split(61)], [...groups(), split(60)], { longest: 60 }],
    [
      "A13: cookies where zones keep to themselves",
      [...groups(apart(false)), split(60)],
      [...groups(apart(true)), split(60)],
    ],
    ["A13: a group's own cookie there", groups({ ...apart(false), ...own }), groups({ ...apart(true), ...own })],
    [
      "A9: a group's own stickiness on a route of ours",
      [...groups(own), ...ours("WeightedAlbRoute", split(60))],
      [...groups({ stickiness: { type: "lb_cookie", enabled: false } }), ...ours("WeightedAlbRoute", split(60))],
    ],
  ])("%s", (_, bad, safe, settings) => {
    expect(verdicts(stickiness, [], bad, settings)).toEqual(["refused"]);
    expect(verdicts(stickiness, [], safe, settings)).toEqual([]);
  });
});

test.each<[string, Resource[], string[]]>([
  ["stickiness while the candidate has nothing", [...groups(), split(60, { blue: 100, green: 0 })], ["said"]],
  ["stickiness while the candidate has all", [...groups(), split(60, { blue: 0, green: 100 })], ["said"]],
  ["a group's own stickiness beside it, on a route of somebody's", [...groups(own), split(60)], ["said"]],
  ["a week's cookie where there is one group", [group("blue"), split(7 * DAY, { blue: 1 })], []],
  [
    "stickiness that is off",
    [...groups(), rule("shop", forward({ blue: 95, green: 5 }, { enabled: false, duration: 7 * DAY }))],
    [],
  ],
  ["a Service that binds addresses, behind a binding", affine("ClientIP"), ["said"]],
  ["a Service that does not", affine("None"), []],
  ["a Service that nobody splits", exposed("shop"), []],
])("%s", (_, desired, expected) => {
  expect(verdicts(stickiness, [], desired)).toEqual(expected);
});

test("a duration that grows is refused, and one that was long is said", () => {
  const before = [...groups(), split(2 * DAY)];
  expect(verdicts(stickiness, before, before)).toEqual(["said"]);
  expect(verdicts(stickiness, before, [...groups(), split(3 * DAY)])).toEqual(["refused"]);
});

describe("clients that an earlier canary has bound", () => {
  /** What is said of an update from one shape of the rollout to another. */
  function said(
    before: StackShape,
    after: StackShape,
    { sticky = 3600, isMoved = true, isRenamed = false } = {},
  ): string[] {
    const state = (shape: StackShape) =>
      stack(shape).map((r) => {
        if (r.type === "pulumi:index:Stash" && !isMoved) return { ...r, created: r.modified };
        if (r.type !== "crossfade:index:WeightedAlbRoute") return r;
        return { ...r, inputs: { ...r.inputs, stickySeconds: sticky } };
      });
    const desired = isRenamed ? renamed(state(after)) : state(after);
    return stickiness.judge(planOf(state(before), desired, NOW)).map(({ what, instead }) => `${what} ${instead}`);
  }

  /** The route under another name, with an alias. */
  function renamed(resources: Resource[]): Resource[] {
    const is = (urn: string | undefined) => urn?.includes("crossfade:index:WeightedAlbRoute::") === true;
    return resources.map((r) => {
      if (is(r.urn)) return { ...r, urn: `${r.urn}-renamed`, aliases: [r.urn] };
      return is(r.parent) ? { ...r, parent: `${r.parent}-renamed` } : r;
    });
  }

  test("come back to a color that gets weight again, for as long as their cookies last", () => {
    const [text, ...others] = said({ movedAgo: 600 }, { stage: "canary-5" });
    expect(text).toMatch(/"shop" gives green 5 %, and clients that met green in the canary before.*Wait 50m/);
    expect(others).toEqual([]);
    expect(said({ movedAgo: 3600 }, { stage: "canary-5" })).toEqual([]);
    expect(said({ movedAgo: 600 }, { stage: "canary-5" }, { sticky: 60 })).toEqual([]);
    // After a finish the next candidate has the color of the version before.
    expect(said({ stable: "green", movedAgo: 600 }, { stable: "green", stage: "canary-5" })).toHaveLength(1);
    expect(said({ movedAgo: 600 }, { stage: "canary-5" }, { isRenamed: true })).toHaveLength(1);
  });

  test("are none where there was no canary, and no more of them come from stage to stage", () => {
    expect(said({ movedAgo: 600 }, { stage: "canary-5" }, { isMoved: false })).toEqual([]);
    expect(said({ stage: "canary-5", movedAgo: 600 }, { stage: "canary-50" })).toEqual([]);
    expect(said({ movedAgo: 600 }, { movedAgo: 600 })).toEqual([]);
  });
});
