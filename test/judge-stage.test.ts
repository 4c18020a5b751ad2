import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judge } from "../cli/analysis/judge";
import { judgeStage } from "../cli/analysis/judge-stage";
import type { Observed } from "../cli/analysis/metric-verdict";
import { type StageTime, stageVerdict } from "../cli/analysis/stage-verdict";
import { MetricProblem } from "../cli/metrics/metric-problem";
import { type Metric, type MetricSource, type SourceBlock, settledStarts } from "../cli/metrics/source";

const seed = Number(process.env.SEED ?? 8);
console.log(`judge-stage: properties with SEED=${seed}`);
const RUNS = { seed, numRuns: 300 };

const CLOUDWATCH = { name: "CloudWatch", blockSeconds: 60, settleSeconds: 180 };
const ERRORS: Metric = {
  name: "errors",
  kind: "errors",
  clientErrors: "good",
  tolerance: 0.01,
  alpha: 0.005,
  burst: 1,
};
const SLOW: Metric = { name: "slow", kind: "slow", over: 500, tolerance: 0.01, alpha: 0.005, burst: 1 };

const BEGAN = Date.parse("2026-11-29T12:00:00Z");
const MINUTE = 60_000;

/** So many minutes after the stage began, whose bake time has ten. */
function at(minutes: number, more: Partial<StageTime> = {}): StageTime {
  return { from: new Date(BEGAN), now: new Date(BEGAN + minutes * MINUTE), bake: 600, deadline: 1800, ...more };
}

type Row = [candidateBad: number, candidateAll: number, stableBad: number, stableAll: number];
const WELL: Row = [0, 200, 0, 3800];
const SICK: Row = [20, 200, 0, 3800];
const SILENT: Row = [0, 0, 0, 3800];

function blocksOf(rows: Row[], change: Partial<SourceBlock>[] = []): SourceBlock[] {
  return rows.map(([bad, all, stableBad, stableAll], minute) => ({
    startMs: BEGAN + minute * MINUTE,
    candidate: { bad, all },
    stable: { bad: stableBad, all: stableAll },
    ...change[minute],
  }));
}

const of = (row: Row, minutes: number) => Array.from({ length: minutes }, () => row);
const errors = (rows: Row[], change?: Partial<SourceBlock>[]): Observed => ({
  metric: ERRORS,
  blocks: blocksOf(rows, change),
});
const slow = (rows: Row[]): Observed => ({ metric: SLOW, blocks: blocksOf(rows) });

describe("a stage", () => {
  test.each<[string, Observed[], StageTime, string]>([
    [
      "that is well is passed when each block of its bake time has settled",
      [errors(of(WELL, 10)), slow(of(WELL, 10))],
      at(13),
      `pass, by CloudWatch
  errors: 0 of 2,000 requests failed, of stable's 0 of 38,000: a regression of more than 1 % is excluded (alpha 0.005)
  slow: 0 of 2,000 requests took more than 500 ms or got no answer, of stable's 0 of 38,000: a regression of more than 1 % is excluded (alpha 0.005)`,
    ],
    [
      "is not passed a moment before, however good it looks",
      [errors(of(WELL, 9))],
      at(12.99),
      `inconclusive, by CloudWatch
  errors: 0 of 1,800 requests failed, of stable's 0 of 34,200: a regression of more than 1 % is excluded (alpha 0.005)
  missing: the bake time is over at 2026-11-29T12:10:00.000Z, and known to the end at 2026-11-29T12:13:00.000Z`,
    ],
    [
      "is a regression by one metric, though the other would pass, and before its bake time is over",
      [errors(of(WELL, 3)), slow(of(SICK, 3))],
      at(6),
      `regression, by CloudWatch
  errors: 0 of 600 requests failed, of stable's 0 of 11,400: inconclusive; to exclude a regression of more than 1 % takes about 79 more requests of the candidate, if they are like stable's (alpha 0.005)
  slow: 20 of 200 requests took more than 500 ms or got no answer, of stable's 0 of 3,800: a regression of more than 1 % (alpha 0.005)`,
    ],
    [
      "whose requests are too few is told how long it takes",
      [errors(of([0, 30, 0, 570], 10))],
      at(13),
      `inconclusive, by CloudWatch
  errors: 0 of 300 requests failed, of stable's 0 of 5,700: inconclusive; to exclude a regression of more than 1 % takes about 379 more requests of the candidate, if they are like stable's (alpha 0.005)
  missing: errors: about 379 more events of the candidate, which at the rate so far take 12m 38s`,
    ],
    [
      "of which nothing is known is told so",
      [errors([])],
      at(13),
      `inconclusive, by CloudWatch
  errors: 0 of 0 requests failed, of stable's 0 of 0: inconclusive; to exclude a regression of more than 1 % takes about 679 more requests of the candidate, if they are like stable's (alpha 0.005)
  missing: errors: CloudWatch has no block yet in which both versions had events; it knows them 3m later`,
    ],
    [
      "of which a metric cannot be had",
      [errors(of(WELL, 10)), { metric: SLOW, problem: "CloudWatch answers: Rate exceeded" }],
      at(13),
      `inconclusive, by CloudWatch
  errors: 0 of 2,000 requests failed, of stable's 0 of 38,000: a regression of more than 1 % is excluded (alpha 0.005)
  slow: not judged
  missing: slow: CloudWatch answers: Rate exceeded`,
    ],
  ])("%s", (_, observed, time, expected) => {
    expect(stageVerdict(CLOUDWATCH, observed, time).text).toBe(expected);
  });

  test.each<[string, Observed[], StageTime, string]>([
    ["no metric", [], at(13), "no metric is asked for"],
    [
      "a candidate that nobody asks",
      [errors(of(SILENT, 10))],
      at(13),
      "errors: the candidate had no event in 10 blocks of CloudWatch: no data is not good data",
    ],
    [
      "a candidate that is not seen any more",
      [errors([...of(WELL, 10), ...of(SILENT, 6)])],
      at(19),
      "errors: the candidate has had no event since 2026-11-29T12:10:00.000Z, for 6m: is it still asked, and still counted?",
    ],
    [
      "a series that has ended",
      [errors(of(WELL, 10))],
      at(19),
      "errors: the candidate has had no event since 2026-11-29T12:10:00.000Z, for 6m: is it still asked, and still counted?",
    ],
    [
      "answers of the balancer's own that may be the candidate's",
      [
        errors(
          of(WELL, 10),
          of(WELL, 10).map((_, minute) => ({ unattributed: minute > 7 ? 100 : 0 })),
        ),
      ],
      at(13),
      "errors: 200 bad events have no target group (HTTPCode_ELB_503_Count), and were they all the candidate's, it would not pass: are its targets there and healthy?",
    ],
    [
      "counters that were set back",
      [
        errors(
          [...of(WELL, 10), ...of([0, 0, 0, 0], 2)],
          Array.from({ length: 12 }, (_, i) =>
            i < 10 ? {} : { uncounted: "a counter of the candidate was set back" },
          ),
        ),
      ],
      at(15),
      "errors: 2 of 12 blocks could not be counted: a counter of the candidate was set back",
    ],
    [
      "more bad events than events",
      [errors([...of(WELL, 9), [201, 200, 0, 3800]])],
      at(13),
      `errors: CloudWatch gave counts that cannot be: the candidate in the block from ${BEGAN + 9 * MINUTE}: 201 bad of 200 events: the two are not counted over the same time, or not of the same events`,
    ],
    [
      "no number",
      [errors([...of(WELL, 9), [0, Number.NaN, 0, 3800]])],
      at(13),
      `errors: CloudWatch gave counts that cannot be: the candidate in the block from ${BEGAN + 9 * MINUTE}: NaN is no count of events`,
    ],
    [
      "a block of what has not settled",
      [errors(of(WELL, 10))],
      at(12.5),
      "errors: CloudWatch gave a block from 2026-11-29T12:09:00.000Z, and was asked for those of 2026-11-29T12:00:00.000Z to 2026-11-29T12:09:00.000Z: do the clocks of this machine and of the source agree?",
    ],
    [
      "a block from before the stage",
      [errors(of(WELL, 10))],
      at(13, { from: new Date(BEGAN + MINUTE) }),
      "errors: CloudWatch gave a block from 2026-11-29T12:00:00.000Z, and was asked for those of 2026-11-29T12:01:00.000Z to 2026-11-29T12:10:00.000Z: do the clocks of this machine and of the source agree?",
    ],
    [
      "a clock that was set back",
      [errors([])],
      at(-5),
      "this machine's clock says 2026-11-29T11:55:00.000Z, and the weights were written at 2026-11-29T12:00:00.000Z: set the clock right",
    ],
  ])("does not pass on %s", (_, observed, time, missing) => {
    const judged = stageVerdict(CLOUDWATCH, observed, time);
    expect(judged.verdict).toBe("inconclusive");
    expect(judged.missing).toContain(missing);
  });

  test("does not pass before what it never answers would be counted, and falls by it then", () => {
    const BUSY: Row = [0, 2000, 0, 38_000];
    const short = { bake: 60, unanswered: 120 };
    const early = [errors(of(BUSY, 2))];
    expect(stageVerdict(CLOUDWATCH, early, at(5, { ...short, unanswered: 0 })).verdict).toBe("pass");
    const { verdict, missing } = stageVerdict(CLOUDWATCH, early, at(5, short));
    expect([verdict, missing]).toEqual([
      "inconclusive",
      [
        "errors: what gets no answer is counted 2m after it began (crossfade:analysis.unanswered), and by what was counted since then alone it does not pass yet",
      ],
    ]);
    expect(stageVerdict(CLOUDWATCH, [errors(of(BUSY, 4))], at(7, short)).verdict).toBe("pass");
    const hangs = errors([...of(BUSY, 2), [400, 2000, 0, 38_000]]);
    expect(stageVerdict(CLOUDWATCH, [hangs], at(6, short)).verdict).toBe("regression");
  });

  test.each<[string, Observed]>([
    ["a few answers of the balancer's own", errors(of(WELL, 10), [{ unattributed: 3 }])],
    [
      "one block uncounted",
      errors(
        [...of(WELL, 10), [0, 0, 0, 0]],
        Array.from({ length: 11 }, (_, i) => (i < 10 ? {} : { uncounted: "…" })),
      ),
    ],
    ["five minutes without a request, as at night", errors([...of(WELL, 10), ...of(SILENT, 5)])],
  ])("passes with %s", (_, observed) => {
    const minutes = "blocks" in observed ? observed.blocks.length : 0;
    expect(stageVerdict(CLOUDWATCH, [observed], at(minutes + 3))).toMatchObject({ verdict: "pass", missing: [] });
  });

  test("is over when its deadline is, and the last block before it has settled; that is no pass", () => {
    const few = [errors(of([0, 3, 0, 57], 10))];
    expect(stageVerdict(CLOUDWATCH, few, at(40)).isOver).toBe(false);
    expect(stageVerdict(CLOUDWATCH, few, at(44))).toMatchObject({ isOver: true, verdict: "inconclusive" });
  });

  test.each([
    ["before its first block", 0.5, 4],
    ["while the first block is on its way", 3.9, 4],
    ["when the first one has come", 4, 5],
    ["later", 12.5, 13],
  ])("is to be looked at again when there is a block more: %s", (_, now, again) => {
    expect(stageVerdict(CLOUDWATCH, [], at(now)).lookAgainAt).toEqual(at(again).now);
  });

  test("has only blocks that lie in it, as whole ones, and have settled", () => {
    const from = new Date(BEGAN + 1000);
    expect(settledStarts(CLOUDWATCH, from, at(6.9).now)).toEqual([BEGAN + MINUTE, BEGAN + 2 * MINUTE]);
    expect(settledStarts(CLOUDWATCH, from, at(4.9).now)).toEqual([]);
    expect(settledStarts(CLOUDWATCH, from, at(-90).now)).toEqual([]);
  });
});

describe("judged from a source", () => {
  /** Gives what is there at that moment: a killed command has no memory, and needs none. */
  function sourceOf(rows: Row[], change: Partial<MetricSource> = {}): MetricSource {
    const all = blocksOf(rows);
    return {
      ...CLOUDWATCH,
      async blocks(_, from, to) {
        const starts = settledStarts(CLOUDWATCH, from, to);
        return all.filter(({ startMs }) => starts.includes(startMs));
      },
      ...change,
    };
  }

  test("a problem of the source is inconclusive, and a mistake of ours is not hidden", async () => {
    const fails = (error: Error) => sourceOf([], { blocks: () => Promise.reject(error) });
    const judged = await judgeStage(fails(new MetricProblem("no answer in 10 s")), [ERRORS], at(13));
    expect(judged).toMatchObject({ verdict: "inconclusive", missing: ["errors: no answer in 10 s"] });
    await expect(judgeStage(fails(new TypeError("x is undefined")), [ERRORS], at(13))).rejects.toThrow(
      "x is undefined",
    );
  });

  const row = fc.tuple(fc.nat(3), fc.integer({ min: 3, max: 300 }), fc.nat(10), fc.integer({ min: 10, max: 3000 }));
  const stream = fc.array(row, { minLength: 10, maxLength: 30 });

  test("a command that begins anew says what one says that has looked on since the begin", async () => {
    await fc.assert(
      fc.asyncProperty(stream, async (rows) => {
        const source = sourceOf(rows);
        const end = at(rows.length + 3);
        for (let minute = 1; minute < rows.length; minute += 4) await judgeStage(source, [ERRORS], at(minute));
        expect(await judgeStage(source, [ERRORS], end)).toEqual(await judgeStage(sourceOf(rows), [ERRORS], end));
      }),
      { ...RUNS, numRuns: 50 },
    );
  });

  test("passes only if every metric does, is a regression if any is, and no doubt ever turns a verdict into a better one", () => {
    const rank = { regression: 0, inconclusive: 1, pass: 2 };
    fc.assert(
      fc.property(stream, stream, fc.array(fc.nat(50), { minLength: 30, maxLength: 30 }), (one, other, own) => {
        const time = at(Math.max(one.length, other.length) + 3);
        const both = stageVerdict(CLOUDWATCH, [errors(one), slow(other)], time);
        const verdicts = [judge(blocksOf(one), ERRORS), judge(blocksOf(other), SLOW)].map(({ verdict }) => verdict);
        expect(both.verdict === "regression").toBe(verdicts.includes("regression"));
        if (both.verdict === "pass") expect(verdicts).toEqual(["pass", "pass"]);
        const doubted = errors(
          one,
          own.map((unattributed) => ({ unattributed })),
        );
        const alone = stageVerdict(CLOUDWATCH, [errors(one)], time);
        const withDoubt = stageVerdict(CLOUDWATCH, [doubted], time);
        expect(rank[withDoubt.verdict]).toBeLessThanOrEqual(rank[alone.verdict]);
        expect(withDoubt.verdict === "regression").toBe(alone.verdict === "regression");
      }),
      RUNS,
    );
  });
});
