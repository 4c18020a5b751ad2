/**
 * What a JSONPath selects in a value: RFC 9535, without slices, descendants and functions.
 * @throws where it is none
 */
export function select(path: string, value: unknown, root = value): unknown[] {
  const [segment = "", name, quoted, bracket] = SEGMENT.exec(path) ?? [];
  const rest = segment === "" ? path : path.slice(segment.length - (bracket === undefined ? 0 : 1));
  if (bracket !== undefined) {
    const end = closing(rest);
    return below(rest.slice(1, end), value, root).flatMap((inner) => select(rest.slice(end + 1), inner, root));
  }
  if (segment === "") {
    if (path.trim() === "") return [value];
    throw new Error(`the local cluster cannot read the JSONPath ${path}`);
  }
  return below(name ?? `'${quoted}'`, value, root).flatMap((inner) => select(rest, inner, root));
}

/** `.name`, `.*` or the beginning of `[…]`, after the `$` or `@` in front of all. */
const SEGMENT = /^[$@]?(?:\.([\w*-]+)|\['([^']*)'\]|(\[))/;

/** Where the bracket at the beginning is closed; brackets in quotes or in other brackets are not. */
function closing(text: string): number {
  let depth = 0;
  for (const { 0: part, index } of text.matchAll(/'[^']*'|"[^"]*"|[[\]]/g)) {
    if (part === "[") depth++;
    if (part === "]" && --depth === 0) return index;
  }
  throw new Error(`the local cluster cannot read the JSONPath ${text}: a bracket is not closed`);
}

function below(selector: string, value: unknown, root: unknown): unknown[] {
  const text = selector.trim();
  const inside = value !== null && typeof value === "object" ? Object.values(value) : [];
  if (text === "*") return inside;
  if (text.startsWith("?")) return inside.filter((inner) => holds(text.slice(1).trim(), inner, root));
  const key = text.replace(/^['"](.*)['"]$/, "$1");
  const found = (value as Record<string, unknown> | null | undefined)?.[key];
  return found === undefined ? [] : [found];
}

function holds(condition: string, value: unknown, root: unknown): boolean {
  const text = condition.trim().replace(/^\(([^()]*)\)$/, "$1");
  if (text.includes("||")) return text.split("||").some((part) => holds(part, value, root));
  if (text.includes("&&")) return text.split("&&").every((part) => holds(part, value, root));
  const [, left = "", operator, right = ""] = /^(.*?)\s*(==|!=)\s*(.*)$/.exec(text) ?? [];
  if (operator === undefined) return operand(text, value, root) !== undefined;
  return (operand(left, value, root) === operand(right, value, root)) === (operator === "==");
}

function operand(text: string, value: unknown, root: unknown): unknown {
  if (text.startsWith("@")) return select(text, value, root)[0];
  if (text.startsWith("$")) return select(text, root, root)[0];
  return JSON.parse(text.replace(/^'(.*)'$/, '"$1"'));
}
