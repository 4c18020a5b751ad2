import type { Properties } from "../record";
import { select } from "./json-path";

/**
 * Whether an object is what its annotation `pulumi.com/waitFor` waits for: one expression, or a JSON list of which all must hold
 * (pulumi-kubernetes, provider/pkg/metadata/overrides.go, `ReadyCondition`).
 * @throws where an expression is none that it knows
 */
export function isAsWaitedFor(annotation: string, object: Properties): boolean {
  const expressions: string[] = annotation.startsWith("[") ? JSON.parse(annotation) : [annotation];
  return expressions.every((expression) => holds(expression, object));
}

function holds(expression: string, object: Properties): boolean {
  const [, path, wanted] = /^jsonpath=\{(.*)\}(?:=(.*))?$/.exec(expression) ?? [];
  if (path !== undefined) {
    const found = select(path.trim(), object);
    return found.length > 0 && (wanted === undefined || String(found[0]) === wanted);
  }
  const [, type, status = "True"] = /^condition=([^=]+)(?:=(.*))?$/.exec(expression) ?? [];
  if (type === undefined) throw new Error(`expected a "jsonpath=" or "condition=" prefix, got "${expression}"`);
  return select(`$.status.conditions[?@.type == '${type}' && @.status == '${status}']`, object).length > 0;
}
