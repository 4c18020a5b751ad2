import { expect, test } from "vitest";
import { planOf } from "../policies/plan";
import { stageOrder } from "../policies/stage-order";
import type { Resource } from "../traffic";

const ROUTE = "urn:pulumi:dev::test::crossfade:index:WeightedAlbRoute::shop";
const STAGES = Array.from({ length: 99 }, (_, i) => ({ name: `canary-${i + 1}`, weight: i + 1, bake: 0 }));
const WAY = [{ name: "idle", weight: 0, bake: 0 }, ...STAGES, { name: "full", weight: 100, bake: 0 }];

function route(stage: string): Resource {
  const inputs = { stable: "blue", stage, stages: WAY, groups: { blue: "arn:blue", green: "arn:green" } };
  return { urn: ROUTE, type: "crossfade:index:WeightedAlbRoute", custom: false, inputs, outputs: {} };
}

function rule(weights: Record<string, number>): Resource {
  const targetGroups = Object.entries(weights).map(([name, weight]) => ({ arn: `arn:${name}`, weight }));
  const properties = { actions: [{ type: "forward", forward: { targetGroups } }] };
  const urn = `${ROUTE}-rule`;
  const type = "aws:lb/listenerRule:ListenerRule";
  return { urn, type, custom: true, parent: ROUTE, inputs: properties, outputs: properties };
}

/** What the policy says to an update from the recorded stage and the weights on the wire to the asked stage. */
function findings(recorded: string, weights: Record<string, number>, asked: string): string[] {
  const prior = [route(recorded), rule(weights)];
  return stageOrder.judge(planOf(prior, [route(asked), rule(weights)])).map(({ what }) => what);
}

test("every whole weight is its own stage, and the next one is legal", () => {
  for (const { weight } of STAGES.slice(0, -1)) {
    const weights = { blue: 100 - weight, green: weight };
    expect(findings(`canary-${weight}`, weights, `canary-${weight + 1}`)).toEqual([]);
    expect(findings(`canary-${weight}`, weights, `canary-${weight}`)).toEqual([]);
  }
});

test.each<[string, string, Record<string, number>, string, RegExp]>([
  ["a skipped stage", "canary-5", { blue: 95, green: 5 }, "canary-7", /skips "canary-6"/],
  [
    "the wire against the record",
    "canary-50",
    { blue: 95, green: 5 },
    "canary-51",
    /from "canary-5" \(5 % on the wire\)/,
  ],
  ["weights of another scale", "canary-5", { blue: 19, green: 1 }, "canary-7", /from "canary-5"/],
  ["weights of no stage", "canary-5", { blue: 2, green: 1 }, "canary-40", /no stage/],
  ["a candidate that the rule does not know", "idle", { blue: 100 }, "canary-1", /green is not deployed yet/],
])("%s is refused", (_, recorded, weights, asked, reason) => {
  expect(findings(recorded, weights, asked)).toEqual([expect.stringMatching(reason)]);
});

test("a stack without a route of ours has nothing to say", () => {
  expect(stageOrder.judge(planOf([rule({ blue: 1 })], [rule({ blue: 2 })]))).toEqual([]);
});
