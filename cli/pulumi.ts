import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "./failure";

/** The engine, run in one folder with one environment. */
export class Pulumi {
  readonly env: NodeJS.ProcessEnv;

  constructor(
    private readonly engine: string,
    private readonly cwd: string,
    env: Record<string, string>,
  ) {
    this.env = { ...process.env, ...env, PATH: `${join(engine, "bin")}:${process.env.PATH}` };
  }

  /** Runs `pulumi` with its output kept. An aborted run is asked to stop as by Ctrl-C: the step that runs is finished. */
  async run(args: string[], signal?: AbortSignal): Promise<{ code: number; output: string }> {
    const child = spawn(join(this.engine, "bin/pulumi"), [...args, "--non-interactive", "--color", "never"], {
      cwd: this.cwd,
      env: this.env,
      // A group of its own: a Ctrl-C at the terminal reaches it once, through us.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const keep = (chunk: Buffer) => {
      output += chunk;
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    const stop = () => child.kill("SIGINT");
    signal?.addEventListener("abort", stop);
    try {
      const [code] = await once(child, "close");
      return { code: code ?? 1, output };
    } finally {
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
