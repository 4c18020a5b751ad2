/** Whether two property values are the same to a provider; the order of an object's keys says nothing. */
export function sameProperties(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

/** A text that is the same for the same values. */
export function canonical(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? "";
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([key]) => !key.startsWith("__"));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
}
