import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { nameOf } from "../traffic";
import { Failure } from "./failure";

/** Who holds the lock of a stack in a backend of files. */
export interface LockHolder {
  user: string;
  host: string;
  pid: number;
  since: Date;
}

/** The stack is locked: somebody updates it, or was killed while doing so. */
export class Locked extends Failure {
  constructor(
    readonly stackName: string,
    /** Of a backend that is a service the holder is not told. */
    readonly holder: LockHolder | undefined,
  ) {
    const { user, host, pid, since } = holder ?? {};
    const who = holder ? `process ${pid} of ${user} on ${host}, since ${since?.toISOString()}` : "another update";
    super(`stack "${stackName}" is locked by ${who}: wait until it has ended, or stop it first. Nothing was changed`);
  }

  /** The holder ran on this machine, and is no more: its update will never go on. */
  get isStale(): boolean {
    return this.holder !== undefined && this.holder.host === hostname() && !isEngine(this.holder.pid);
  }
}

/** An update differs from the plan that it is held to: the program, its config or the state has changed since the preview. */
export class PlanViolated extends Failure {}

interface Ran {
  /** The command, as one would type it. */
  what: string;
  stack: string;
  /** What the engine told of errors while it ran. */
  errors?: readonly EngineEvent[];
}

/** What stands behind an error of the engine, for somebody who can mend it. */
export function engineFailure(error: unknown, { what, stack, errors = [] }: Ran): Error {
  if (error instanceof Failure) return error;
  const text = textOf(error);
  // By their names: the Automation API takes a second to load, and a check of a file does without it.
  const { name } = error as Error;
  if (name === "ConcurrentUpdateError") return new Locked(stack, holderIn(text));
  if (name === "StackNotFoundError" || /no stack named .* found/.test(text)) {
    return new Failure(
      `there is no stack "${stack}" in this project's backend: "pulumi stack ls" lists those that are`,
      2,
    );
  }
  if (/ENOENT/.test(text) && /spawn pulumi/.test(text)) {
    return new Failure(
      "there is no pulumi on the PATH: install it (https://www.pulumi.com/docs/install/), or run it by npx",
      2,
    );
  }
  const [, killedBy] = /was killed with (SIG\w+)/.exec(text) ?? [];
  if (killedBy !== undefined) {
    return new Failure(
      `"${what}" was killed by ${killedBy}, by somebody or for want of memory. What it was doing is half done: run the same command again`,
    );
  }
  if (/passphrase/.test(text)) {
    return new Failure(
      `the passphrase of stack "${stack}" is missing or wrong: set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE. Nothing was changed`,
      2,
    );
  }
  const failed = `"${what}" failed: ${reasonsOf(errors) || lastWords(text)}`;
  return /\bviolates plan\b/.test(failed) ? new PlanViolated(failed) : new Failure(failed);
}

/** The errors by resource; that the whole has failed too says nothing. */
function reasonsOf(errors: readonly EngineEvent[]): string {
  const lines = errors.flatMap(({ diagnosticEvent: told }) => {
    const message = told?.message.trim() ?? "";
    if (message === "" || /^(error: )?(update|preview) failed$/.test(message)) return [];
    return [told?.urn ? `${nameOf(told.urn)}: ${message}` : message];
  });
  return [...new Set(lines)].join("\n");
}

function lastWords(text: string): string {
  const errors = text.match(/^\s*error: .*/gm)?.map((line) => line.replace("error: ", "").trim());
  return [...new Set(errors ?? [])].join("\n") || text.trim().split("\n").slice(-3).join("\n");
}

function textOf(error: unknown): string {
  const { message, stderr = "" } = error as Error & { stderr?: string };
  return `${message}\n${stderr}`;
}

/** `file://…: created by ada@build-7 (pid 4711) at 2026-11-29T19:33:13Z`, as the backends of files say it. */
function holderIn(text: string): LockHolder | undefined {
  const [, user = "", host = "", pid, since = ""] = /created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)/.exec(text) ?? [];
  return pid === undefined ? undefined : { user, host, pid: Number(pid), since: new Date(since) };
}

/** Whether a process of this number runs that is an engine: numbers are used again. Where that cannot be told it is one. */
function isEngine(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const said = stateAndName(pid);
  return said === undefined || /^[^Z].*pulumi/.test(said);
}

/** `S pulumi`; `Z` is one that has ended. By the kernel where it says it, for `ps` is not everywhere, and BusyBox's knows no `-p`. */
function stateAndName(pid: number): string | undefined {
  try {
    const [, name, state] = /^\d+ \((.*)\) (\S)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return `${state} ${name}`;
  } catch {
    // Not Linux, or it has just ended.
  }
  try {
    return execFileSync("ps", ["-o", "stat=", "-o", "comm=", "-p", String(pid)], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}
