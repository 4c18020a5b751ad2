import { listOf } from "./resources";

/** What a rule sees of a request. */
export interface RequestLine {
  readonly host: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Condition = (request: RequestLine) => boolean;

/** `*` matches 0 or more characters and `?` exactly one (rule `wildcards`). */
export function pattern(text: string, caseSensitive: boolean): RegExp {
  const source = text
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${source}$`, caseSensitive ? "s" : "is");
}

/** A text that a pattern matches. */
export function sampleOf(text: string): string {
  return text.replace(/[*?]/g, "x");
}

/**
 * One condition block of a rule. All its parts must be met; of a part's values one is enough.
 *
 * Hosts and headers match in any case, paths do not. A query string or a source address is taken to match nobody: no simulated
 * client has one; of the methods, clients use GET.
 */
export function conditionOf(block: Record<string, unknown>): Condition {
  const parts: Condition[] = [];
  const values = (part: unknown) => listOf((part as { values?: unknown } | undefined)?.values).map(String);
  const oneOf = (texts: string[], caseSensitive: boolean) => {
    const patterns = texts.map((text) => pattern(text, caseSensitive));
    return (subject: string | undefined) => subject !== undefined && patterns.some((one) => one.test(subject));
  };
  for (const part of listOf(block.hostHeader)) {
    const matches = oneOf(values(part), false);
    parts.push(({ host }) => matches(host));
  }
  for (const part of listOf(block.pathPattern)) {
    const matches = oneOf(values(part), true);
    parts.push(({ path }) => matches(path));
  }
  for (const part of listOf(block.httpHeader)) {
    const name = String((part as { httpHeaderName?: unknown }).httpHeaderName ?? "").toLowerCase();
    const matches = oneOf(values(part), false);
    parts.push(({ headers }) =>
      matches(Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1]),
    );
  }
  for (const part of listOf(block.httpRequestMethod)) parts.push(() => values(part).includes("GET"));
  if (listOf(block.queryStrings).length > 0 || listOf(block.sourceIp).length > 0) parts.push(() => false);
  return (request) => parts.every((part) => part(request));
}
