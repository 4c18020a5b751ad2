import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Pulumi } from "../cli/pulumi";
import { StackFile } from "../cli/stack-file";
import { ensureEngine } from "../local/engine/ensure-engine";
import { LocalCloud, type LocalCloudOptions } from "../local/local-cloud";
import { freshPort } from "./ports";

export const ROOT = resolve(__dirname, "..");

/**
 * The environment of programs: the SDK takes a stack trace of every promise, which is a tenth of all that a small program does, and
 * more than half of one of thousands; and it has all code compiled for V8's debugger, which is another tenth. A command of ours
 * gets its own traces back by a flag, for a user must see none.
 */
export const QUICK = { NODE_OPTIONS: `--stack-trace-limit=0 --require ${join(ROOT, "test/lean-programs.js")}` };

export const WITH_TRACES = "--stack-trace-limit=10";

/** A local cloud and the real engine, for one test file: in a folder of its own, on ports of its own. */
export class LocalWorld {
  private constructor(
    readonly cloud: LocalCloud,
    readonly engine: string,
    readonly home: string,
  ) {}

  static async start(options: Partial<LocalCloudOptions> = {}): Promise<LocalWorld> {
    const engine = await ensureEngine({ progress: (line) => process.stderr.write(`${line}\n`) });
    const parent = join(ROOT, ".crossfade");
    mkdirSync(parent, { recursive: true });
    const home = mkdtempSync(join(parent, "test-"));
    const images = () => new StackFile(join(ROOT, "stacks/Pulumi.local.yaml")).config().local?.images ?? {};
    const short = { adoptionDelay: [0, 50] as [number, number], insyncDelay: [0, 50] as [number, number] };
    const cloud = await LocalCloud.start({ home, images, ...short, basePort: freshPort(), ...options });
    return new LocalWorld(cloud, engine, home);
  }

  stop(): Promise<void> {
    return this.cloud.stop();
  }

  /** This repository's own stack, with its stack file in this world; `local-dns` has an edge for each color. */
  async ownStack(name: "local" | "local-autoscaling" | "local-dns" | "local-gateway" = "local"): Promise<TestStack> {
    const file = join(this.home, `Pulumi.${name}.yaml`);
    cpSync(join(ROOT, `stacks/Pulumi.${name}.yaml`), file);
    const pulumi = new Pulumi(this.engine, ROOT, { ...this.cloud.env, ...QUICK });
    await pulumi.initStack(this.home, "crossfade", name);
    const config = new StackFile(file);
    // The stages of the defaults, without their bake times.
    config.set("stages", [{ weight: 5 }, { weight: 25 }, { weight: 50 }]);
    return new TestStack(pulumi, ["--stack", name, "--config-file", file], config);
  }

  /** A project with one file of source, as somebody might have it. */
  async project(name: string, source: string, env: Record<string, string> = {}): Promise<TestStack> {
    const folder = join(this.home, name);
    mkdirSync(folder);
    const stack = new TestStack(new Pulumi(this.engine, folder, { ...this.cloud.env, ...QUICK, ...env }), [
      "--stack",
      "dev",
    ]);
    writeFileSync(join(folder, "Pulumi.yaml"), `name: ${name}\nruntime: nodejs\nmain: index.ts\n`);
    writeFileSync(join(folder, "package.json"), '{ "main": "index.ts" }');
    stack.write = (text) => writeFileSync(join(folder, "index.ts"), text);
    stack.write(source);
    await stack.pulumi.initStack(this.home, name, "dev");
    return stack;
  }
}

interface StateResource {
  urn: string;
  type: string;
  provider?: string;
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
}

export class TestStack {
  /** Puts other source in place. */
  write: (source: string) => void = () => {
    throw new Error("the repository's own program is not edited");
  };

  constructor(
    readonly pulumi: Pulumi,
    private readonly flags: string[],
    /** The config file of the repository's own stack. */
    readonly config: StackFile = new StackFile("none"),
  ) {}

  up(...args: string[]) {
    return this.pulumi.run(["up", ...this.flags, "--yes", ...args]);
  }

  preview(...args: string[]) {
    return this.pulumi.run(["preview", ...this.flags, ...args]);
  }

  /** The state's resources. */
  async resources(): Promise<StateResource[]> {
    const { output } = await this.pulumi.run(["stack", "export", ...this.flags.slice(0, 2)]);
    return JSON.parse(output).deployment.resources ?? [];
  }
}

/** The pack; the pack with settings; the pack with one policy off. */
export const PACK = ["--policy-pack", join(ROOT, "policies")];
export function packWith(settings: Record<string, unknown>, home: string): string[] {
  const file = join(mkdtempSync(join(home, "pack-")), "settings.json");
  writeFileSync(file, JSON.stringify(settings));
  return [...PACK, "--policy-pack-config", file];
}
export function packWithout(policy: string, home: string): string[] {
  return packWith({ [policy]: "disabled" }, home);
}
