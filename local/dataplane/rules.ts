import type { IncomingMessage } from "node:http";
import type { Action, Condition, DesiredRule } from "./desired";

export type Forward = Extract<Action, { kind: "forward" }>;

export function firstMatch(rules: readonly DesiredRule[], request: IncomingMessage): DesiredRule | undefined {
  return rules.find((rule) => rule.conditions.every((condition) => holds(condition, request)));
}

function holds(condition: Condition, request: IncomingMessage): boolean {
  switch (condition.kind) {
    case "host":
      return matches(condition.values, request.headers.host?.replace(/:\d+$/, ""), "i");
    case "path":
      return matches(condition.values, request.url?.replace(/\?.*$/, ""), "");
    case "header": {
      const { name, values, isExact } = condition;
      const given = request.headers[name.toLowerCase()]?.toString();
      return isExact ? given !== undefined && values.includes(given) : matches(values, given, "i");
    }
  }
}

/** `*` stands for any characters, `?` for exactly one. */
function matches(patterns: readonly string[], text: string | undefined, flags: string): boolean {
  return patterns.some((pattern) => {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".");
    return text !== undefined && new RegExp(`^${source}$`, flags).test(text);
  });
}

/** The group that a request goes to, or none if all weights are 0. A cookie outranks the weights, even a weight of 0. */
export function chooseGroup(action: Forward, cookies: string | undefined, random: () => number): string | undefined {
  const bound = action.stickinessSeconds === undefined ? undefined : boundGroup(cookies);
  if (action.groups.some((group) => group.targetGroupArn === bound)) return bound;
  let left = random() * action.groups.reduce((sum, group) => sum + group.weight, 0);
  for (const group of action.groups) {
    if (left < group.weight) return group.targetGroupArn;
    left -= group.weight;
  }
  return undefined;
}

/** Clients take the value as opaque. It holds its own end, so that a client that keeps it longer is not bound longer. */
export function bindingCookie(targetGroupArn: string, seconds: number): string {
  const end = Date.now() + seconds * 1000;
  const value = Buffer.from(`${end} ${targetGroupArn}`).toString("base64url");
  return `AWSALBTG=${value}; Expires=${new Date(end).toUTCString()}; Path=/`;
}

function boundGroup(cookies: string | undefined): string | undefined {
  const value = /(?:^|;)\s*AWSALBTG=([^;]*)/.exec(cookies ?? "")?.[1] ?? "";
  const [end, targetGroupArn] = Buffer.from(value, "base64url").toString().split(" ");
  return Number(end) > Date.now() ? targetGroupArn : undefined;
}
