import type { LiveTarget, TargetState } from "../live/wire";
import { borneByOne, type Load, neededTargets } from "./needed-targets";

/** What an environment's targets must be before it gets a share of the requests. */
export interface HealthAsked {
  /** The share that it is to get, 0 to 1. */
  share: number;
  /** Its targets now. */
  targets: readonly LiveTarget[];
  /** The others that requests go to now, each with its share of them, 0 to 1. */
  others: readonly { targets: readonly LiveTarget[]; share: number }[];
  /** The share that it has now, 0 to 1. */
  had: number;
  headroom?: number;
}

/** How an environment stands before it gets a share, and what is wanting. */
export interface Judged {
  /**
   * - `ready`: it can carry it.
   * - `few`: it has less than it needs, and that is no reason to keep requests from it.
   * - `waits`: it cannot carry it yet, which time may mend.
   * - `unattached`: its group is in no rule, so that nobody checks its targets.
   * - `stuck`: it cannot carry it, and time does not mend that.
   */
  stands: "ready" | "few" | "waits" | "unattached" | "stuck";
  words: string;
}

/**
 * Whether an environment can carry a share: enough healthy targets by the arithmetic of policy `capacity`, and these in as many
 * zones as the others' are in, as far as there are targets enough for that. Only `healthy` counts: a balancer sends nothing to a
 * target in its first checks, and to unhealthy ones only where no other is there.
 */
export function judgeHealth({ share, targets, others, had, headroom }: HealthAsked): Judged {
  const healthy = targets.filter(({ state }) => state === "healthy");
  const running: Load[] = [
    { targets: healthy.length, share: had },
    ...others.map((other) => ({ targets: countHealthy(other.targets), share: other.share })),
  ];
  const borne = borneByOne(running.filter(({ targets: count }) => count > 0));
  const needed = Math.max(1, borne === undefined ? 1 : neededTargets(share, borne, headroom));
  const zones = zonesOf(healthy);
  const theirs = new Set(
    others.filter((other) => other.share > 0).flatMap(({ targets: all }) => zonesOf(all.filter(isHealthy))),
  );
  // Of instances and functions no zone is told.
  const zonesNeeded = zones.length === 0 ? 0 : Math.min(needed, theirs.size);
  const words = `${healthy.length} of ${needed} targets healthy${statesInWords(targets)}`;
  if (healthy.length >= needed && zones.length >= zonesNeeded) return { stands: "ready", words };
  if (targets.length > 0 && targets.every(({ state }) => state === "unused")) {
    return { stands: "unattached", words: `none of its ${targets.length} targets is checked: its group is in no rule` };
  }
  if (healthy.length < needed) return { stands: "waits", words };
  const lacking = [...theirs].filter((zone) => !zones.includes(zone));
  return {
    stands: "waits",
    words: `${words}, in ${zones.length} of ${zonesNeeded} zones: none in ${lacking.join(", ")}`,
  };
}

/**
 * Whether requests may go back to an environment. Too few good targets are better than enough bad ones, and where all are
 * unhealthy the balancer asks them all (ELB guide, "Health checks for Application Load Balancer target groups"): that is told and
 * no more. Without any target each request is a 503 for certain.
 */
export function judgeWayBack(asked: HealthAsked): Judged {
  const judged = judgeHealth(asked);
  if (judged.stands === "ready") return judged;
  const { targets } = asked;
  if (targets.some(({ state }) => ASKED_AT_LAST.includes(state))) return { stands: "few", words: judged.words };
  if (targets.some(({ state }) => state === "initial")) return { stands: "waits", words: judged.words };
  if (judged.stands === "unattached") return judged;
  return { stands: "stuck", words: `it has no target that could answer${statesInWords(targets)}` };
}

/** States of targets that a balancer may send requests to. */
const ASKED_AT_LAST: readonly TargetState[] = ["healthy", "unhealthy", "unavailable"];

function isHealthy({ state }: LiveTarget): boolean {
  return state === "healthy";
}

function countHealthy(targets: readonly LiveTarget[]): number {
  return targets.filter(isHealthy).length;
}

function zonesOf(targets: readonly LiveTarget[]): string[] {
  return [...new Set(targets.flatMap(({ zone }) => zone ?? []))].sort();
}

/** ` (1 initial, 2 unhealthy: Target.Timeout)` of those that are not healthy. */
function statesInWords(targets: readonly LiveTarget[]): string {
  const counts = new Map<string, number>();
  for (const { state, reason } of targets) {
    if (state === "healthy") continue;
    const key = reason === undefined || state === "draining" ? state : `${state}: ${reason}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const words = [...counts].map(([key, count]) => `${count} ${key}`).join(", ");
  return words === "" ? "" : ` (${words})`;
}
