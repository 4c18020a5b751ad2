import { DatabaseError } from "pg";
import type { Run } from "./run";

/** Another run has the lock. */
export class Busy extends Error {}

/** What failed, and at which statement. */
export class At extends Error {
  constructor(
    readonly place: string,
    override readonly cause: unknown,
  ) {
    super(place);
  }
}

/**
 * Errors that pass: a lock that others have, a deadlock, no connection left, a server that starts or ends, an address that is not known
 * yet (PostgreSQL's manual, appendix A, "PostgreSQL Error Codes", and Node's).
 */
const PASSING = new Set(
  "55P03 40P01 40001 53300 57P01 57P02 57P03 ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH EAI_AGAIN".split(" "),
);

/** What `pg` says without a code where a connection ends, or answers nothing. */
const CUT = /^(Connection terminated|timeout expired|Query read timeout)/;

export function isPassing(error: unknown): boolean {
  if (error instanceof At) return isPassing(error.cause);
  const { code = "", message = "" } = error as { code?: string; message?: string };
  return error instanceof Busy || PASSING.has(code) || CUT.test(message);
}

/** What happened, in words. */
export function reasonOf(error: unknown, run: Run): string {
  if (error instanceof At) return `${error.place}: ${reasonOf(error.cause, run)}`;
  if (error instanceof Busy) return "another run is under way, which holds the lock of all runs";
  const { code, message } = error as { code?: string; message: string };
  if (code === "55P03") return `a lock was not to be had within ${run.lockTimeout / 1000} s (${message})`;
  if (code === "57014") {
    return `it took longer than ${run.statementTimeout / 1000} s (${message}): do it in steps, or raise --statement-timeout`;
  }
  if (error instanceof DatabaseError)
    return `${message}${error.hint ? `. ${error.hint.replace(/\.$/, "")}` : ""} (${code})`;
  if (!code && !isPassing(error)) return message;
  return `the database cannot be reached${placeOf(run.url)} (${message || code})`;
}

/** The host alone: the rest of the address may hold a password. */
function placeOf(url: string | undefined): string {
  try {
    return url ? ` at ${new URL(url).host}` : "";
  } catch {
    return "";
  }
}
