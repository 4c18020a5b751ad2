import { RULES, type RuleName } from "./rules";

/** Why a request was lost, in a word, with the status that the client sees (none: no HTTP answer at all) and the rule. */
export const LOSSES = {
  "name-not-resolved": { rule: "dns-cache" },
  "connection-refused": { rule: "balancer-takes-listeners" },
  "connection-cut": { rule: "deletion-cuts" },
  "no-rule": { status: 404, rule: "default-action" },
  "no-weight": { status: 503, rule: "all-weights-zero" },
  "no-registered-targets": { status: 503, rule: "no-registered-targets" },
  "group-deleted": { status: 503, rule: "deletion-cuts" },
  "no-targets-in-zone": { status: 503, rule: "empty-zone" },
  "initial-health-checks": { status: 503, rule: "initial-health-checks" },
  "target-refused": { status: 502, rule: "target-refuses" },
  "target-failed": { status: 500, rule: "healthy-only" },
  "cut-by-delay": { status: 502, rule: "deregistration-delay" },
  "cut-by-stop": { status: 502, rule: "target-closes" },
} as const satisfies Record<string, { status?: number; rule: RuleName }>;

export type LossReason = keyof typeof LOSSES;

/** AWS's sentence (or the assumption) behind a loss. */
export function explain(reason: LossReason): string {
  const { says, page } = RULES[LOSSES[reason].rule];
  return page ? `${says} (${page})` : `Assumed: ${says}`;
}
