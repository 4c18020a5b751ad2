import type { Block } from "../cli/analysis/counts";
import type { Random } from "./reference/random";

/** How many of so many independent events are bad. */
export function binomial(events: number, rate: number, random: Random): number {
  if (rate >= 1) return events;
  if (rate <= 0) return 0;
  let bad = 0;
  // From one bad event to the next.
  for (let at = -1; ; bad++) {
    at += 1 + Math.floor(Math.log(1 - random.next()) / Math.log1p(-rate));
    if (at >= events) return bad;
  }
}

export function poisson(mean: number, random: Random): number {
  let count = 0;
  for (let time = random.gap(1); time < mean; time += random.gap(1)) count++;
  return count;
}

/** Independent events, at rates of that minute. */
export function independent(
  minutes: number,
  [candidateEvents, stableEvents]: readonly [number, number],
  rates: (minute: number) => readonly [candidate: number, stable: number],
  random: Random,
): Block[] {
  return Array.from({ length: minutes }, (_, minute) => {
    const [candidateRate, stableRate] = rates(minute);
    return {
      startMs: minute * 60_000,
      candidate: { bad: binomial(candidateEvents, candidateRate, random), all: candidateEvents },
      stable: { bad: binomial(stableEvents, stableRate, random), all: stableEvents },
    };
  });
}

export interface Bursts {
  /** Events a second of both versions together. */
  rate: number;
  /** The candidate's part of them. */
  share: number;
  /** Causes a minute, each of which spoils events of one client. */
  perMinute: number;
  /** Of one cause: one bad event a second, for so many seconds from some second on. */
  seconds: number;
}

/** Both versions alike, second by second; a cause hits one of them, by its share, and stays with it until it is over. */
export function burstySeconds(minutes: number, bursts: Bursts, random: Random): Block[] {
  const { rate, share, perMinute, seconds } = bursts;
  const length = minutes * 60;
  const blocks = Array.from({ length }, (_, second) => {
    const candidate = binomial(rate, share, random);
    return {
      startMs: second * 1000,
      candidate: { bad: 0, all: candidate },
      stable: { bad: 0, all: rate - candidate },
    };
  });
  const causes = poisson(perMinute * minutes, random);
  for (let cause = 0; cause < causes; cause++) {
    const version = random.next() < share ? "candidate" : "stable";
    const from = Math.floor(random.next() * length);
    for (const block of blocks.slice(from, from + seconds)) {
      block[version].all += 1;
      block[version].bad += 1;
    }
  }
  return blocks;
}

/** The same events, counted by the minute. */
export function byMinute(seconds: readonly Block[]): Block[] {
  const minutes: Block[] = [];
  for (const [index, { startMs, candidate, stable }] of seconds.entries()) {
    if (index % 60 === 0) minutes.push({ startMs, candidate: { bad: 0, all: 0 }, stable: { bad: 0, all: 0 } });
    const minute = minutes.at(-1) as Block;
    minute.candidate.bad += candidate.bad;
    minute.candidate.all += candidate.all;
    minute.stable.bad += stable.bad;
    minute.stable.all += stable.all;
  }
  return minutes;
}
