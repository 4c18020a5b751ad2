import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ProcessFile } from "../local/process-file";
import { Failure } from "./failure";

/** The engine, run in one folder with one environment. */
export class Pulumi {
  readonly env: NodeJS.ProcessEnv;

  constructor(
    private readonly engine: string,
    private readonly cwd: string,
    env: Record<string, string>,
    /** Where it is recorded while it runs. */
    private readonly processes?: ProcessFile,
  ) {
    this.env = { ...process.env, ...env, PATH: `${join(engine, "bin")}:${process.env.PATH}` };
  }

  /**
   * Runs `pulumi` with its output kept, until it and all that it started have ended. An aborted run is asked to stop as by
   * Ctrl-C: the step that runs is finished.
   * @throws where somebody else killed it.
   */
  async run(args: string[], signal?: AbortSignal): Promise<{ code: number; output: string }> {
    const child = spawn(join(this.engine, "bin/pulumi"), [...args, "--non-interactive", "--color", "never"], {
      cwd: this.cwd,
      env: this.env,
      // A group of its own: a Ctrl-C at the terminal reaches it once, through us.
      detached: true,
      // Nobody writes to the last one. Language hosts and their programs inherit it, so it is closed when all of them have
      // ended, which is later than `pulumi` where that was killed.
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    if (child.pid !== undefined) this.processes?.add(child.pid);
    let output = "";
    const keep = (chunk: Buffer) => {
      output += chunk;
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    const stop = () => child.kill("SIGINT");
    signal?.addEventListener("abort", stop);
    try {
      const [code, killedBy] = await once(child, "close");
      if (killedBy && !signal?.aborted) {
        throw new Failure(
          `"pulumi ${args[0]}" was killed by ${killedBy}, and not by Crossfade: by somebody, or by the system for want of ` +
            "memory (`dmesg` tells). What it was doing is half done: start again",
        );
      }
      return { code: code ?? 1, output };
    } finally {
      if (child.pid !== undefined) this.processes?.remove(child.pid);
      signal?.removeEventListener("abort", stop);
    }
  }

  /** Makes the stack in a backend of files where it is not there yet. */
  async initStack(backend: string, project: string, stack: string): Promise<void> {
    if (existsSync(join(backend, ".pulumi/stacks", project, `${stack}.json`))) return;
    const { code, output } = await this.run(["stack", "init", stack]);
    if (code !== 0) throw new Failure(`the stack "${stack}" cannot be made:\n${output.trim()}`);
  }
}
