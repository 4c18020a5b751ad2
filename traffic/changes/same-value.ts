import { UNKNOWN } from "../resource";

/**
 * Whether a provider would see no difference: JSON text by its content, `8080` and `"8080"` alike, lists of plain values as
 * sets, keys that begin with `__` (the engine's own) left out. Something unknown is the same as nothing.
 */
export function sameValue(before: unknown, after: unknown): boolean {
  if (containsUnknown(before) || containsUnknown(after)) return false;
  return JSON.stringify(canonical(before)) === JSON.stringify(canonical(after));
}

export function containsUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  return value !== null && typeof value === "object" && Object.values(value).some(containsUnknown);
}

function canonical(value: unknown): unknown {
  if (typeof value === "string") return canonicalText(value);
  if (Array.isArray(value)) {
    const items = value.map(canonical);
    return items.every((item) => typeof item !== "object") ? items.sort() : items;
  }
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value)
      .filter(([key, v]) => !key.startsWith("__") && v !== undefined && v !== null)
      .map(([key, v]) => [key, canonical(v)] as const);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  return value === undefined || value === null ? undefined : String(value);
}

function canonicalText(value: string): unknown {
  if (!/^\s*[[{]/.test(value)) return value;
  try {
    return canonical(JSON.parse(value));
  } catch {
    return value;
  }
}
