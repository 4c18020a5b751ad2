import { appendFileSync, copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../cli/failure";
import { Pulumi } from "../../cli/pulumi";
import { StackFile } from "../../cli/stack-file";
import type { Color } from "../../traffic";
import type { ProcessFile } from "../process-file";

export interface RehearsedStackOptions {
  /** The repository's folder. */
  root: string;
  /** The engine's folder. */
  engine: string;
  /** Whose config it has: `local` is `stacks/Pulumi.local.yaml`. */
  configOf: string;
  /** The policies' settings, where they are not the default ones. */
  policies?: Record<string, unknown>;
  /** Where the copy of the stack file, the state and the log are kept. */
  home: string;
  /** Where the engine is recorded while it runs. */
  processes: ProcessFile;
  /** Aborted by a Ctrl-C: a running update is ended in order. */
  signal: AbortSignal;
}

export type Images = NonNullable<ReturnType<StackFile["config"]>["local"]>["images"];

export interface Version {
  image: string;
  /** What its answers say of themselves; its color, where they say nothing. */
  version: string;
}

/** The rehearsed stack: a copy of a local stack's file, run by the engine. */
export class RehearsedStack {
  readonly file: StackFile;
  private pulumi: Pulumi | undefined;

  /** The folder of all that is its own. */
  get home(): string {
    return this.options.home;
  }

  constructor(private readonly options: RehearsedStackOptions) {
    const copy = join(options.home, "Pulumi.local.yaml");
    copyFileSync(join(options.root, `stacks/Pulumi.${options.configOf}.yaml`), copy);
    this.file = new StackFile(copy);
  }

  /** Makes the stack in the cloud's backend; `env` leads the engine there. */
  async init(env: Record<string, string>): Promise<void> {
    const { engine, root, home, processes } = this.options;
    this.pulumi = new Pulumi(engine, root, env, processes);
    await this.pulumi.initStack(home, "crossfade", "local");
  }

  /** One `pulumi up` with the policy pack; `hint` is said where it fails. */
  async up(hint = ""): Promise<void> {
    const { code, output } = await this.update();
    if (code === 0) return;
    throw new Failure(
      `"pulumi up" failed. All it said is in ${this.log}; the end of it:\n${tail(output)}${hint && `\n${hint}`}`,
    );
  }

  /** An update that must fail; gives the error. */
  async upFails(): Promise<string> {
    const { code, output } = await this.update();
    const message = errorOf(output);
    if (code !== 0 && message) return message;
    throw new Failure(`an update that had to fail did not:\n${tail(output)}`);
  }

  /**
   * A change whose preview must be refused by the policy, and must pass with that policy off: it refuses it, and nothing else.
   * Gives what the policy said. The file is as before when this is done.
   */
  async refused(policy: string, edit: Record<string, unknown>): Promise<string> {
    const [judged, without] = await this.edited(edit, () =>
      Promise.all([
        this.run("preview", ...this.pack("policies")),
        this.run("preview", ...this.pack(`without-${policy}`, { [policy]: "disabled" })),
      ]),
    );
    const message = messageOf(policy, judged.output);
    if (judged.code === 0 || message === undefined)
      throw new Failure(`a change that ${policy} must refuse was not refused by it:\n${tail(judged.output)}`);
    if (without.code !== 0)
      throw new Failure(`a change was refused with ${policy} off, so by something else too:\n${tail(without.output)}`);
    return message;
  }

  /** Edits lines of the stack config. */
  set(edit: Record<string, unknown>): void {
    for (const [key, value] of Object.entries(edit)) this.file.set(key, value);
  }

  /** The version that is there before the release. It is the first one of the config. */
  stable(): Version {
    return this.version(0, "blue");
  }

  /** The version that the release brings. It is the second one. */
  candidate(): Version {
    return this.version(1, "green");
  }

  private version(index: number, color: Color): Version {
    const [image, { env } = {}] = Object.entries(this.images())[index] ?? [];
    if (image === undefined)
      throw new Failure(
        `${this.file.path}: crossfade:local names fewer than two images, so there is nothing to release`,
      );
    return { image, version: env?.VERSION ?? color };
  }

  /** Which command stands for which image. */
  images(): Images {
    return this.file.config().local?.images ?? {};
  }

  async engineVersion(): Promise<string> {
    const { output } = await this.run("version");
    return `pulumi ${output.trim().split("\n").at(-1)}`;
  }

  private async edited<T>(edit: Record<string, unknown>, use: () => Promise<T>): Promise<T> {
    const before = Object.keys(edit).map((key) => [key, this.file.get(key)] as const);
    this.set(edit);
    try {
      return await use();
    } finally {
      this.set(Object.fromEntries(before));
    }
  }

  private update(): Promise<{ code: number; output: string }> {
    return this.run("up", "--yes", ...this.pack("policies"));
  }

  /** The flags of the policy pack, with the settings and what differs from them, in a file of this name. */
  private pack(name: string, more: Record<string, unknown> = {}): string[] {
    const file = join(this.options.home, `${name}.json`);
    writeFileSync(file, JSON.stringify({ ...this.options.policies, ...more }));
    return ["--policy-pack", "policies", "--policy-pack-config", file];
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

/** What a policy said in a preview; undefined where it did not refuse it. */
function messageOf(policy: string, output: string): string | undefined {
  const lines = output.split("\n");
  const heading = lines.findIndex((line) => line.includes(`[mandatory]  ${policy} `));
  if (heading < 0) return undefined;
  const end = lines.findIndex((line, i) => i > heading && (line.trim() === "" || line.includes("- [")));
  const said = lines.slice(heading + 1, end < 0 ? undefined : end);
  return said.map((line) => line.trim()).join("\n");
}

/** The first error of a resource; of several, as the Kubernetes provider tells them, the reasons that stand below it. */
function errorOf(output: string): string | undefined {
  const lines = output.split("\n").map((line) => line.trim());
  const at = lines.findIndex((line) => line.startsWith("error: ") && !line.includes("update failed"));
  const message = lines[at]?.replace("error: ", "");
  if (!message?.endsWith("errors occurred:")) return message;
  const after = lines.slice(at + 1);
  const end = after.findIndex((line) => !line.startsWith("* "));
  return after
    .slice(0, end < 0 ? undefined : end)
    .map((line) => line.replace("* ", ""))
    .join("; ");
}

function tail(output: string): string {
  return output.trim().split("\n").slice(-30).join("\n");
}
