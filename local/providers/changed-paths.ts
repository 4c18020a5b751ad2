import { sameProperties } from "./same-properties";

/** The paths at which two values differ, as the engine writes them: `spec.ports[0].port`, `metadata.labels["a.b/c"]`. */
export function changedPaths(before: unknown, after: unknown, path = ""): string[] {
  if (sameProperties(before, after)) return [];
  if (!isObject(before) || !isObject(after) || Array.isArray(before) !== Array.isArray(after)) return [path];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => !key.startsWith("__"));
  return keys.flatMap((key) => {
    const step = Array.isArray(before) ? `[${key}]` : /^\w+$/.test(key) ? `.${key}` : `["${key}"]`;
    return changedPaths(before[key], after[key], `${path}${step}`.replace(/^\./, ""));
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object";
}
