import fc from "fast-check";
import { expect, test } from "vitest";
import { entryPoints } from "../traffic/update/entry-points";
import { momentAfter } from "../traffic/update/moment";
import { bounded, exhaustive } from "../traffic/update/plan-check";
import { orderedPlan } from "../traffic/update/step-order";
import { randomPlan } from "./random-plans";
import { randomRecords } from "./random-records";
import { planned } from "./small-programs";

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
console.log(`seed of the random plans: ${seed} (SEED=${seed} runs the same again)`);
const RUNS = { seed, numRuns: Number(process.env.RUNS ?? 1500) };

test.each([
  ["rules", randomPlan],
  ["records", randomRecords],
])("of random %s the bound passes nothing that trying all sets refuses, and its loss is no smaller", (of, plans) => {
  const seen = { refused: 0, boundOnly: 0, passed: 0 };
  fc.assert(
    fc.property(plans, ([before, after]) => {
      const plan = orderedPlan(...planned(before, after));
      for (const entry of entryPoints(plan.entities)) {
        const now = entry.answer(momentAfter(() => false)).share;
        const steps = [...entry.touched].flatMap((e) => e.steps);
        const all = exhaustive(entry, plan, steps, now);
        const bound = bounded(entry, plan, now);
        seen[all ? "refused" : bound ? "boundOnly" : "passed"]++;
        if (all) expect(bound?.lost ?? 0).toBeGreaterThanOrEqual(all.lost - 1e-9);
      }
    }),
    RUNS,
  );
  console.log(`entry points of the random ${of}: ${JSON.stringify(seen)}`);
  expect(seen.refused).toBeGreaterThan(0);
  expect(seen.passed).toBeGreaterThan(0);
});
