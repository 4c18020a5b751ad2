import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { RolledBack } from "../cli/rollback/roll-back";
import { findLock } from "../cli/rollback/update-lock";
import { QUICK, ROOT, type TestStack, WITH_TRACES } from "./local-world";

/** `crossfade rollback` as a user runs it on one of this repository's stacks, and what it says. */
export class RollbackCommand {
  constructor(
    private readonly stack: TestStack,
    private readonly name: string,
    private readonly env: NodeJS.ProcessEnv = {},
  ) {}

  /** The same with other variables. */
  with(env: NodeJS.ProcessEnv): RollbackCommand {
    return new RollbackCommand(this.stack, this.name, env);
  }

  async run(...args: string[]): Promise<{ code: number; out: string; said: string }> {
    const command = [join(ROOT, "cli/bin.js"), "rollback", this.name, ...args];
    const child = spawn("node", [WITH_TRACES, ...command, "--config-file", this.stack.config.path], {
      cwd: ROOT,
      env: { ...process.env, ...QUICK, ...this.env },
    });
    const [out, said, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return { code, out, said };
  }

  /** What it says to programs. */
  async json(...args: string[]): Promise<{ code: number; done: RolledBack; said: string }> {
    const { code, out, said } = await this.run("--json", ...args);
    return { code, said, done: out === "" ? undefined : JSON.parse(out) };
  }

  /** Waits until an update has the stack's lock. */
  async updating(): Promise<void> {
    while (!findLock(ROOT, this.name)) await sleep(20);
  }
}
