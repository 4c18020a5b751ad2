import { describe, expect, test } from "vitest";
import { drain } from "../policies/drain";
import { planOfOne } from "../policies/plan";
import type { Resource } from "../traffic";
import { balancer, changed, exposed, forward, group, listener, resource, rule, service, verdicts } from "./resources";

const DECLARED = { longestRequest: 60 };
const shop = (deregistrationDelay: unknown, more: object = {}) => [
  group("blue", { deregistrationDelay, ...more }),
  rule("shop", forward({ blue: 1 })),
];
const behind = (idleTimeout: number, deregistrationDelay: number) => [
  balancer({ idleTimeout }),
  listener(forward({ blue: 1 })),
  group("blue", { deregistrationDelay }),
];
const task = (stopTimeout: number) =>
  resource("task", "aws:ecs/taskDefinition:TaskDefinition", {
    containerDefinitions: JSON.stringify([{ name: "shop", image: "shop", stopTimeout }]),
  });
const run = (capacityProvider: string, stopTimeout: number) => [
  task(stopTimeout),
  service("shop", "blue", { taskDefinition: "arn:task", capacityProviderStrategies: [{ capacityProvider }] }),
];
const sleeping = (preStop: object | undefined) => exposed("shop", { container: { lifecycle: { preStop } } });
const grace = (terminationGracePeriodSeconds: number) => exposed("shop", { pod: { terminationGracePeriodSeconds } });

describe("a hazard is refused, and its nearest safe twin passes", () => {
  test.each<[string, Resource[], Resource[], object?]>([
    ["12: a delay shorter than the longest request", shop(59), shop(60), DECLARED],
    ["12: no delay at all", shop(0), shop(60)],
    ["12: the delay as text", shop("59"), shop("60"), DECLARED],
    ["12: Spot kills before the request is done", run("FARGATE_SPOT", 30), run("FARGATE_SPOT", 60), DECLARED],
    [
      "35: no sleep while the pod is taken out",
      sleeping(undefined),
      sleeping({ exec: { command: ["sh", "-c", "sleep 15"] } }),
    ],
    ["35: killed while the longest request runs", grace(75), grace(76), DECLARED],
    ["35: killed while it sleeps", grace(15), grace(76)],
    [
      "A22: a sleep of which the grace period leaves nothing",
      sleeping({ exec: { command: ["sleep", "90"] } }),
      sleeping({ sleep: { seconds: 15 } }),
    ],
  ])("%s", (_, bad, safe, settings) => {
    expect(verdicts(drain, [], bad, settings)).toEqual(["refused"]);
    expect(verdicts(drain, [], safe, settings)).toEqual([]);
  });
});

test.each<[string, Resource[], string[]]>([
  ["a delay below the idle time-out of 60 s, where nobody said how long requests take", shop(30), ["said"]],
  ["below the balancer's own idle time-out", behind(120, 90), ["said"]],
  ["as long as the balancer's own idle time-out", behind(90, 90), []],
  ["the default delay of 300 s", shop(undefined), []],
  ["a group that nothing forwards to", [group("blue", { deregistrationDelay: 0 })], []],
  ["functions", shop(0, { targetType: "lambda" }), []],
  ["connections that are closed at the end", shop(300, { connectionTermination: true }), ["said"]],
  ["a grace period of 30 s", grace(30), ["said"]],
  ["tasks that are not on Spot", run("FARGATE", 2), []],
  ["pods that nothing leads to", sleeping(undefined).slice(0, 2), []],
])("with nothing set: %s", (_, desired, expected) => {
  expect(verdicts(drain, [], desired)).toEqual(expected);
});

test("a delay that was short is said, one that grows is an improvement, and one that is taken away is refused", () => {
  expect(verdicts(drain, shop(10), shop(10), DECLARED)).toEqual(["said"]);
  expect(verdicts(drain, shop(10), shop(20), DECLARED)).toEqual(["said"]);
  expect(verdicts(drain, shop(20), shop(10), DECLARED)).toEqual(["refused"]);
  expect(verdicts(drain, shop(10), shop(0))).toEqual(["refused"]);
});

test("in an update a serving group is judged before its own step", () => {
  const [before] = shop(60) as [Resource];
  const judged = (delay: number, prior = shop(60)) =>
    drain.judge(planOfOne(prior, changed(before, { deregistrationDelay: delay })));
  expect(judged(0)).toMatchObject([{ urn: before.urn }]);
  expect(judged(300)).toEqual([]);
  expect(judged(0, [before])).toEqual([]);
});
