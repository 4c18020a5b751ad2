import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { goBuild } from "../go-build";
import { areExecutable, installOnce, remove, sizeOf } from "../install-once";
import { runCommand } from "../run-command";

type Options = { progress?: (line: string) => void; env?: NodeJS.ProcessEnv };
type Job = Required<Options> & { version: string; root: string; work: string };

const wrapper = join(__dirname, "../../node_modules/pulumi");

/**
 * Returns the root directory of the Pulumi engine, `$PULUMI_HOME/versions/<version>`, where the official npm wrapper and
 * the Automation API keep it too. If it is not there, it is downloaded, or else built with Go.
 */
export async function ensureEngine({ progress = () => {}, env = process.env }: Options = {}): Promise<string> {
  const { version, root } = wanted(env);
  const make = (work: string) => getEngine({ progress, env, version, root, work });
  await installOnce({ what: `Pulumi ${version}`, root, isComplete, make, progress });
  return root;
}

/** Whether it is there already. */
export const hasEngine = (env = process.env) => isComplete(wanted(env).root);

function wanted(env: NodeJS.ProcessEnv): { version: string; root: string } {
  const { version } = JSON.parse(readFileSync(join(wrapper, "package.json"), "utf8"));
  return { version, root: resolve(pulumiHome(env), "versions", version) };
}

/** Where Pulumi, and what else is too big to have twice on a machine, is kept. */
export const pulumiHome = (env: NodeJS.ProcessEnv) => env.PULUMI_HOME || join(homedir(), ".pulumi");

async function getEngine(job: Job): Promise<string> {
  const { version, root, work, progress } = job;
  const made = join(work, "versions", version);
  const lacks = () => (isComplete(made) ? "" : "it left no whole engine");
  progress(`Pulumi ${version} is not in ${root} yet: downloading its release`);
  const noDownload = (await download(job)) || lacks();
  if (noDownload) {
    progress(`no download (${noDownload}): building Pulumi ${version} with Go, which takes 3 to 5 minutes, once`);
    await remove(made);
    const noBuild = (await build(job, join(made, "bin"))) || lacks();
    if (noBuild) {
      throw new Error(
        `Pulumi ${version}, which runs every preview and update, is not in ${root} and could not be put there: ` +
          `the download failed (${noDownload}) and so did the build with Go (${noBuild}); install Go 1.26 or newer, or ` +
          `unpack Pulumi ${version} from its release page so that ${join(root, "bin/pulumi")} exists, and try again.`,
      );
    }
  }
  return made;
}

function download({ version, work, env, progress }: Job) {
  let [size, grown] = [0, 0];
  const ours = { ...env, PULUMI_HOME: work, PULUMI_VERSION: version, TMPDIR: work };
  const eachSecond = async (second: number, _: number, stop: (why: string) => void) => {
    // The wrapper says little, but all that it gets is in files. Slow is fine; no first byte is a machine off the net.
    let now = 0;
    for (const path of await readdir(work, { recursive: true }).catch(() => [])) now += sizeOf(join(work, path));
    if (now !== size) grown = second;
    size = now;
    if (second - grown > (size === 0 ? 8 : 90)) stop("nothing arrived");
    if (second % 15 === 0) progress(`downloading Pulumi: ${second} s, ${Math.round(size / 1e6)} MB`);
  };
  return runCommand(process.execPath, [join(wrapper, "run.js"), "version"], {
    ...{ what: `Pulumi ${version}`, env: ours, eachSecond },
  });
}

function build({ version, work, env, progress }: Job, bin: string) {
  return goBuild({
    what: `Pulumi ${version}`,
    module: __dirname,
    packages: [".", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"],
    ldflags: `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`,
    steps: 1900,
    ...{ bin, work, env, progress },
  });
}

function isComplete(root: string): boolean {
  return areExecutable(["pulumi", "pulumi-language-nodejs"].map((name) => join(root, "bin", name)));
}
