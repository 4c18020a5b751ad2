import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { releaseWithoutCanary } from "../policies/release-without-canary";
import {
  batchProblems,
  batchSizes,
  type LiveRefresh,
  type LiveScalingGroup,
  longestStandstill,
  type Resource,
  refreshMove,
  splitProblem,
} from "../traffic";
import { forward, resource, rule, verdicts } from "./resources";

describe("batches", () => {
  test.each<[string, number[], RegExp | undefined]>([
    ["that rise to 100", [10, 50, 100], undefined],
    ["of which there is one", [100], undefined],
    ["of which there is none", [], /one at least/],
    ["that fall", [50, 10, 100], /10 comes after 50/],
    ["of which two are the same", [50, 50, 100], /50 comes after 50/],
    ["that end too early", [10, 50], /the last batch is 50, and it must be 100/],
    ["of nothing", [0, 100], /0 is no batch/],
    ["of more than all", [50, 101], /101 is no batch/],
    ["in parts of a percent", [12.5, 100], /12.5 is no batch/],
  ])("%s", (_, batches, expected) => {
    const [first] = batchProblems(batches);
    if (expected) expect(first?.reason).toMatch(expected);
    else expect(first).toBeUndefined();
  });

  test.each<[number, number[], number[]]>([
    [10, [10, 50, 100], [1, 4, 5]],
    [4, [25, 50, 100], [1, 1, 2]],
    [3, [10, 50, 100], [1, 1, 1]],
    [7, [100], [7]],
  ])("%i targets by %j are %j", (size, batches, expected) => {
    expect(batchSizes(size, batches)).toEqual(expected);
    expect(splitProblem(size, batches)).toBeUndefined();
  });

  test("too few targets are told how many would do", () => {
    expect(splitProblem(2, [10, 50, 100])).toMatch(/of 2 the batches of 10 % and 50 % are the same 1: run 3 at least/);
    expect(splitProblem(1, [50, 100])).toMatch(/run 2 at least/);
  });

  test("every split gives each batch a target and all of them once, and what is told to be enough is", () => {
    const rising = fc
      .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 5 })
      .map((some) => [...some.sort((a, b) => a - b), 100]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), rising, (size, batches) => {
        expect(batchProblems(batches)).toEqual([]);
        const sizes = batchSizes(size, batches);
        expect(sizes.reduce((sum, count) => sum + count, 0)).toBe(size);
        const problem = splitProblem(size, batches);
        expect(problem === undefined).toBe(sizes.every((count) => count > 0));
        const enough = Number(/run (\d+) at least/.exec(problem ?? "")?.[1] ?? size);
        expect(splitProblem(enough, batches)).toBeUndefined();
      }),
    );
  });
});

describe("what is done about a group's instances", () => {
  const running = (version: string, status = "InProgress"): LiveRefresh => ({ id: "r", status, version, percent: 25 });
  test.each<[string, LiveScalingGroup, string[], string]>([
    ["nothing where all have it", { saved: "2", instances: ["2", "2"] }, ["2"], "done"],
    ["nothing where all have what is the same", { saved: "1", instances: ["1", "3"] }, ["3", "1"], "done"],
    ["a refresh where one has another", { saved: "2", instances: ["2", "1"] }, ["2"], "start"],
    [
      "a refresh after one that was rolled back",
      { saved: "1", instances: ["1"], refresh: running("2", "RollbackSuccessful") },
      ["2"],
      "start",
    ],
    ["going on with one to it", { saved: "1", instances: ["1", "2"], refresh: running("2") }, ["2"], "watch"],
    ["going on with one that bakes", { saved: "1", instances: ["2"], refresh: running("2", "Baking") }, ["2"], "watch"],
    ["taking back one from it", { saved: "1", instances: ["1", "2"], refresh: running("2") }, ["3", "1"], "take back"],
    [
      "letting a rollback end",
      { saved: "1", instances: ["1"], refresh: running("2", "RollbackInProgress") },
      ["2"],
      "let end",
    ],
    ["refusing a third version", { saved: "1", instances: ["1", "2"], refresh: running("2") }, ["3"], "refuse"],
  ])("%s", (_, group, alike, expected) => {
    expect(refreshMove(group, alike).move).toBe(expected);
  });

  test("it may stand still for the pause only where a batch is done", () => {
    const asked = { batches: [25, 100], pause: 3600, patience: 60 };
    const at = (percent: number) => longestStandstill({ ...running("2"), percent }, asked);
    expect([at(0), at(24), at(25), at(50), at(100)]).toEqual([60, 60, 3660, 3660, 60]);
  });
});

describe("a new version in place", () => {
  const asg = (version: string, inputs: object = {}, more: Partial<Resource> = {}) =>
    resource(
      "asg",
      "aws:autoscaling/group:Group",
      { launchTemplate: { id: "lt", version }, targetGroupArns: ["arn:blue"], desiredCapacity: 4, ...inputs },
      more,
    );
  const component = (rolling?: object) =>
    resource("shop-blue", "crossfade:index:AutoScalingEnvironment", { color: "blue", rolling }, { custom: false });
  const blue = resource("blue", "aws:lb/targetGroup:TargetGroup", { port: 80 });
  const green = resource("green", "aws:lb/targetGroup:TargetGroup", { port: 80 });
  const alone = rule("shop", forward({ blue: 100 }));
  const divided = rule("shop", forward({ blue: 100, green: 0 }));
  const refresh = (preferences: object) => ({ instanceRefresh: { strategy: "Rolling", preferences } });
  const stops = { checkpointPercentages: [10, 100] };

  const judged = (route: Resource, rolling: object | undefined, inputs: object) => {
    const home = component(rolling);
    const state = (version: string) => [home, blue, green, asg(version, inputs, { parent: home.urn }), route];
    return verdicts(releaseWithoutCanary, state("1"), state("2"));
  };
  test.each<[string, Resource, object | undefined, object, string[]]>([
    ["on the only environment is told", alone, undefined, {}, ["said"]],
    ["in batches is allowed there", alone, { batches: [10, 100], pause: 60 }, {}, []],
    ["in one batch is told", alone, { batches: [100], pause: 60 }, {}, ["said"]],
    ["by the provider's refresh with stops is allowed", alone, undefined, refresh(stops), []],
    ["by one without stops is told", alone, undefined, refresh({}), ["said"]],
    [
      "by one that takes the capacity is told",
      alone,
      undefined,
      refresh({ ...stops, minHealthyPercentage: 50 }),
      ["said"],
    ],
    [
      "in batches is refused where there is another to go to",
      divided,
      { batches: [10, 100], pause: 60 },
      {},
      ["refused"],
    ],
  ])("%s", (_, route, rolling, inputs, expected) => {
    expect(judged(route, rolling, inputs)).toEqual(expected);
  });
});
