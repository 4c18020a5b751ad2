import { type Live, listOf, numberOf } from "./resources";

export interface WeightedGroup {
  /** The target group, as the action refers to it. */
  readonly group: string;
  readonly weight: number;
}

/** What a rule or a listener does with a request in the end. */
export type Action =
  | { readonly kind: "forward"; readonly groups: readonly WeightedGroup[]; readonly stickySeconds?: number }
  | { readonly kind: "fixed"; readonly status: number }
  | { readonly kind: "redirect" };

/** The routing action: the last one; authentication comes before it and lets every simulated client pass. */
export function actionOf(blocks: readonly Record<string, unknown>[]): Action {
  const ordered = [...blocks].sort((one, other) => numberOf(one.order, 0) - numberOf(other.order, 0));
  const last = ordered.findLast(({ type }) => typeof type !== "string" || !type.startsWith("authenticate"));
  if (last?.type === "redirect") return { kind: "redirect" };
  if (last?.type === "fixed-response") {
    const [fixed] = listOf(last.fixedResponse) as { statusCode?: unknown }[];
    return { kind: "fixed", status: numberOf(fixed?.statusCode, 200) };
  }
  return forward(last ?? {});
}

function forward(block: Record<string, unknown>): Action {
  const [config] = listOf(block.forward) as { targetGroups?: unknown; stickiness?: unknown }[];
  const listed = listOf(config?.targetGroups) as { arn?: unknown; weight?: unknown }[];
  // The provider sends a weight of 1 where the program gives none.
  const given = listed.length > 0 ? listed : [{ arn: block.targetGroupArn }];
  const groups = given.map(({ arn, weight }) => ({ group: referenceOf(arn), weight: numberOf(weight, 1) }));
  const [stickiness] = listOf(config?.stickiness) as { enabled?: unknown; duration?: unknown }[];
  const sticky = stickiness?.enabled === true || stickiness?.enabled === "true";
  return { kind: "forward", groups, ...(sticky && { stickySeconds: numberOf(stickiness?.duration, 86_400) }) };
}

function referenceOf(arn: unknown): string {
  if (typeof arn === "string") return arn;
  throw new Error("a forward action has no known target group: give planned resources ARNs of your own");
}

export function defaultActionOf(listener: Live): Action {
  return actionOf(listener.objects("defaultActions"));
}

/** The groups that an action forwards to, whatever their weights: what makes a group "used in a rule". */
export function groupsOf(action: Action): string[] {
  return action.kind === "forward" ? action.groups.map(({ group }) => group) : [];
}
