import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Pulumi } from "../cli/pulumi";
import { type LocalWorld, QUICK, ROOT, TestStack } from "./local-world";

/** What the package says of itself. */
export const MANIFEST = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

export const PACK = ["--policy-pack", "node_modules/pulumi-crossfade/policies"];

/** What `npm pack` made, and what it holds. */
export interface Tarball {
  path: string;
  files: string[];
}

/** Packs this repository as it is, its build included. */
export async function pack(folder: string): Promise<Tarball> {
  const { stdout } = await promisify(execFile)("npm", ["pack", "--json", "--pack-destination", folder], { cwd: ROOT });
  const [{ filename, files }] = JSON.parse(stdout);
  return { path: join(folder, filename), files: files.map(({ path }: { path: string }) => path) };
}

/** Somebody's project with the package in it, outside of this repository. */
export class TheirProject {
  private constructor(readonly folder: string) {}

  /** An empty folder, and the tarball installed there with these versions of the peers. */
  static async install(folder: string, tarball: Tarball, peers: Record<string, string>): Promise<TheirProject> {
    mkdirSync(folder);
    const { typescript, "@types/node": node } = MANIFEST.devDependencies;
    const manifest = {
      name: "theirs",
      version: "1.0.0",
      private: true,
      dependencies: { "pulumi-crossfade": `file:${tarball.path}`, ...peers },
      devDependencies: { typescript, "@types/node": node },
    };
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
    const project = new TheirProject(realpathSync(folder));
    // Install scripts of Pulumi's packages fetch plugins, which the local cloud stands for.
    const flags = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
    const { code, output } = await project.run("npm", ["install", ...flags], "", 500_000);
    if (code !== 0) throw new Error(`the package cannot be installed with ${JSON.stringify(peers)}:\n${output}`);
    return project;
  }

  /** What npm put there: the version by the place in the folder. */
  installed(): Record<string, string> {
    const { packages } = JSON.parse(readFileSync(join(this.folder, "node_modules/.package-lock.json"), "utf8"));
    const entries = Object.entries(packages as Record<string, { version: string }>);
    return Object.fromEntries(entries.map(([path, { version }]) => [path, version]));
  }

  /** Runs a command in the project's folder; one that does not end is stopped. */
  async run(command: string, args: string[], input = "", timeout = 240_000): Promise<{ code: number; output: string }> {
    const running = promisify(execFile)(command, args, { cwd: this.folder, timeout });
    running.child.stdin?.end(input);
    const { code = 0, stdout, stderr } = await running.catch((error) => error);
    return { code, output: `${stdout}${stderr}` };
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  /** Makes this source the project's program, with a new stack in the given world. */
  async stack(world: LocalWorld, file: string, source: string): Promise<TestStack> {
    rmSync(join(this.folder, "Pulumi.dev.yaml"), { force: true });
    this.write("Pulumi.yaml", `name: theirs\nruntime: nodejs\nmain: ${file}\n`);
    const pulumi = new Pulumi(world.engine, this.folder, { ...world.cloud.env, ...QUICK });
    const stack = new TestStack(pulumi, ["--stack", "dev"]);
    stack.write = (text) => this.write(file, text);
    stack.write(source);
    await stack.pulumi.initStack(world.home, "theirs", "dev");
    return stack;
  }
}
