import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Block } from "../cli/analysis/counts";
import { type Criteria, toleratedRate } from "../cli/analysis/criteria";
import { bet, evidence, passFactors, regressionFactors, type Wealth } from "../cli/analysis/evidence";
import { judge } from "../cli/analysis/judge";
import { judgedText } from "../cli/analysis/judged-text";
import { smallestRegression, type Watched } from "../cli/analysis/smallest-regression";

const seed = Number(process.env.SEED ?? 8);
console.log(`analysis: properties with SEED=${seed}`);
const RUNS = { seed, numRuns: 300 };

const CRITERIA: Criteria = { alpha: 0.01, tolerance: 0.01, burst: 1 };
const WORDS = { events: "answers", bad: "failed" };

type Row = [candidateBad: number, candidateAll: number, stableBad: number, stableAll: number];

function blocksOf(...rows: Row[]): Block[] {
  return rows.map(([bad, all, stableBad, stableAll], index) => ({
    startMs: index * 60_000,
    candidate: { bad, all },
    stable: { bad: stableBad, all: stableAll },
  }));
}

function times(count: number, row: Row): Row[] {
  return Array.from({ length: count }, () => row);
}

function text(rows: Row[], criteria = CRITERIA): string {
  return judgedText(judge(blocksOf(...rows), criteria), criteria, WORDS);
}

describe("the verdict", () => {
  test.each<[string, Row[], string]>([
    [
      "a regression",
      times(4, [12, 50, 1, 950]),
      "12 of 50 answers failed, of stable's 1 of 950: a regression of more than 1 % (alpha 0.01)",
    ],
    [
      "a candidate that is well beside a stable that is not",
      times(4, [0, 500, 100, 950]),
      "0 of 2,000 answers failed, of stable's 400 of 3,800: a regression of more than 1 % is excluded (alpha 0.01)",
    ],
    [
      "as many errors as stable, and not enough answers",
      times(4, [1, 50, 19, 950]),
      "4 of 200 answers failed, of stable's 76 of 3,800: inconclusive; " +
        "to exclude a regression of more than 1 % takes about 3,522 more answers of the candidate, if they are like stable's (alpha 0.01)",
    ],
    [
      "no request at all",
      [],
      "0 of 0 answers failed, of stable's 0 of 0: inconclusive; " +
        "to exclude a regression of more than 1 % takes about 603 more answers of the candidate, if they are like stable's (alpha 0.01)",
    ],
  ])("is told: %s", (_, rows, expected) => {
    expect(text(rows)).toBe(expected);
  });

  test("says that a pass cannot be had where it cannot", () => {
    expect(text([[500, 1000, 500, 1000]], { ...CRITERIA, tolerance: 1e-9 })).toContain(
      "inconclusive, and stable itself does too badly for a regression of more than 0.0000001 % ever to be excluded",
    );
  });

  test("is no pass where one version had nothing to answer, be it for years", () => {
    for (const row of [
      [0, 0, 0, 1000],
      [0, 1000, 0, 0],
      [1000, 1000, 0, 0],
    ] satisfies Row[]) {
      const judged = judge(blocksOf(...times(1000, row)), CRITERIA);
      expect(judged).toEqual({
        verdict: "inconclusive",
        candidate: { bad: 0, all: 0 },
        stable: { bad: 0, all: 0 },
        missing: 603,
      });
    }
  });

  test.each<[string, Row, (events: number) => Row]>([
    ["no errors", [0, 150, 0, 2850], (events) => [0, events, 0, 19 * events]],
    ["stable's errors", [3, 150, 57, 2850], (events) => [events / 50, events, (19 * events) / 50, 19 * events]],
  ])("is a pass when what was missing has come, with %s", (_, row, next) => {
    const judged = judge(blocksOf(row), CRITERIA);
    const missing = judged.verdict === "inconclusive" ? judged.missing : null;
    // Whole errors of either version.
    const enough = Math.ceil((missing ?? Number.NaN) / 50) * 50;
    expect(judge(blocksOf(row, next(enough)), CRITERIA).verdict).toBe("pass");
    expect(judge(blocksOf(row, next(enough - 50)), CRITERIA).verdict).toBe("inconclusive");
  });

  test("stays a regression, and a pass is taken back by what comes after it", () => {
    const bad = times(4, [12, 50, 0, 950]);
    const good = times(20, [0, 50, 0, 950]);
    expect(judge(blocksOf(...good), CRITERIA).verdict).toBe("pass");
    expect(judge(blocksOf(...bad, ...times(100, [0, 50, 0, 950])), CRITERIA).verdict).toBe("regression");
    expect(judge(blocksOf(...good, [15, 50, 0, 950]), CRITERIA).verdict).toBe("inconclusive");
    expect(judge(blocksOf(...good, ...times(9, [40, 50, 0, 950])), CRITERIA).verdict).toBe("regression");
  });

  test("is no regression after one block in which all failed, as one cause may have it; after some it is", () => {
    const tolerant = { ...CRITERIA, burst: 50 };
    expect(judge(blocksOf([50, 50, 0, 950]), tolerant).verdict).toBe("inconclusive");
    expect(judge(blocksOf(...times(3, [50, 50, 0, 950])), tolerant).verdict).toBe("regression");
  });

  test("is a regression after one block in which all failed, where no one cause can have it", () => {
    expect(judge(blocksOf([1500, 1500, 0, 1500]), CRITERIA).verdict).toBe("regression");
  });

  test.each<[string, Block[], Partial<Criteria>, string]>([
    ["more bad than all", blocksOf([3, 2, 0, 1]), {}, "the candidate in the block from 0: 3 bad of 2 events"],
    [
      "a count that shrank",
      blocksOf([0, 2, -1, 1]),
      {},
      "stable in the block from 0: -1 is no count of events: has its",
    ],
    ["no number", blocksOf([0, Number.NaN, 0, 1]), {}, "NaN is no count of events"],
    ["half an event", blocksOf([0.5, 1, 0, 1]), {}, "0.5 is no count of events"],
    [
      "no time",
      blocksOf([0, 1, 0, 1]).map((block) => ({ ...block, startMs: Number.NaN })),
      {},
      "begins at NaN: no time",
    ],
    ["a block twice", [...blocksOf([0, 1, 0, 1]), ...blocksOf([0, 1, 0, 1])], {}, "counted twice"],
    ["no alpha", [], { alpha: 0 }, "alpha must be between 0 and 1, such as 0.01, not 0"],
    ["no tolerance", [], { tolerance: 0 }, "tolerance must be between 0 and 1, such as 0.01, not 0"],
    ["a burst of nothing", [], { burst: 0 }, "burst must be 1 or more, such as 10, not 0"],
  ])("is none on %s", (_, blocks, criteria, message) => {
    expect(() => judge(blocks, { ...CRITERIA, ...criteria })).toThrow(message);
  });
});

const counts = fc.tuple(fc.nat(60), fc.nat(60)).map(([bad, good]) => ({ bad, all: bad + good + 1 }));
const block = fc.record({ startMs: fc.constant(0), candidate: counts, stable: counts });
const criteria = fc.record({
  alpha: fc.constant(0.01),
  tolerance: fc.double({ min: 0.0001, max: 0.5, noNaN: true }),
  burst: fc.integer({ min: 1, max: 50 }),
});

function both(blocks: Block[], by: Criteria): [regression: number, pass: number] {
  const add = (factors: (block: Block, by: Criteria) => Wealth) =>
    evidence(blocks.reduce<Wealth>((wealth, each) => bet(wealth, factors(each, by)), []));
  return [add(regressionFactors), add(passFactors)];
}

/** Of so many bad ones among so many independent events. */
function chance(bad: number, all: number, rate: number): number {
  let ways = 1;
  for (let i = 0; i < bad; i++) ways *= (all - i) / (i + 1);
  return ways * rate ** bad * (1 - rate) ** (all - bad);
}

describe("the evidence", () => {
  test("is that of the formula without logarithms", () => {
    const stakes = Array.from({ length: 16 }, (_, i) => 0.5 - 0.5 * Math.cos((Math.PI / 32) * (2 * i + 1)));
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 3 }), criteria, (blocks, by) => {
        const a = by.tolerance;
        const product = (factor: (x: number, n: number, y: number, m: number) => number) =>
          blocks.reduce((p, { candidate: c, stable: s }) => p * factor(c.bad, c.all, s.bad, s.all), 1);
        const byBlock = stakes.map((s) => product((x, n, y, m) => 1 - s + s * (x / (x + y + a * m) / (n / (n + m)))));
        const byLump = (v: (k: number) => number) =>
          product((x, n, y, m) => {
            const k = ((1 - a) * n) / m;
            return ((1 + v(k)) ** x * (1 - k * v(k)) ** y * Math.exp(-v(k) * a * n)) ** (1 / by.burst);
          });
        const regressionByLump = stakes.map((s) => byLump((k) => s / k));
        const passByLump = stakes.map((s) => byLump(() => -s));
        const [regression, passed] = both(blocks, by);
        expect(Math.exp(regression) / mean([...byBlock, ...regressionByLump])).toBeCloseTo(1, 8);
        // Where a pass is out of the question the product itself is too small for a number.
        if (passed > -300) expect(Math.exp(passed) / mean(passByLump)).toBeCloseTo(1, 8);
      }),
      RUNS,
    );
  });

  test("of no bet is above 1 on average at the edge of the tolerance, by all that can happen in a block", () => {
    const sizes = [1, 2, 3, 8];
    const rates = [0, 0.01, 0.2, 0.5, 0.8, 0.99, 1];
    const tolerances = [0.01, 0.3, 0.8];
    /** The highest mean of any bet, where the candidate has that rate beside that of stable. */
    const highest = (rateOf: (stable: number, tolerance: number) => number) => {
      let most = 0;
      for (const n of sizes) {
        for (const m of sizes) {
          for (const tolerance of tolerances) {
            const table = Array.from({ length: (n + 1) * (m + 1) }, (_, i) => {
              const [x, y] = [i % (n + 1), Math.floor(i / (n + 1))];
              const each = { startMs: 0, candidate: { bad: x, all: n }, stable: { bad: y, all: m } };
              const by = { ...CRITERIA, tolerance };
              return { x, y, factors: [...regressionFactors(each, by), ...passFactors(each, by)] };
            });
            for (const stable of rates) {
              const candidate = Math.min(1, rateOf(stable, tolerance));
              const means = table[0]?.factors.map((_, bet) =>
                table.reduce((sum, { x, y, factors }) => {
                  return sum + chance(x, n, candidate) * chance(y, m, stable) * Math.exp(factors[bet] ?? Number.NaN);
                }, 0),
              );
              most = Math.max(most, ...(means ?? [Number.NaN]));
            }
          }
        }
      }
      return most;
    };
    expect(highest(toleratedRate)).toBeLessThanOrEqual(1 + 1e-12);
    // The controls: a little above the edge a bet on a regression wins, and a little below one on a pass.
    expect(highest((stable, tolerance) => toleratedRate(stable, tolerance) + 0.01)).toBeGreaterThan(1.001);
    expect(highest((stable, tolerance) => toleratedRate(stable, tolerance) - 0.01)).toBeGreaterThan(1.001);
  });

  test("rises with what is bad on its side and falls with what is bad on the other", () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 4 }), block, criteria, (before, last, by) => {
        const [regression, pass] = both([...before, last], by);
        for (const [version, sign] of [
          ["candidate", 1],
          ["stable", -1],
        ] as const) {
          const { bad, all } = last[version];
          if (bad === all) continue;
          const worse = { ...last, [version]: { bad: bad + 1, all } };
          const [regressionThen, passThen] = both([...before, worse], by);
          expect(sign * (regressionThen - regression)).toBeGreaterThanOrEqual(-1e-9);
          expect(sign * (passThen - pass)).toBeLessThanOrEqual(1e-9);
        }
      }),
      RUNS,
    );
  });

  test("does not ask in which order blocks come", () => {
    fc.assert(
      fc.property(fc.array(block, { minLength: 2, maxLength: 8 }), criteria, (blocks, by) => {
        const [regression, pass] = both(blocks, by);
        const [regressionBack, passBack] = both([...blocks].reverse(), by);
        expect(regressionBack).toBeCloseTo(regression, 8);
        expect(passBack).toBeCloseTo(pass, 8);
      }),
      RUNS,
    );
  });

  test("asks for more where more is tolerated, and a pass for more where bursts are greater", () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 6 }), criteria, (blocks, by) => {
        const [regression, pass] = both(blocks, by);
        const [regressionMore, passMore] = both(blocks, { ...by, tolerance: by.tolerance * 1.5 });
        expect(regressionMore).toBeLessThanOrEqual(regression + 1e-9);
        expect(passMore).toBeGreaterThanOrEqual(pass - 1e-9);
        const [, passOfLumps] = both(blocks, { ...by, burst: by.burst * 2 });
        expect(passOfLumps).toBeLessThanOrEqual(pass / 2 + 1e-9);
      }),
      RUNS,
    );
  });
});

describe("the smallest regression that a stage can see", () => {
  const stage: Watched = { rate: 100, share: 0.05, seconds: 600, blockSeconds: 60, stableRate: 0.001 };
  const seen = (change: Partial<Watched>, by: Partial<Criteria> = {}) =>
    smallestRegression({ ...stage, ...change }, { ...CRITERIA, burst: 10, ...by }) ?? Number.POSITIVE_INFINITY;

  test("shrinks with the rate, the time, and what is put up with", () => {
    expect(seen({})).toBeGreaterThan(0.011);
    expect(seen({})).toBeLessThan(0.05);
    expect(seen({ rate: 10 })).toBeGreaterThan(seen({}));
    expect(seen({ rate: 1 })).toBeGreaterThan(0.2);
    expect(seen({ seconds: 3600 })).toBeLessThan(seen({}));
    expect(seen({ stableRate: 0.02 })).toBeGreaterThan(seen({}) + 0.01);
    expect(seen({}, { alpha: 0.05 })).toBeLessThan(seen({}));
    expect(seen({}, { tolerance: 0.001 })).toBeLessThan(seen({}));
  });

  test("is none where there is no time to see any", () => {
    expect(smallestRegression({ ...stage, seconds: 59 }, CRITERIA)).toBeNull();
    expect(smallestRegression({ ...stage, rate: 0.1 }, CRITERIA)).toBeNull();
    expect(smallestRegression({ ...stage, stableRate: 1 }, CRITERIA)).toBeNull();
  });

  test.each<[Partial<Watched>, string]>([
    [{ rate: 0 }, "rate must be more than 0 events a second, not 0"],
    [{ share: 1 }, "share must be between 0 and 1: the candidate is compared with a stable beside it, not 1"],
    [{ seconds: Number.NaN }, "seconds must be 0 or more, not NaN"],
    [{ blockSeconds: 0 }, "blockSeconds must be more than 0, not 0"],
    [{ stableRate: 1.5 }, "stableRate must be 0 to 1, not 1.5"],
  ])("is not asked of %o", (change, message) => {
    expect(() => smallestRegression({ ...stage, ...change }, CRITERIA)).toThrow(message);
  });
});
