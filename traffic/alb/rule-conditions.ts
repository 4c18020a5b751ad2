import { containsUnknown } from "../changes/same-value";
import { at, list, PREVIEW_HEADER, text } from "../resource";

/** One thing that a rule asks of a request. */
export interface Condition {
  field: string;
  /** Any of these will do. */
  values: ReadonlySet<string>;
}

/** All of them must hold. Undefined where they are not known before the update. */
export type Conditions = readonly Condition[] | undefined;

/** What every host, and every path, meets: `*` is "0 or more characters" (ELB guide, "Condition types for listener rules"). */
const EVERY: Readonly<Record<string, RegExp>> = { hostHeader: /^\*+$/, pathPattern: /^\/?\*+$/ };

export function conditionsOf(conditions: unknown): Conditions {
  if (containsUnknown(conditions)) return undefined;
  return list(conditions).flatMap((condition) =>
    Object.entries((condition ?? {}) as object).flatMap(([kind, asked]) => {
      if (kind.startsWith("__") || asked === null || asked === undefined) return [];
      const values = kind === "queryStrings" ? list(asked).map(queryString) : list(at(asked, "values")).map(String);
      // So the provider writes down that none is asked for.
      if (kind === "queryStrings" && values.length === 0) return [];
      // Something else than a list of values is compared as it is written.
      if (values.length === 0) return [{ field: `${kind} ${JSON.stringify(asked)}`, values: new Set([""]) }];
      const header = text(at(asked, "httpHeaderName"))?.toLowerCase();
      // Asked of every request and met by each, it asks for nothing.
      if (values.some((value) => EVERY[kind]?.test(value))) return [];
      const field = header === undefined ? kind : `${kind} ${header}`;
      return [{ field, values: new Set(kind === "hostHeader" ? values.map((v) => v.toLowerCase()) : values) }];
    }),
  );
}

/** One without a key may stand anywhere in the query. */
function queryString(asked: unknown): string {
  return `${text(at(asked, "key")) ?? ""}=${text(at(asked, "value")) ?? ""}`;
}

/** Whether a rule asks for the header that no live user sends. */
export function isPreview(conditions: unknown): boolean {
  return list(conditions).some(
    (condition) => text(at(condition, "httpHeader", "httpHeaderName"))?.toLowerCase() === PREVIEW_HEADER,
  );
}

/** Whether every request that meets `requests` meets these. */
export function covers(conditions: readonly Condition[], requests: readonly Condition[]): boolean {
  return conditions.every(({ field, values }) =>
    requests.some((asked) => asked.field === field && [...asked.values].every((value) => isMatched(value, values))),
  );
}

/**
 * Whether a pattern matches the value, or all that the value stands for where it is one itself: `/shop/*` does `/shop/cart/*`. For
 * that a `*` of the value is met by a `*` alone, as it may be any number of characters.
 */
export function isMatched(value: string, patterns: ReadonlySet<string>): boolean {
  if (patterns.has(value)) return true;
  return [...patterns].some((pattern) => {
    const text = pattern
      .replace(/[\\^$.|+()[\]{}]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", "[^*]");
    return new RegExp(`^${text}$`, "s").test(value);
  });
}

/** The same requests, apart by which value of each condition they meet. What is not known has none. */
export function oneByOne(conditions: Conditions): Condition[][] {
  return (conditions ?? []).reduce<Condition[][]>(
    (all, { field, values }) => all.flatMap((one) => [...values].map((v) => [...one, { field, values: new Set([v]) }])),
    conditions ? [[]] : [],
  );
}

/** Whether no request meets both: sure only where one field must be two different things. */
export function areApart(a: readonly Condition[], b: readonly Condition[]): boolean {
  return a.some(({ field, values }) =>
    b.some(
      (other) =>
        other.field === field &&
        ONE_OF.test(field) &&
        [...values].every((v) => [...other.values].every((w) => patternsApart(v, w))),
    ),
  );
}

/** What a request has one of. */
const ONE_OF = /^(hostHeader|pathPattern|httpRequestMethod|httpHeader \S+)$/;

/** `*` and `?` are wildcards: what stands before the first of them must differ. */
function patternsApart(a: string, b: string): boolean {
  const [p = "", q = ""] = [a, b].map((pattern) => pattern.split(/[*?]/)[0]);
  if (p === a && q === b) return a !== b;
  if (p === a) return !a.startsWith(q);
  if (q === b) return !b.startsWith(p);
  return !p.startsWith(q) && !q.startsWith(p);
}
