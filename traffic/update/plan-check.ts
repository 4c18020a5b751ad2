import type { PlannedChange } from "../changes/planned-change";
import type { Resource } from "../resource";
import type { Step } from "./entity";
import type { EntryPoint } from "./entry-point";
import { entryPoints } from "./entry-points";
import { type AsBefore, anyMoment, momentAfter } from "./moment";
import { isAdoptedLate } from "./moves-traffic";
import { type PendingOperation, worlds } from "./pending-operation";
import { type OrderedPlan, orderedPlan } from "./step-order";

/** A moment at which an update could stop, or be, and at which requests are lost that are answered now. */
export interface Interruption {
  /** The resource that takes the requests in. */
  urn: string;
  /** A phrase such as `the requests of rule "shop"`. */
  requests: string;
  /** The share of them that is answered now and not then, 0 to 1. */
  lost: number;
  why: readonly string[];
  /** The last steps that are done then; without one of them nothing is lost. */
  after: readonly Step[];
  /** The steps not done yet, each of which would end it. */
  until: readonly Step[];
  /** The update ends with a loss. */
  forGood: boolean;
  /** More steps than can all be tried: the moment is not known, and the share is at most this. */
  bounded: boolean;
  /** What took the requests takes others in their place. */
  exchanged: boolean;
  /** Lost only where routes are still followed as they were before the update: by nodes and caches that have not heard of it. */
  unadopted: boolean;
}

/** Up to so many steps all sets of them are tried. */
export const TRIED = 16;

/** Rounding is no loss. */
const EPSILON = 1e-9;

/**
 * Where an update loses requests on its way: for each entry point the smallest set of steps, such as the engine can have done,
 * after which fewer of its requests are answered than now. What is lost before the update is not counted.
 *
 * @param stays the replacements and deletions that are to be judged as if the old one stayed and became the new one
 * @param pending what an earlier update was doing when it was stopped
 * @throws where there is more of that than can be tried
 */
export function interruptions(
  prior: readonly Resource[],
  desired: readonly Resource[],
  changes: readonly PlannedChange[],
  stays: (change: PlannedChange) => boolean = () => false,
  pending: readonly PendingOperation[] = [],
): Interruption[] {
  const found = new Map<string, Interruption>();
  for (const world of worlds(prior, changes, pending)) {
    const plan = orderedPlan(world.prior, desired, world.changes, stays);
    for (const one of entryPoints(plan.entities).flatMap((entry) => interruption(entry, plan) ?? [])) {
      const key = JSON.stringify([one.after, one.why]);
      if (!found.has(key)) found.set(key, { ...one, why: [...one.why, ...world.given] });
    }
  }
  return [...found.values()];
}

/** Where the update loses requests of one entry point; undefined where it loses none. */
export function interruption(entry: EntryPoint, plan: OrderedPlan): Interruption | undefined {
  const steps = [...entry.touched].flatMap((e) => e.steps);
  if (steps.length === 0) return undefined;
  const now = entry.answer(momentAfter(() => false)).share;
  if (now === 0) return undefined;
  const last = entry.answer(momentAfter(() => true));
  if (last.retired && last.share < now) return undefined;
  for (const routes of [AT_ONCE, UNADOPTED]) {
    // What the bound passes no set of steps loses: there is nothing to look for.
    const bound = bounded(entry, plan, now, routes);
    const found = bound && steps.length <= TRIED ? exhaustive(entry, plan, steps, now, routes) : bound;
    if (found) return found;
  }
  return undefined;
}

/** How routes are followed. */
interface Routes {
  unadopted: boolean;
  isAsBefore?: AsBefore;
}

/** As the steps have made them. */
const AT_ONCE: Routes = { unadopted: false };

/**
 * As before, for nodes and caches hear of a change at no known time. Those who answer are what the updates have made of them; what
 * is deleted or replaced has policies of its own, which read the routes so too (`spare`).
 */
const UNADOPTED: Routes = {
  unadopted: true,
  isAsBefore: ({ type, forms }) => isAdoptedLate(type) || forms.at(-1) === undefined,
};

/** Tries every set of steps in which none lacks one that must come before it, the small ones first. */
export function exhaustive(
  entry: EntryPoint,
  plan: OrderedPlan,
  steps: readonly Step[],
  now: number,
  { unadopted, isAsBefore }: Routes = AT_ONCE,
): Interruption | undefined {
  const place = new Map(steps.map((step, i) => [step, i]));
  const needs = steps.map((step) =>
    steps.reduce((set, other, i) => (mustPrecede(plan, other, step) ? set | (1 << i) : set), 0),
  );
  const all = (1 << steps.length) - 1;
  let done = 0;
  const moment = momentAfter((step) => ((done >> (place.get(step) ?? 31)) & 1) === 1, isAsBefore);
  const answerAfter = (set: number) => {
    done = set;
    return entry.answer(moment);
  };
  for (const level of levels(needs)) {
    const losing = level
      .map((set) => ({ set, answer: answerAfter(set) }))
      .filter((x) => x.answer.share < now - EPSILON);
    const [least] = losing.sort((a, b) => a.answer.share - b.answer.share);
    if (!least) continue;
    const inside = (step: Step) => ((least.set >> (place.get(step) ?? 31)) & 1) === 1;
    const cures = steps.filter(
      (step, i) => !inside(step) && answerAfter(least.set | (needs[i] ?? 0) | (1 << i)).share >= now - EPSILON,
    );
    return {
      urn: entry.urn,
      requests: entry.requests,
      lost: now - least.answer.share,
      why: least.answer.why,
      after: ends(steps.filter(inside), (a, b) => mustPrecede(plan, a, b)),
      until: ends(cures, (a, b) => mustPrecede(plan, b, a)),
      forGood: answerAfter(all).share < now - EPSILON,
      bounded: false,
      exchanged: least.answer.exchanged === true,
      unadopted,
    };
  }
  return undefined;
}

/** The sets in which no step lacks one that it needs, as bits: those of no step, those of one, and so on. */
function* levels(needs: readonly number[]): Generator<number[]> {
  const seen = new Uint8Array(1 << needs.length);
  for (let level = [0]; level.length > 0; ) {
    yield level;
    const next: number[] = [];
    for (const set of level) {
      for (const [i, need] of needs.entries()) {
        const wider = set | (1 << i);
        if (wider === set || (need & ~set) !== 0 || seen[wider]) continue;
        seen[wider] = 1;
        next.push(wider);
      }
    }
    level = next;
  }
}

/** At most so much is lost at any moment: what hangs on what is followed in the engine's order, but not all at once. */
export function bounded(
  entry: EntryPoint,
  plan: OrderedPlan,
  now: number,
  { unadopted, isAsBefore }: Routes = AT_ONCE,
): Interruption | undefined {
  const { share, why, exchanged = false } = entry.answer(anyMoment(plan, isAsBefore));
  if (share >= now - EPSILON) return undefined;
  const { urn, requests } = entry;
  const steps = { after: [], until: [], forGood: false, bounded: true };
  return { urn, requests, lost: now - share, why, ...steps, exchanged, unadopted };
}

function mustPrecede(plan: OrderedPlan, first: Step, second: Step): boolean {
  return first !== second && (((plan.before.get(second) ?? 0n) >> BigInt(plan.steps.indexOf(first))) & 1n) === 1n;
}

/** The steps that no other of them comes after. */
function ends(steps: readonly Step[], isBefore: (a: Step, b: Step) => boolean): Step[] {
  return steps.filter((step) => !steps.some((other) => isBefore(step, other)));
}
