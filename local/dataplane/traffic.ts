import { randomBytes } from "node:crypto";

/** One request, with the fields of an ALB's access log: load-balancer-access-logs.html of the ALB guide. */
export interface AccessLine {
  /** When it ended, in milliseconds since 1970. */
  time: number;
  /** The X-Amzn-Trace-Id that the target gets: `Self=…;Root=…` where the client sent a Root. */
  traceId: string;
  balancerArn: string;
  /** Of the node that took it. */
  zone: string;
  targetGroupArn?: string;
  /** `127.0.0.1:PORT`; none where the request reached no target. */
  target?: string;
  /** 460 where the client went away before it had an answer's head. */
  elbStatusCode: number;
  targetStatusCode?: number;
  /** From the request's end to the begin of the target's answer, in seconds: `target_processing_time`. */
  targetSeconds?: number;
  /** Where the request was not served, what the balancer saw. An ALB's log does not say it: it leaves one to guess. */
  incident?: Incident;
}

export interface Incident {
  /**
   * - `closed-idle`: the target had closed the kept connection before the request was sent.
   * - `refused`: the target did not accept the connection.
   * - `closed-early`: the target reset or closed the connection before the head of its answer.
   * - `broke-off`: the target reset or closed the connection in the middle of its answer.
   * - `no-answer`: the target was silent for the balancer's idle time-out, or its connection took 10 s.
   * - `malformed`: the answer was no HTTP.
   * - `no-target`: nobody to send to.
   * - `let-go`: the balancer let the target go: the deregistration delay was over, or the target group was deleted.
   */
  kind: "closed-idle" | "refused" | "closed-early" | "broke-off" | "no-answer" | "malformed" | "no-target" | "let-go";
  /** Of a kept connection: how many milliseconds it was idle, until its target closed it or until this request. */
  idleMs?: number;
  /** Of `closed-idle`: when the target closed the connection, in milliseconds since 1970. */
  closedAt?: number;
}

/** What becomes of a task. */
export interface TaskEvent {
  /** In milliseconds since 1970. */
  time: number;
  /** `127.0.0.1:PORT`, as in the access log. A port is not used again soon. */
  target: string;
  targetGroupArn?: string;
  /** `stopping`: the service sent SIGTERM. An end without that before is one that nobody asked for. */
  what: "stopping" | "ended";
  /** Of `stopping` the reason, of `ended` how: `exited with code 1`, `was ended by SIGKILL`. */
  why: string;
}

/** The X-Amzn-Trace-Id for the target, by what the client sent: load-balancer-request-tracing.html of the ALB guide. */
export function traceIdFor(given: string | undefined): string {
  const id = `1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString("hex")}`;
  return given ? `Self=${id};${given}` : `Root=${id}`;
}
