import { planOf } from "../../policies/policy";
import { judgeAll, rules } from "../../policies/rules";
import { interruptions, plannedChanges } from "../../traffic";
import { orderedPlan } from "../../traffic/step-order";
import { deployed, forward, group, listener, balancer, type Program, previewed, rule, service } from "../small-programs";
import { stackOf } from "./stacks";

/** The rules alone, without an engine: milliseconds, beside what it takes to read and write the same state as JSON text. */
export function pureTable(counts: readonly number[]): string[] {
  const lines = counts.map((count) => {
    const { prior, desired } = stackOf(count);
    const peer = best(() => JSON.parse(JSON.stringify([prior, desired])));
    const plan = best(() => planOf(prior, desired));
    const planned = planOf(prior, desired);
    const judging = best(() => judgeAll(planned));
    const slowest = rules
      .map((policy) => ({ name: policy.name, took: best(() => policy.judge(planned)) }))
      .sort((a, b) => b.took - a.took)[0];
    const total = plan + judging;
    return `| ${count} | ${ms(peer)} | ${ms(plan)} | ${ms(judging)} | ${ms(total)} | ${(total / peer).toFixed(1)} x | ${((total * 1000) / count).toFixed(0)} | ${slowest?.name} ${ms(slowest?.took ?? 0)} |`;
  });
  return [
    "| resources | JSON there and back | the plan | all rules | together | beside JSON | µs a resource | the slowest rule |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...lines,
  ];
}

/** The plan check alone, where every step is free of every other: its worst case. */
export function stepsTable(counts: readonly number[]): string[] {
  const lines = counts.map((count) => {
    const { before, after } = freeSteps(count);
    const prior = deployed(before);
    const desired = previewed(after, prior);
    const changes = plannedChanges(prior, desired);
    const { steps } = orderedPlan(prior, desired, changes);
    const [found] = interruptions(prior, desired, changes);
    const verdict = found ? `refused${found.bounded ? ", by the bound" : ""}` : "passed";
    return `| ${steps.length} | ${ms(best(() => interruptions(prior, desired, changes)))} | ${verdict} |`;
  });
  return ["| free steps | the plan check | |", "| --- | --- | --- |", ...lines];
}

/** Groups that are filled, each by a service whose last task goes: whichever goes first, the requests lose their share. */
function freeSteps(count: number): { before: Program; after: Program } {
  const names = Array.from({ length: count }, (_, n) => `g${n}`);
  const weights = Object.fromEntries(names.map((name) => [name, 1]));
  const program = (last: number): Program => [
    balancer(),
    listener(),
    ...names.map((name) => group(name)),
    // Two services a group: no single step loses anything, so that many sets must be tried.
    ...names.flatMap((name, i) => [
      service(`${name}-s`, name, { desiredCount: i < count / 2 ? last : 2 }),
      service(`${name}-t`, name, { desiredCount: i < count / 2 ? last : 2 }),
    ]),
    rule("shop", {}, forward(weights)),
  ];
  return { before: program(2), after: program(0) };
}

/** The quickest of some runs, in milliseconds. */
function best(run: () => unknown): number {
  const times = Array.from({ length: 3 }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return Math.min(...times);
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
