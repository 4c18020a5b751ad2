import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judge } from "../cli/analysis/judge";
import { balancerBlock, balancerDimension, balancerSeries, targetGroupDimension } from "../cli/metrics/balancer-counts";
import { type Counter, VersionCounters } from "../cli/metrics/counters";
import type { CountedVersions, Metric } from "../cli/metrics/source";

const seed = Number(process.env.SEED ?? 8);
console.log(`metric-counts: properties with SEED=${seed}`);

const LB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012";
const group = (color: string) => `${LB}:targetgroup/shop-${color}/6d0ecf831eec9f09`;
const balancer = (name: string) => `${LB}:loadbalancer/app/${name}/50dc6c495c0c9188`;
const BEHIND_ONE: CountedVersions = {
  candidate: { color: "green", targetGroupArn: group("green"), balancerArn: balancer("web") },
  stable: { color: "blue", targetGroupArn: group("blue"), balancerArn: balancer("web") },
};
const BEHIND_TWO: CountedVersions = {
  ...BEHIND_ONE,
  candidate: { ...BEHIND_ONE.candidate, balancerArn: balancer("web-green") },
};

const criteria = { tolerance: 0.01, alpha: 0.01, burst: 1 };
const ERRORS: Metric = { name: "errors", kind: "errors", clientErrors: "good", ...criteria };
const STRICT: Metric = { ...ERRORS, clientErrors: "bad" };
const SLOW: Metric = { name: "slow", kind: "slow", over: 500, ...criteria };

type Values = Record<string, number>;
/** A minute of the candidate, beside a stable that answers 100 requests well. */
function minute(metric: Metric, values: Values, versions = BEHIND_ONE) {
  const ofStable = { stable_requests: 100, stable_answers2: 100 };
  const all: Values = { ...ofStable, ...values };
  return balancerBlock(metric, 0, versions, (id) => () => all[id]);
}

describe("of what a balancer counts", () => {
  test.each<[string, Metric, Values, [bad: number, all: number]]>([
    ["requests that are answered well", ERRORS, { requests: 10, answers2: 8, answers3: 2 }, [0, 10]],
    ["errors of the service's", ERRORS, { requests: 10, answers2: 8, answers5: 2 }, [2, 10]],
    [
      "resets and time-outs: no target answers, and none is counted as 5XX",
      ERRORS,
      { requests: 10, answers2: 7 },
      [3, 10],
    ],
    ["a version that resets all", ERRORS, { requests: 10 }, [10, 10]],
    [
      "refused connections: they are requests without an answer",
      ERRORS,
      { requests: 10, answers2: 7, refused: 3 },
      [3, 10],
    ],
    ["… and where there are more, more", ERRORS, { requests: 10, answers2: 7, refused: 5 }, [5, 12]],
    ["… and where there are no requests but these", ERRORS, { refused: 5 }, [5, 5]],
    ["a 4xx as an answer", ERRORS, { requests: 10, answers2: 7, answers4: 3 }, [0, 10]],
    ["a 4xx as an error, where the config says so", STRICT, { requests: 10, answers2: 7, answers4: 3 }, [3, 10]],
    ["no zero for what is absent beside requests", ERRORS, { requests: 10, answers2: 10 }, [0, 10]],
    ["no data where there are no requests", ERRORS, {}, [0, 0]],
    ["an answer whose request was the minute before", ERRORS, { requests: 9, answers2: 10 }, [0, 10]],
    ["slow answers", SLOW, { requests: 10, answers2: 10, slow: 4 }, [4, 10]],
    [
      "slow answers, and those that never came, which have no time",
      SLOW,
      { requests: 10, answers2: 8, slow: 4 },
      [6, 10],
    ],
    ["a quick error as quick", SLOW, { requests: 10, answers5: 10, slow: 0 }, [0, 10]],
    ["no more slow answers than answers", SLOW, { requests: 10, answers2: 10, slow: 11 }, [10, 10]],
  ])("%s", (_, metric, values, [bad, all]) => {
    const own = Object.fromEntries(Object.entries(values).map(([id, value]) => [`candidate_${id}`, value]));
    expect(minute(metric, own).candidate).toEqual({ bad, all });
  });

  test("503s of one balancer are of either version, and of one of its own the version's", () => {
    const values = { candidate_requests: 10, candidate_answers2: 10, candidate_unserved: 4, stable_unserved: 4 };
    expect(minute(ERRORS, values)).toMatchObject({ candidate: { bad: 0, all: 10 }, unattributed: 4 });
    const apart = minute(ERRORS, { ...values, stable_unserved: 1 }, BEHIND_TWO);
    expect(apart).toEqual({ startMs: 0, candidate: { bad: 4, all: 14 }, stable: { bad: 1, all: 101 } });
  });

  test("the control: who counts 5XX of targets misses a candidate that resets every fifth connection", () => {
    const minutes = Array.from({ length: 10 }, (_, index) => index * 60_000);
    const values: Values = { candidate_requests: 100, candidate_answers2: 80 };
    const ours = minutes.map((startMs) => ({ ...minute(ERRORS, values), startMs }));
    const bad = values.candidate_answers5 ?? 0;
    const theirs = ours.map((block) => ({ ...block, candidate: { bad, all: 100 } }));
    expect(judge(ours, ERRORS).verdict).toBe("regression");
    expect(judge(theirs, ERRORS).verdict).toBe("pass");
  });

  test("is asked for by the group and its balancer, 503s by the balancer", () => {
    const series = balancerSeries(SLOW, BEHIND_ONE);
    const of = { targetGroup: "targetgroup/shop-green/6d0ecf831eec9f09", balancer: "app/web/50dc6c495c0c9188" };
    expect(series.candidate_slow).toEqual({ metricName: "TargetResponseTime", statistic: "TC(0.5:)", ...of });
    expect(series.candidate_requests).toEqual({ metricName: "RequestCount", statistic: "Sum", ...of });
    expect(series.stable_unserved).toEqual({
      metricName: "HTTPCode_ELB_503_Count",
      statistic: "Sum",
      balancer: of.balancer,
    });
  });

  test.each([
    [balancer("web"), "app/web/50dc6c495c0c9188"],
    [`${LB}:listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2`, "app/web/50dc6c495c0c9188"],
    [`${LB}:listener-rule/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee`, "app/web/50dc6c495c0c9188"],
    [`${LB}:loadbalancer/net/web/50dc6c495c0c9188`, ""],
    ["", ""],
  ])("the balancer of %s", (arn, expected) => {
    expect(balancerDimension(arn)).toBe(expected);
  });

  test("the target group", () => {
    expect(targetGroupDimension(group("blue"))).toBe("targetgroup/shop-blue/6d0ecf831eec9f09");
  });
});

/** Values at 0, 1, 2 …; `-` where there is none. */
function counter(id: string, values: string): Counter {
  const each = values.split(" ").map((text, tick) => [tick, Number(text)] as const);
  return { id, values: new Map(each.filter(([, value]) => !Number.isNaN(value))) };
}

describe("of what counters went up by", () => {
  const ALL = counter("all", "100 110 120 130 140");
  test.each<[string, Counter[], Counter[], [bad: number, all: number]]>([
    ["the difference", [ALL], [counter("bad", "1 1 2 2 3")], [2, 40]],
    ["of several processes their sum", [ALL, counter("b", "5 5 5 6 7")], [], [0, 42]],
    ["a label that comes with its first event", [ALL], [counter("bad", "- - 2 2 3")], [3, 40]],
    ["a process that comes", [ALL, counter("b", "- - 0 4 9")], [], [0, 49]],
    ["a process that goes", [ALL, counter("b", "5 7 9 - -")], [], [0, 44]],
    ["one that comes and goes", [ALL, counter("b", "- 3 9 - -")], [], [0, 49]],
    ["none before the version is seen", [counter("a", "- - 500 510 520")], [], [0, 0]],
    ["none of one that is away", [ALL, counter("b", "- - - - -")], [], [0, 40]],
  ])("%s", (_, all, bad, [badCount, allCount]) => {
    expect(new VersionCounters(all, bad).between([0, 1, 2, 3, 4])).toEqual({ bad: badCount, all: allCount });
  });

  test.each<[string, Counter[], Counter[], RegExp]>([
    ["one that was set back", [counter("a", "100 110 3 13 23")], [], /a was set back/],
    ["… and is past where it was at the end", [counter("a", "5 6 0 9 12")], [], /a was set back/],
    ["… of the bad events", [ALL], [counter("bad", "9 9 0 1 2")], /bad was set back/],
    ["more bad than all", [ALL], [counter("bad", "0 20 40 60 80")], /more events were bad than there were/],
  ])("%s is not counted", (_, all, bad, reason) => {
    const increments = new VersionCounters(all, bad).between([0, 1, 2, 3, 4]);
    expect(increments).toEqual({ uncounted: expect.stringMatching(reason) });
  });

  test("one that was away and is back is not counted in that block, and is in the next", () => {
    const counters = new VersionCounters([counter("a", "5 6 - - 50 60 70")], []);
    expect(counters.between([0, 1, 2])).toEqual({ bad: 0, all: 1 });
    expect(counters.between([2, 3, 4])).toEqual({ uncounted: "the counter a was away for a time" });
    expect(counters.between([4, 5, 6])).toEqual({ bad: 0, all: 20 });
  });

  test("each event is counted once, in whatever blocks", () => {
    const steps = fc.array(fc.nat(1000), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(steps, fc.constantFrom(1, 2, 3, 4, 6), (increments, ticks) => {
        let value = 0;
        const values = [0, ...increments].map((increment) => {
          value += increment;
          return value;
        });
        const counters = new VersionCounters([counter("a", values.join(" "))], []);
        let sum = 0;
        for (let begin = 0; begin < 12; begin += ticks) {
          const counts = counters.between(Array.from({ length: ticks + 1 }, (_, look) => begin + look));
          sum += "all" in counts ? counts.all : Number.NaN;
        }
        expect(sum).toBe(value);
      }),
      { seed },
    );
  });
});
