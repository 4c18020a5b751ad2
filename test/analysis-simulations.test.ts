import { describe, expect, test } from "vitest";
import type { Block } from "../cli/analysis/counts";
import { type Criteria, toleratedRate } from "../cli/analysis/criteria";
import { type Judged, judge } from "../cli/analysis/judge";
import { smallestRegression, type Watched } from "../cli/analysis/smallest-regression";
import { type Bursts, burstySeconds, byMinute, independent, poisson } from "./analysis-streams";
import { Random } from "./reference/random";

/** `TRIALS=10000` is the long form. */
const TRIALS = Number(process.env.TRIALS ?? 250);
const seed = Number(process.env.SEED ?? 8);
console.log(`analysis: ${TRIALS} simulations a case with SEED=${seed}`);

const ALPHA = 0.05;
/** Three standard deviations above alpha: what chance alone would exceed once in a thousand cases, were alpha just kept. */
const MOST = ALPHA + 3 * Math.sqrt((ALPHA * (1 - ALPHA)) / TRIALS);

/** The part of the streams that ended with each verdict; a pass is what is passed at any moment. */
function simulate(what: string, criteria: Criteria, stream: (random: Random) => Block[]): Record<string, number> {
  const random = new Random(seed);
  const ended: Record<Judged["verdict"], number> = { regression: 0, pass: 0, inconclusive: 0 };
  for (let trial = 0; trial < TRIALS; trial++) ended[verdictOf(stream(random), criteria)] += 1 / TRIALS;
  const parts = Object.entries(ended).map(([verdict, part]) => `${verdict} ${(part * 100).toFixed(1)} %`);
  console.log(`${what}: ${parts.join(", ")}`);
  return ended;
}

/** As by a caller who looks after each tenth block, and takes the first verdict that there is. */
function verdictOf(blocks: Block[], criteria: Criteria): Judged["verdict"] {
  for (let seen = 10; seen < blocks.length; seen += 10) {
    const { verdict } = judge(blocks.slice(0, seen), criteria);
    if (verdict !== "inconclusive") return verdict;
  }
  return judge(blocks, criteria).verdict;
}

describe("at the very edge of the tolerance, either verdict is wrong at most alpha of the time", () => {
  test.each<[tolerance: number, stable: number, events: [number, number]]>([
    [0.01, 0, [50, 950]],
    [0.01, 0.001, [50, 950]],
    [0.01, 0.05, [50, 950]],
    [0.01, 0.3, [200, 200]],
    [0.01, 0.01, [3, 57]],
    [0.001, 0.02, [300, 900]],
    [0.1, 0.02, [900, 100]],
    // Far from rare.
    [0.2, 0.6, [20, 20]],
    [0.5, 0.8, [2, 2]],
    [0.5, 0.3, [1, 1]],
    [0.3, 0.5, [1, 20]],
  ])("a tolerance of %d, stable at %d, events %j a minute", (tolerance, stable, events) => {
    const criteria = { alpha: ALPHA, tolerance, burst: 1 };
    const rates = [toleratedRate(stable, tolerance), stable] as const;
    const what = `edge of ${tolerance} beside ${stable}, ${events.join("/")}`;
    const { regression, pass } = simulate(what, criteria, (random) => independent(60, events, () => rates, random));
    expect(regression).toBeLessThan(MOST);
    expect(pass).toBeLessThan(MOST);
  });

  test("also when the rates of both go up and down a hundredfold with the time of day", () => {
    const criteria = { alpha: ALPHA, tolerance: 0.001, burst: 1 };
    const rates = (minute: number) => {
      const stable = 0.02 * 10 ** Math.sin(minute / 4);
      return [toleratedRate(stable, criteria.tolerance), stable] as const;
    };
    const { regression, pass } = simulate("edge, by time of day", criteria, (random) =>
      independent(120, [100, 900], rates, random),
    );
    expect(regression).toBeLessThan(MOST);
    expect(pass).toBeLessThan(MOST);
  });
});

describe("bursts in both versions alike", () => {
  const criteria = { alpha: ALPHA, tolerance: 0.001, burst: 40 };

  test.each<Bursts>([
    { rate: 20, share: 0.05, perMinute: 1, seconds: 40 },
    { rate: 20, share: 0.25, perMinute: 1, seconds: 40 },
  ])("are no regression by the minute, and by the second they are: %o", (bursts) => {
    const what = `A/A with ${JSON.stringify(bursts)}`;
    const byTheMinute = simulate(`${what}, by the minute`, criteria, (random) =>
      byMinute(burstySeconds(30, bursts, random)),
    );
    expect(byTheMinute.regression).toBeLessThan(MOST);
    // The control: a block that is shorter than a burst counts one cause many times.
    const random = new Random(seed);
    let alarms = 0;
    for (let trial = 0; trial < TRIALS / 5; trial++) {
      if (judge(burstySeconds(30, bursts, random), criteria).verdict === "regression") alarms++;
    }
    console.log(`${what}, by the second: regression ${((500 * alarms) / TRIALS).toFixed(1)} %`);
    expect(alarms / (TRIALS / 5)).toBeGreaterThan(2 * ALPHA);
  });

  test("no verdict is wrong more than alpha of the time where bursts are counted as such, and else both are", () => {
    const tolerance = 0.01;
    const lumps = (random: Random): Block[] =>
      Array.from({ length: 60 }, (_, minute) => ({
        startMs: minute,
        candidate: { bad: Math.min(200, 20 * poisson((0.01 * 200) / 20, random)), all: 200 },
        stable: { bad: 0, all: 800 },
      }));
    const counted = simulate("at the edge in bursts of 20", { alpha: ALPHA, tolerance, burst: 20 }, lumps);
    expect(counted.regression).toBeLessThan(MOST);
    expect(counted.pass).toBeLessThan(MOST);
    const uncounted = simulate("the same, with a burst of 1", { alpha: ALPHA, tolerance, burst: 1 }, lumps);
    expect(uncounted.regression).toBeGreaterThan(2 * ALPHA);
    expect(uncounted.pass).toBeGreaterThan(2 * ALPHA);
  });
});

describe("what is there is found", () => {
  const criteria = { alpha: 0.01, tolerance: 0.01, burst: 10 };

  test.each<Omit<Watched, "blockSeconds" | "seconds">>([
    { rate: 10, share: 0.05, stableRate: 0.001 },
    { rate: 100, share: 0.25, stableRate: 0.01 },
    { rate: 100, share: 0.5, stableRate: 0 },
  ])("the smallest regression that a stage can see, nine times in ten: %o", (stage) => {
    const watched = { ...stage, seconds: 600, blockSeconds: 60 };
    const rate = smallestRegression(watched, criteria) ?? Number.NaN;
    const events = [600 * (stage.rate / 10) * stage.share, 600 * (stage.rate / 10) * (1 - stage.share)] as const;
    const seen = (candidate: number) =>
      simulate(`${JSON.stringify(stage)} at ${(candidate * 100).toFixed(2)} %`, criteria, (random) =>
        independent(10, [Math.round(events[0]), Math.round(events[1])], () => [candidate, stage.stableRate], random),
      ).regression;
    expect(seen(rate)).toBeGreaterThan(0.9 - 3 * Math.sqrt((0.9 * 0.1) / TRIALS));
    // It is no idle bound: of a third of what is beyond the tolerance little is seen.
    const edge = toleratedRate(stage.stableRate, criteria.tolerance);
    expect(seen(edge + (rate - edge) / 3)).toBeLessThan(0.5);
  });
});
