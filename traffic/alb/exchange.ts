import type { Exchange } from "../update/entry-point";
import { type Condition, covers, isMatched } from "./rule-conditions";

/**
 * What a rule asks for in the place of what these requests meet: other values, not only fewer of them. Undefined where it asks
 * for no others.
 */
export function exchangeOf(
  before: readonly Condition[],
  after: readonly Condition[],
  requests: readonly Condition[],
): Exchange | undefined {
  // It takes nothing that it did not take.
  if (covers(before, after)) return undefined;
  const unmet = after.filter((asked) => !covers([asked], requests));
  const found = unmet.map((asked) => exchangeIn(asked, before, after));
  const taken = distinct(found.flatMap((one) => one.taken));
  return taken.length > 0 ? { taken, former: distinct(found.flatMap((one) => one.former)) } : undefined;
}

/** What one condition asks for in the place of others: of those of its field, or of those of a field that is asked for no more. */
function exchangeIn(asked: Condition, before: readonly Condition[], after: readonly Condition[]): Exchange {
  const own = before.filter(({ field }) => field === asked.field);
  if (!isList(asked)) return { taken: [], former: [] };
  if (own.length > 0) return { taken: unmatched([asked], own), former: unmatched(own, [asked]) };
  const dropped = before.filter((one) => isList(one) && !after.some(({ field }) => field === one.field));
  return dropped.length > 0 ? { taken: named([asked]), former: named(dropped) } : { taken: [], former: [] };
}

/** Of what is compared as it is written, a longer list cannot be told from another one. */
function isList({ values }: Condition): boolean {
  return !values.has("");
}

/** The values of the first that none of the others matches. */
function unmatched(conditions: readonly Condition[], others: readonly Condition[]): string[] {
  const all = conditions.flatMap(({ values }) => [...values]);
  return all.filter((value) => !others.some(({ values }) => isMatched(value, values)));
}

function named(conditions: readonly Condition[]): string[] {
  return conditions.flatMap(({ field, values }) => [...values].map((value) => `${field} ${value}`));
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
