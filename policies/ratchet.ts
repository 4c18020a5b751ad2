import { nameOf, type Resource } from "../traffic";
import type { Plan } from "./plan";
import type { Finding } from "./policy";
import { type State, stateOf } from "./reading/state";

/** Something bad about a state, whoever made it so. */
export interface Problem extends Finding {
  /** Tells it from the policy's other problems of the same resource. */
  kind: string;
  /**
   * How bad it is: one that grows is a new one.
   * @default 0
   */
  badness?: number;
  /** It is bad practice, and loses nothing by itself: outside of a component of ours it is advice. */
  practice?: boolean;
}

/**
 * What a state is worse by than the one before: a problem that was there is told in one line of advice, one that is new or has
 * grown is refused. So a pack can be switched on for any stack on the first day.
 */
export function ratchet(plan: Plan, problemsOf: (state: State) => Problem[]): Finding[] {
  const before = new Map<string, number>();
  for (const { urn, kind, badness = 0 } of problemsOf(stateOf(plan.prior))) {
    const key = `${urn} ${kind}`;
    before.set(key, Math.max(badness, before.get(key) ?? Number.NEGATIVE_INFINITY));
  }
  const desired = stateOf(plan.desired);
  const formerUrns = new Map(plan.desired.map((r) => [r.urn, [r.urn, ...(r.aliases ?? [])]]));
  const wasSo = ({ urn, kind, badness = 0 }: Problem) =>
    (formerUrns.get(urn) ?? [urn]).some(
      (former) => (before.get(`${former} ${kind}`) ?? Number.NEGATIVE_INFINITY) >= badness,
    );

  const problems = problemsOf(desired);
  // The engine hands a pack its resources in no order: the line is to be the same each time.
  const old = problems.filter(wasSo).sort((a, b) => (a.urn < b.urn ? -1 : 1));
  const fresh = problems
    .filter((problem) => !wasSo(problem))
    .map(({ kind, badness, practice, ...finding }): Finding => {
      const resource = desired.get(finding.urn);
      const isAdvice = practice === true && resource !== undefined && !desired.isOurs(resource);
      return isAdvice ? { ...finding, advisory: true } : finding;
    });
  return [...fresh, ...(old.length > 0 ? [oneLine(old, desired)] : [])];
}

function oneLine(old: readonly Problem[], desired: State): Finding {
  const [first, ...more] = old as [Problem, ...Problem[]];
  const names = [...new Set(old.map(({ urn }) => named(desired.get(urn), urn)))];
  const shown = names.slice(0, 5).join(", ");
  return {
    urn: first.urn,
    what: `As before this update: ${first.what}${more.length > 0 ? ` And ${more.length} more of the kind (on ${shown}${names.length > 5 ? " and others" : ""}).` : ""}`,
    why: first.why,
    instead: first.instead,
    advisory: true,
  };
}

function named(resource: Resource | undefined, urn: string): string {
  return `"${nameOf(resource?.urn ?? urn)}"`;
}
