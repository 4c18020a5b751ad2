import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import type { EngineEvent, Stack } from "@pulumi/pulumi/automation";
import { loadParser } from "../migrations";
import type { Sources } from "../traffic/sources";
import { engineFailure } from "./engine-failure";
import { Failure } from "./failure";
import { findProject, findStackFile } from "./find-stack-file";
import { StackFile } from "./stack-file";

export interface StackOptions {
  /** Its config file, where it is not in its usual place. */
  configFile?: string;
  /** Settings of the policies, in the file that the engine takes by `--policy-pack-config`. */
  policySettings?: string;
  /** A folder of its project. @default the working directory */
  folder?: string;
}

export interface RunOptions {
  /** Aborted, the engine ends as by Ctrl-C: the step that runs is finished. */
  signal?: AbortSignal;
  onEvent?: (event: EngineEvent) => void;
  /** URNs; what else the program changes stays as it is. @default everything */
  targets?: readonly string[];
}

/** A preview that is whole. */
export interface StackPreview {
  /** What it is judged by. */
  sources: Required<Sources>;
  /** Its plan, which an update is held to. The file is there until the stack is closed. */
  plan: string;
  /** An update would do nothing at all: not even to components, which are what a finish changes. */
  isEmpty: boolean;
}

/** A preview that packs have refused: the engine leaves no plan of it. */
export interface RefusedPreview {
  /** What they said, by policy. */
  refusals: readonly string[];
}

/**
 * A stack of the project around, by the Automation API, on whatever backend the project has: the engine is the `pulumi` of the
 * PATH with this process' environment, so that it does what a `pulumi up` by hand would do here.
 */
export class ProjectStack {
  private previews = 0;

  private constructor(
    readonly name: string,
    readonly file: StackFile,
    private readonly stack: Stack,
    private readonly policySettings: string | undefined,
    private readonly scratch: string,
  ) {}

  static async open(name: string, options: StackOptions = {}): Promise<ProjectStack> {
    const { folder = process.cwd(), configFile, policySettings } = options;
    const workDir = findProject(folder, name);
    const file = new StackFile(resolve(configFile ?? findStackFile(folder, name)));
    try {
      const { LocalWorkspace, Stack } = await import("@pulumi/pulumi/automation/index.js");
      const workspace = await LocalWorkspace.create({ workDir });
      // Selected, it would be the stack of everybody's next `pulumi up` here.
      workspace.selectStack = async () => {};
      const stack = await Stack.select(name, workspace);
      // After each update it would ask the engine for outputs and history, which nobody here reads: two seconds, and one that fails
      // would make a failure of an update that went well.
      stack.outputs = async () => ({});
      stack.info = async () => undefined;
      return new ProjectStack(name, file, stack, policySettings, mkdtempSync(join(tmpdir(), "crossfade-")));
    } catch (error) {
      throw engineFailure(error, { what: "pulumi version", stack: name });
    }
  }

  /** What it kept for a while goes. */
  close(): void {
    rmSync(this.scratch, { recursive: true, force: true });
  }

  /** What `pulumi stack export` prints. */
  export(): Promise<string> {
    return exportStack(this.name, this.stack.workspace.workDir);
  }

  /**
   * Previews the stack. By the state, the plan and the events nothing is left out; secrets stay encrypted, and whether one changes
   * is the engine's word.
   */
  async preview(options: RunOptions = {}): Promise<StackPreview> {
    const previewed = await this.runPreview([], options);
    if ("plan" in previewed) return previewed;
    // By packs that nobody has named here: the organization's.
    throw new Failure(`the preview is refused by the policies of the backend:\n${previewed.refusals.join("\n")}`);
  }

  /** The same with the policy pack: by the settings, and with the packs of the organization, as a `pulumi up` would be judged. */
  previewWithPack(options: RunOptions = {}): Promise<StackPreview | RefusedPreview> {
    return this.runPreview([packFolder()], options);
  }

  /**
   * Updates the stack, held to the plan of a preview: what differs from what was judged stops it. So the packs are not asked again.
   */
  async update(plan: string, message: string, { signal, onEvent, targets }: RunOptions = {}): Promise<void> {
    await this.run("pulumi up", signal, onEvent, (onEvent) =>
      this.stack.up({ ...this.common(signal, onEvent, targets), plan, message }),
    );
  }

  /** Puts a state in the place of the one that is there. */
  async import(state: { version: number; deployment: object }): Promise<void> {
    await this.run("pulumi stack import", undefined, undefined, () => this.stack.importStack(state));
  }

  /** Brings what the state says of these resources up to what the cloud has; one that is not there leaves the state. */
  async refresh(urns: string[]): Promise<void> {
    await this.run("pulumi refresh", undefined, undefined, (onEvent) =>
      this.stack.refresh(this.common(undefined, onEvent, urns)),
    );
  }

  /** Drops the lock of the backend's files. Whoever holds it goes on: it must have been seen to be gone. */
  async dropLock(): Promise<void> {
    await this.run("pulumi cancel", undefined, undefined, () => this.stack.cancel());
  }

  private async runPreview(
    policyPacks: string[],
    { signal, onEvent, targets }: RunOptions,
  ): Promise<StackPreview | RefusedPreview> {
    const state = await this.export();
    const plan = join(this.scratch, `plan-${++this.previews}.json`);
    const events: EngineEvent[] = [];
    const keep = (event: EngineEvent) => {
      events.push(event);
      onEvent?.(event);
    };
    const policyPackConfigs = policyPacks.length > 0 && this.policySettings ? [this.policySettings] : [];
    try {
      await this.run("pulumi preview", signal, keep, (onEvent) =>
        this.stack.preview({ ...this.common(signal, onEvent, targets), plan, policyPacks, policyPackConfigs }),
      );
    } catch (error) {
      const refusals = events.flatMap(({ policyEvent }) =>
        policyEvent?.enforcementLevel === "mandatory" ? `${policyEvent.policyName}: ${policyEvent.message.trim()}` : [],
      );
      if (refusals.length === 0 || signal?.aborted) throw error;
      return { refusals };
    }
    // Who judges it reads the SQL of its migrations.
    await loadParser();
    const isEmpty = events.every(({ resourcePreEvent: step }) => !step || `${step.metadata.op}` === "same");
    return { sources: { preview: JSON.stringify(events), state, plan: readFileSync(plan, "utf8") }, plan, isEmpty };
  }

  private common(
    signal: AbortSignal | undefined,
    onEvent: (event: EngineEvent) => void,
    targets: readonly string[] | undefined,
  ) {
    const target = targets && { target: [...targets] };
    // The engine is in this process' group: at a terminal Ctrl-C has reached it already, and twice it would end at once.
    const passedOn = process.stdin.isTTY ? undefined : signal;
    return { signal: passedOn, onEvent, ...target, configFile: this.file.path, color: "never" as const };
  }

  private async run<T>(
    what: string,
    signal: AbortSignal | undefined,
    onEvent: ((event: EngineEvent) => void) | undefined,
    command: (onEvent: (event: EngineEvent) => void) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const errors: EngineEvent[] = [];
    try {
      return await command((event) => {
        if (event.diagnosticEvent?.severity === "error") errors.push(event);
        onEvent?.(event);
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw engineFailure(error, { what, stack: this.name, errors });
    }
  }
}

/** What `pulumi stack export` prints. Secrets stay encrypted: nothing here needs one, and 50,000 resources are 200 MB. */
export async function exportStack(name: string, folder: string): Promise<string> {
  const args = ["stack", "export", "--stack", name, "--non-interactive"];
  try {
    return (await promisify(execFile)("pulumi", args, { cwd: folder, maxBuffer: 1 << 30 })).stdout;
  } catch (error) {
    throw engineFailure(error, { what: "pulumi stack export", stack: name });
  }
}

/** Where the policy pack is: in the repository, or beside `dist/` in the npm package. */
export function packFolder(): string {
  const found = ["../policies", "../../policies"]
    .map((path) => resolve(__dirname, path))
    .find((folder) => existsSync(join(folder, "PulumiPolicy.yaml")));
  if (found === undefined) throw new Error(`there is no policy pack around ${dirname(__filename)}`);
  return found;
}
