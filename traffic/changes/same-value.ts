import { type Properties, UNKNOWN } from "../resource";

/**
 * Whether a provider would see no difference: JSON text by its content, `8080` and `"8080"` alike, lists of plain values as
 * sets, keys that begin with `__` (the engine's own) left out. Something unknown is the same as nothing.
 */
export function sameValue(before: unknown, after: unknown): boolean {
  return !containsUnknown(before) && !containsUnknown(after) && sameKnown(before, after);
}

/** Most of what is compared is equal as it stands: only where a part is not, it is brought to one form. */
function sameKnown(before: unknown, after: unknown): boolean {
  if (before === after) return true;
  if (isObject(before) && isObject(after)) return sameObject(before, after);
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    if (before.every((item, i) => sameKnown(item, after[i]))) return true;
  }
  return JSON.stringify(canonical(before)) === JSON.stringify(canonical(after));
}

function sameObject(before: Properties, after: Properties): boolean {
  for (const key in after) if (isCompared(key) && !sameKnown(before[key], after[key])) return false;
  for (const key in before) if (isCompared(key) && !(key in after) && !isAbsent(before[key])) return false;
  return true;
}

function isObject(value: unknown): value is Properties {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Keys that begin so are the engine's own. */
function isCompared(key: string): boolean {
  return !key.startsWith("__");
}

export function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

export function containsUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (value === null || typeof value !== "object") return false;
  for (const key in value) if (containsUnknown((value as Properties)[key])) return true;
  return false;
}

function canonical(value: unknown): unknown {
  if (typeof value === "string") return canonicalText(value);
  if (Array.isArray(value)) {
    const items = value.map(canonical);
    return items.every((item) => typeof item !== "object") ? items.sort() : items;
  }
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value)
      .filter(([key, v]) => isCompared(key) && !isAbsent(v))
      .map(([key, v]) => [key, canonical(v)] as const);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  return isAbsent(value) ? undefined : String(value);
}

function canonicalText(value: string): unknown {
  if (!/^\s*[[{]/.test(value)) return value;
  try {
    return canonical(JSON.parse(value));
  } catch {
    return value;
  }
}
