import { planOf } from "../../policies/plan";
import { judgeAll, rules } from "../../policies/rules";
import { interruptions, plannedChanges } from "../../traffic";
import { albEntryPoints } from "../../traffic/alb/entry-points";
import { exhaustive, TRIED } from "../../traffic/update/plan-check";
import { orderedPlan } from "../../traffic/update/step-order";
import {
  balancer,
  deployed,
  forward,
  group,
  listener,
  type Program,
  previewed,
  rule,
  service,
} from "../small-programs";
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

/** The plan check alone, where every step is free of every other and nothing is lost: its worst case. */
export function stepsTable(counts: readonly number[]): string[] {
  const lines = counts.map((count) => {
    const prior = deployed(scaled(count, 2));
    const desired = previewed(scaled(count, 3), prior);
    const changes = plannedChanges(prior, desired);
    const plan = orderedPlan(prior, desired, changes);
    const [entry] = albEntryPoints(plan.entities).filter(({ urn }) => urn.endsWith("::shop"));
    const sets = count <= TRIED && entry ? ms(best(() => exhaustive(entry, plan, plan.steps, 1))) : "-";
    return `| ${plan.steps.length} | ${ms(best(() => interruptions(prior, desired, changes)))} | ${sets} |`;
  });
  return ["| free steps | the plan check | all their sets, one by one |", "| --- | --- | --- |", ...lines];
}

/** Groups with a service each, of so many tasks. */
function scaled(groups: number, tasks: number): Program {
  const names = Array.from({ length: groups }, (_, n) => `g${n}`);
  return [
    balancer(),
    listener(),
    ...names.flatMap((name) => [group(name), service(`${name}-s`, name, { desiredCount: tasks })]),
    rule("shop", {}, forward(Object.fromEntries(names.map((name) => [name, 1])))),
  ];
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
