import type { Entity, Form, Step } from "./entity";
import type { OrderedPlan } from "./step-order";

/** Where an update stands, as far as it is known. */
export interface Moment {
  /** Every form that something may have now, each with what is known once it has it. */
  forms(entity: Entity): readonly Possibility[];
}

export interface Possibility {
  /** The form, and its place among the entity's forms. */
  form: Form | undefined;
  index: number;
  given: Moment;
}

/** Whether something is still obeyed as it was before the update, whatever has been done to it. */
export type AsBefore = (entity: Entity) => boolean;

const nothing: AsBefore = () => false;

/** The moment at which these steps are done and no others. It may be asked again when others are. */
export function momentAfter(isDone: (step: Step) => boolean, isAsBefore = nothing): Moment {
  const known = new Map<Entity, readonly (readonly Possibility[])[]>();
  const moment: Moment = {
    forms: (entity) => {
      let possibilities = known.get(entity);
      if (!possibilities) {
        possibilities = entity.forms.map((form, index) => [{ form, index, given: moment }]);
        known.set(entity, possibilities);
      }
      return possibilities[isAsBefore(entity) ? 0 : doneOf(entity, isDone)] ?? [];
    },
  };
  return moment;
}

function doneOf({ steps }: Entity, isDone: (step: Step) => boolean): number {
  let done = 0;
  for (const step of steps) if (isDone(step)) done++;
  return done;
}

/** Any moment of the plan at all. What is asked for is narrowed down by what was asked before, in the engine's order. */
export function anyMoment({ steps, before }: OrderedPlan, isAsBefore = nothing): Moment {
  const place = new Map(steps.map((step, i) => [step, i]));
  const must = (step: Step | undefined) => (step && before.get(step)) ?? 0n;
  const moment = (done: bigint, undone: Step[]): Moment => ({
    forms: (entity) =>
      entity.forms.flatMap((form, index) => {
        // Its steps may be done or not: that narrows nothing down.
        if (isAsBefore(entity)) return index === 0 ? [{ form, index, given: moment(done, undone) }] : [];
        const last = entity.steps[index - 1];
        const next = entity.steps[index];
        const nowDone = done | must(last);
        const notYet = next ? [...undone, next] : undone;
        const possible = notYet.every((step) => !((nowDone >> BigInt(place.get(step) ?? 0)) & 1n));
        return possible ? [{ form, index, given: moment(nowDone, notYet) }] : [];
      }),
  });
  return moment(0n, []);
}

/** Up to so many combinations of forms are told apart. */
const COMBINATIONS = 1024;

/** Every combination of forms that these may have together now, by their indexes; undefined where they are too many. */
export function assignments(
  entities: readonly Entity[],
  moment: Moment,
): { indexes: readonly number[]; given: Moment }[] | undefined {
  let ways: { indexes: number[]; given: Moment }[] = [{ indexes: [], given: moment }];
  for (const entity of entities) {
    ways = ways.flatMap(({ indexes, given }) =>
      given.forms(entity).map((p) => ({ indexes: [...indexes, p.index], given: p.given })),
    );
    if (ways.length > COMBINATIONS) return undefined;
  }
  return ways;
}
