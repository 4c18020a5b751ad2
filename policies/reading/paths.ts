import { type Resource, sameValue } from "../../traffic";

/** Whether two forms of a resource differ in one of these properties: paths such as `spec.rules.matches`, through lists too. */
export function differs(before: Resource, after: Resource, paths: readonly string[]): boolean {
  return paths.some((path) => {
    const [had, has] = [before, after].map(({ inputs }) => through(inputs, path.split(".")));
    return !sameValue(had, has);
  });
}

function through(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return value;
  if (Array.isArray(value)) return value.map((item) => through(item, [key, ...rest]));
  const inner = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : value;
  return through(inner, rest);
}
