import type { CandidateResult } from "./candidate-meter";

/** A version that was taken out again. Times are in milliseconds since the load began. */
export interface RollBack {
  /** It was well and another was wanted; its answers told of a fault; or its own update failed. */
  cause: "decision" | "errors" | "update";
  /** `v3 answers 20 % of its requests with an error`. */
  what: string;
  /** The last stage that it reached. */
  stage: string;
  candidate: string;
  /** What told of the fault; empty for a decision. */
  evidence: string;
  /** The first error that a client received; the edit, where the cause is none. */
  beganAtMs: number;
  noticedAtMs: number;
  /** What it did to the users. */
  did: CandidateResult;
}

/** In one line, at the terminal and as a heading. */
export function rollBackTitle({ cause, what, stage }: RollBack): string {
  if (cause === "decision") return what;
  return cause === "update" ? `stopped before it had weight: ${what}` : `rolled back at ${stage}: ${what}`;
}

/** What became of the users, line by line. */
export function rollBackLines({ cause, evidence, beganAtMs, noticedAtMs, did }: RollBack): string[] {
  const after = (ms: number) => `${((ms - beganAtMs) / 1000).toFixed(1)} s`;
  if (cause === "update") {
    return [`failed after ${after(noticedAtMs)}: ${evidence}`, `requests that it answered: ${did.answers}`];
  }
  const noticed = cause === "errors" ? [`noticed ${after(noticedAtMs)} after the first error: ${evidence}`] : [];
  const { requests, errors, sticky, plain } = did;
  const last = Object.entries({ plain, sticky })
    .map(([kind, { lastAtMs }]) =>
      lastAtMs === null ? `none of a ${kind} client` : `${after(lastAtMs)} for ${kind} clients`,
    )
    .join(", ");
  const share = ((100 * errors) / Math.max(requests, 1)).toFixed(2);
  return [
    ...noticed,
    `its last request after ${cause === "errors" ? "the first error" : "the edit"}: ${last}`,
    `${errors} errors in the ${requests} requests from its first to its last (${share} %)` +
      (errors > 0
        ? `, seen by ${sticky.sawError} of ${sticky.clients} sticky clients and ${plain.sawError} plain ones`
        : ""),
  ];
}
