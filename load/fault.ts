/** Why requests were lost: one cause, of one environment, with all the requests that it took. */
export interface Fault {
  name: FaultName;
  /** How many requests were lost by it. */
  requests: number;
  /** `blue` or `green`; none where it cannot be told. */
  environment?: string;
  /** What was seen, in one sentence with its figures. */
  seen: string;
  /** Why that loses requests, with AWS's word for it where there is one. */
  why: string;
  /** What to change. */
  remedy: string;
}

/**
 * - `short-keep-alive`: the server closes idle connections that the balancer still keeps.
 * - `drops-on-sigterm`: the server had requests, or was sent some, when SIGTERM ended it.
 * - `outlasts-drain`: requests took longer than the deregistration delay, and the balancer cut them.
 * - `crashed`: a task ended that nobody had asked to end.
 * - `closed-without-answer`, `broke-off`: the running server closed a connection before its answer, or in the middle of it.
 * - `too-slow`: no whole answer in the load's time-out or the balancer's.
 * - `refused`: a task that runs does not accept connections.
 * - `no-target`: the target group had no task to send to.
 * - `malformed`: the answer was no HTTP.
 * - `wrong-answer`: a whole answer, but not the one that was asked for: a 404, somebody else's order.
 * - `gone-edge`: the balancer was removed while DNS users still had its address.
 * - `no-address`: a look-up by DNS failed, or gave none.
 * - `unexplained`: nothing that the balancers saw tells why. Never the user's to fix before it is understood.
 */
export type FaultName =
  | "short-keep-alive"
  | "drops-on-sigterm"
  | "outlasts-drain"
  | "crashed"
  | "closed-without-answer"
  | "broke-off"
  | "too-slow"
  | "refused"
  | "no-target"
  | "malformed"
  | "wrong-answer"
  | "gone-edge"
  | "no-address"
  | "unexplained";

/** In one line, at the terminal and as a heading. */
export function faultTitle({ name, requests, environment }: Fault): string {
  return `${requests} lost by ${name}${environment ? ` of ${environment}` : ""}`;
}

/** What was seen, why it loses requests, and what to change. */
export function faultLines({ seen, why, remedy }: Fault): string[] {
  return [sentence(seen), `Why: ${sentence(why)}`, `To do: ${sentence(remedy)}`];
}

function sentence(text: string): string {
  return `${text[0]?.toUpperCase() ?? ""}${text.slice(1)}.`;
}
