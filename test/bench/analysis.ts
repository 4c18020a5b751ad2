import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Block } from "../../cli/analysis/counts";
import type { Criteria } from "../../cli/analysis/criteria";
import { judge } from "../../cli/analysis/judge";
import { burstySeconds, byMinute, independent } from "../analysis-streams";
import { Random } from "../reference/random";
import { type Curve, plot } from "./analysis-plot";
import { isWorse, type Plan, plannedEvents } from "./fixed-horizon";
import { isHigh } from "./mann-whitney";

/**
 * What it takes to catch a regression, and how often there is none where one is called: our sequential test beside the repeated
 * Mann-Whitney U of Kayenta and a test of two proportions that is planned for the size of the regression. `npx tsx
 * test/bench/analysis.ts` prints the table and draws `.crossfade/bench/analysis.svg`; TRIALS=10000 is the default, SEED repeats.
 */
const TRIALS = Number(process.env.TRIALS ?? 10_000);
const SEED = Number(process.env.SEED ?? 8);

const ALPHA = 0.01;
const STABLE_RATE = 0.001;

/** A regression in points of the rate of bad events, and a service that is busy enough for it: events a minute at a stage of 5 %. */
interface Size {
  regression: number;
  /** The candidate's, and stable's. */
  events: [number, number];
}

const SIZES: Size[] = [
  { regression: 0.001, events: [3000, 57_000] },
  { regression: 0.01, events: [300, 5700] },
  { regression: 0.05, events: [60, 1140] },
];

/** A quarter of the regression is tolerated, for Kayenta's judge tolerates a quarter of the shift that it estimates. */
function toleranceFor({ regression }: Size): number {
  return regression / 4;
}

function planFor(size: Size): Plan {
  return { zAlpha: 2.3263, zPower: 1.2816, tolerance: toleranceFor(size) };
}

/** How long a stage is watched. */
const MINUTES = 120;
/** Kayenta looks again after an interval, and wants some values before its first look. */
const KAYENTA_EVERY = 5;
const KAYENTA_FROM = 10;

/** A way to judge: at which minute it calls a regression, if it does. */
type Way = (blocks: readonly Block[]) => number | undefined;

/** The block at which it is found is the last of those that were seen. */
const sequential =
  (criteria: Criteria): Way =>
  (blocks) => {
    const { verdict, candidate } = judge(blocks, criteria);
    if (verdict !== "regression") return undefined;
    let minute = 0;
    for (let seen = 0; seen < candidate.all; minute++) seen += blocks[minute]?.candidate.all ?? 0;
    return minute;
  };

const kayenta: Way = (blocks) => {
  const rates = (version: "candidate" | "stable") => blocks.map(({ [version]: { bad, all } }) => (100 * bad) / all);
  const [candidate, stable] = [rates("candidate"), rates("stable")];
  for (let minute = KAYENTA_FROM; minute <= blocks.length; minute += KAYENTA_EVERY) {
    if (isHigh(candidate.slice(0, minute), stable.slice(0, minute))) return minute;
  }
  return undefined;
};

const onceAt =
  (minute: number, plan: Plan): Way =>
  (blocks) =>
    isWorse(plan, blocks.slice(0, minute)) ? minute : undefined;

const eachMinute =
  (plan: Plan): Way =>
  (blocks) => {
    const at = blocks.findIndex((_, index) => isWorse(plan, blocks.slice(0, index + 1)));
    return at < 0 ? undefined : at + 1;
  };

/** The minutes at which a way called a regression, in order; of the trials in which it did. */
function called(way: Way, stream: (random: Random) => Block[]): number[] {
  const random = new Random(SEED);
  const minutes: number[] = [];
  for (let trial = 0; trial < TRIALS; trial++) {
    const minute = way(stream(random));
    if (minute !== undefined) minutes.push(minute);
  }
  return minutes.sort((a, b) => a - b);
}

function main(): void {
  const began = Date.now();
  console.log(`${TRIALS} trials each, SEED=${SEED}, alpha ${ALPHA}, stable at ${100 * STABLE_RATE} %`);
  const curves = regressions();
  falseAlarms();
  const folder = resolve(__dirname, "../../.crossfade/bench");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "analysis.svg"), plot(curves));
  console.log(`\n${join(folder, "analysis.svg")}, after ${Math.round((Date.now() - began) / 1000)} s`);
}

function regressions(): Curve[] {
  console.log(
    "\n| regression | way | caught within two hours | after so many events of the candidate, half of the trials | nine in ten |",
  );
  console.log("| --- | --- | --- | --- | --- |");
  return SIZES.flatMap((size) => {
    const { regression, events } = size;
    const [perMinute, ofStable] = events;
    const rate = STABLE_RATE + regression;
    const plan = planFor(size);
    const planned = plannedEvents(plan, rate, STABLE_RATE, ofStable / perMinute);
    const stream = (random: Random) => independent(MINUTES, events, () => [rate, STABLE_RATE], random);
    const ways: [string, Way][] = [
      ["sequential, ours", sequential({ alpha: ALPHA, tolerance: toleranceFor(size), burst: 1 })],
      ["Mann-Whitney, repeated", kayenta],
      ["fixed horizon", onceAt(Math.ceil(planned / perMinute), plan)],
    ];
    return ways.map(([name, way]): Curve => {
      const minutes = called(way, stream);
      const after = (part: number) => {
        const minute = minutes[Math.ceil(part * TRIALS) - 1];
        return minute === undefined ? "-" : (minute * perMinute).toLocaleString("en");
      };
      const of = `${100 * regression} %`;
      console.log(`| ${of} | ${name} | ${share(minutes.length)} | ${after(0.5)} | ${after(0.9)} |`);
      return { name: `${of}, ${name}`, points: minutes.map((minute, i) => [minute * perMinute, (i + 1) / TRIALS]) };
    });
  });
}

function falseAlarms(): void {
  console.log("\n| nothing is worse, for two hours | way | false alarms, with a 99 % interval |\n| --- | --- | --- |");
  const [, size] = SIZES as [Size, Size, Size];
  const plan = planFor(size);
  const bursts = { rate: 100, share: 0.05, perMinute: 1, seconds: 40 };
  const streams: [string, number, (random: Random) => Block[]][] = [
    ["independent events, 0.1 % bad", 1, alike(size, 0.001)],
    ["independent events, 5 % bad", 1, alike(size, 0.05)],
    ["bursts of 40 events", 40, (random) => byMinute(burstySeconds(MINUTES, bursts, random))],
  ];
  for (const [what, burst, stream] of streams) {
    const ways: [string, Way][] = [
      ["sequential, ours, each minute", sequential({ alpha: ALPHA, tolerance: toleranceFor(size), burst })],
      [`Mann-Whitney, every ${KAYENTA_EVERY} minutes`, kayenta],
      ["two proportions, each minute", eachMinute(plan)],
      ["two proportions, once at the end", onceAt(MINUTES, plan)],
    ];
    for (const [name, way] of ways) console.log(`| ${what} | ${name} | ${share(called(way, stream).length)} |`);
  }
}

function alike({ events }: Size, rate: number) {
  return (random: Random) => independent(MINUTES, events, () => [rate, rate], random);
}

/** Of all trials, with Wilson's interval. */
function share(count: number): string {
  const z = 2.5758;
  const p = count / TRIALS;
  const middle = (p + z ** 2 / (2 * TRIALS)) / (1 + z ** 2 / TRIALS);
  const half = (z / (1 + z ** 2 / TRIALS)) * Math.sqrt((p * (1 - p)) / TRIALS + z ** 2 / (4 * TRIALS ** 2));
  const percent = (value: number) => (100 * value).toFixed(2);
  return `${percent(p)} % (${percent(Math.max(0, middle - half))} to ${percent(Math.min(1, middle + half))})`;
}

main();
