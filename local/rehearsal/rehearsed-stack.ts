import { appendFileSync, copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../cli/failure";
import { Pulumi } from "../../cli/pulumi";
import { StackFile } from "../../cli/stack-file";

export interface RehearsedStackOptions {
  /** The repository's folder. */
  root: string;
  /** The engine's folder. */
  engine: string;
  /** Where the copy of the stack file, the state and the log are kept. */
  home: string;
  /** Aborted by a Ctrl-C: a running update is ended in order. */
  signal: AbortSignal;
}

/** The rehearsed stack: a copy of `stacks/Pulumi.local.yaml`, run by the engine. */
export class RehearsedStack {
  readonly file: StackFile;
  private pulumi: Pulumi | undefined;

  constructor(private readonly options: RehearsedStackOptions) {
    const copy = join(options.home, "Pulumi.local.yaml");
    copyFileSync(join(options.root, "stacks/Pulumi.local.yaml"), copy);
    this.file = new StackFile(copy);
  }

  /** Makes the stack in the cloud's backend; `env` leads the engine there. */
  async init(env: Record<string, string>): Promise<void> {
    const { engine, root, home } = this.options;
    this.pulumi = new Pulumi(engine, root, env);
    await this.pulumi.initStack(home, "crossfade", "local");
  }

  /** One `pulumi up` with the policy pack. */
  async up(): Promise<void> {
    const { code, output } = await this.run("up", "--yes", "--policy-pack", "policies");
    if (code === 0) return;
    throw new Failure(`"pulumi up" failed. All it said is in ${this.log}; the end of it:\n${tail(output)}`);
  }

  /** A preview that must be refused by the policy; gives what the policy said. The file is as before when this is done. */
  async refused(policy: string, edit: Record<string, unknown>): Promise<string> {
    const { code, output } = await this.tryOut(edit);
    const lines = output.split("\n");
    const heading = lines.findIndex((line) => line.includes(`[mandatory]  ${policy} `));
    const end = lines.findIndex((line, i) => i > heading && (line.trim() === "" || line.includes("- [")));
    if (code !== 0 && heading >= 0)
      return lines
        .slice(heading + 1, end)
        .map((line) => line.trim())
        .join("\n");
    throw new Failure(`a change that ${policy} must refuse was not refused by it:\n${tail(output)}`);
  }

  /** The same preview with the policy off, which must pass: the policy refused it, and nothing else. */
  async passesWithout(policy: string, edit: Record<string, unknown>): Promise<void> {
    const config = join(this.options.home, "policies.json");
    writeFileSync(config, JSON.stringify({ [policy]: "disabled" }));
    const { code, output } = await this.tryOut(edit, "--policy-pack-config", config);
    if (code !== 0)
      throw new Failure(`a change was refused with ${policy} off, so by something else too:\n${tail(output)}`);
  }

  /** Edits lines of the stack config. */
  set(edit: Record<string, unknown>): void {
    for (const [key, value] of Object.entries(edit)) this.file.set(key, value);
  }

  /** The image that the release brings, and what its answers say of themselves. It is the second one of the config. */
  candidate(): { image: string; version?: string } {
    const [, second] = Object.entries(this.file.config().local?.images ?? {});
    if (!second)
      throw new Failure(
        `${this.file.path}: crossfade:local names fewer than two images, so there is nothing to release`,
      );
    return { image: second[0], version: second[1].env?.VERSION };
  }

  async engineVersion(): Promise<string> {
    const { output } = await this.run("version");
    return `pulumi ${output.trim().split("\n").at(-1)}`;
  }

  private async tryOut(edit: Record<string, unknown>, ...flags: string[]) {
    const before = Object.keys(edit).map((key) => [key, this.file.get(key)] as const);
    this.set(edit);
    try {
      return await this.run("preview", "--policy-pack", "policies", ...flags);
    } finally {
      this.set(Object.fromEntries(before));
    }
  }

  private get log(): string {
    return join(this.options.home, "pulumi.log");
  }

  private async run(command: string, ...args: string[]): Promise<{ code: number; output: string }> {
    if (!this.pulumi) throw new Error("the stack is used before init()");
    const { signal } = this.options;
    signal.throwIfAborted();
    const flags = command === "version" ? [] : ["--stack", "local", "--config-file", this.file.path];
    const result = await this.pulumi.run([command, ...flags, ...args], signal);
    appendFileSync(this.log, `\n$ pulumi ${command}\n${result.output}`);
    signal.throwIfAborted();
    return result;
  }
}

function tail(output: string): string {
  return output.trim().split("\n").slice(-30).join("\n");
}
