import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { acquireLock } from "../lock";

type Options = { progress?: (line: string) => void; env?: NodeJS.ProcessEnv };
type Job = Required<Options> & { version: string; root: string; work: string };
type EachSecond = (second: number, lines: number, stop: (why: string) => void) => void;

const wrapper = join(__dirname, "../../node_modules/pulumi");

/**
 * Returns the root directory of the Pulumi engine, `$PULUMI_HOME/versions/<version>`, where the official npm wrapper and
 * the Automation API keep it too. If it is not there, it is downloaded, or else built with Go.
 */
export async function ensureEngine({ progress = () => {}, env = process.env }: Options = {}): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(wrapper, "package.json"), "utf8"));
  const root = resolve(env.PULUMI_HOME || join(homedir(), ".pulumi"), "versions", version);
  const beside = join(dirname(root), `.${version}`);
  for (let waited = 0; !isComplete(root); waited++) {
    const lock = await acquireLock(`${beside}.lock`);
    if ("release" in lock) {
      await install({ progress, env, version, root, work: join(`${beside}.work`, randomUUID()) }).finally(lock.release);
    } else {
      if (waited % 75 === 0) progress(`waiting for process ${lock.heldBy}, which is getting Pulumi ${version}`);
      await sleep(200);
    }
  }
  return root;
}

async function install(job: Job) {
  const { version, root, work, progress } = job;
  if (isComplete(root)) return;
  await remove(dirname(work)); // of a start that was killed
  await mkdir(work, { recursive: true });
  try {
    // All is made aside and put in place in one step: what is at `root` is whole, whenever this is killed.
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
    await remove(root); // whatever was there was not complete
    await rename(made, root);
    progress(`Pulumi ${version} is in ${root}`);
  } finally {
    await remove(dirname(work));
  }
}

function download({ version, work, env, progress }: Job) {
  let [size, grown] = [0, 0];
  const ours = { ...env, PULUMI_HOME: work, PULUMI_VERSION: version, TMPDIR: work };
  return run(process.execPath, [join(wrapper, "run.js"), "version"], ours, async (second, _, stop) => {
    // The wrapper says little, but all that it gets is in files. Slow is fine; no first byte is a machine off the net.
    let now = 0;
    for (const path of await readdir(work, { recursive: true }).catch(() => [])) now += sizeOf(join(work, path));
    if (now !== size) grown = second;
    size = now;
    if (second - grown > (size === 0 ? 8 : 90)) stop("nothing arrived");
    if (second % 15 === 0) progress(`downloading Pulumi: ${second} s, ${Math.round(size / 1e6)} MB`);
  });
}

async function build({ version, work, env, progress }: Job, bin: string) {
  // Settings that somebody has for other Go projects must not change what is built here.
  const plain = { GOFLAGS: "-mod=readonly", GOWORK: "off", GO111MODULE: "on", CGO_ENABLED: "0", GOTMPDIR: work };
  const machine = { GOOS: process.platform, GOARCH: process.arch === "x64" ? "amd64" : process.arch };
  const stamp = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`;
  const flags = ["-C", __dirname, "-v", "-buildvcs=false", "-trimpath", "-ldflags", stamp, "-o", `${bin}/`];
  const packages = [".", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"];
  await mkdir(bin, { recursive: true });
  return run("go", ["build", ...flags, ...packages], { ...env, ...plain, ...machine }, (second, steps) => {
    if (second % 15 === 0) progress(`building Pulumi: ${second} s, ${steps} of at most 1900 steps`);
  });
}

/** Runs a command and returns why it failed, or "". All that it started ends with it, and with this process. */
async function run(command: string, args: string[], env: NodeJS.ProcessEnv, eachSecond: EachSecond): Promise<string> {
  const child = spawn(command, args, { env, detached: true, stdio: ["ignore", "ignore", "pipe"] });
  let [why, lastWords, lines, second] = ["", "no reason given", 0, 0];
  const stop = (reason: string | number) => {
    why ||= `${reason}`;
    const runs = child.pid && child.exitCode === null && child.signalCode === null;
    if (runs) process.kill(-child.pid, "SIGKILL"); // its group: the compilers, or curl, as well
  };
  const ends = ["SIGINT", "SIGTERM", "SIGHUP", "exit"];
  for (const end of ends) process.on(end, stop);
  const timer = setInterval(() => eachSecond(++second, lines, stop), 1000);
  createInterface(child.stderr).on("line", (line) => {
    lines++;
    if (line.includes(" ")) lastWords = line; // the others name packages that were compiled
  });
  const code = await new Promise((end) => {
    child.on("close", end).on("error", ({ message }) => stop(`${command} does not start: ${message}`));
  });
  clearInterval(timer);
  for (const end of ends) process.off(end, stop);
  if (why.startsWith("SIG")) throw new Error(`Stopped by ${why} before Pulumi was there; nothing is left of it.`);
  return why || (code === 0 ? "" : lastWords.replace(/(https?:\/\/|lookup )[^\s":]+/g, "$1…"));
}

function isComplete(root: string): boolean {
  const files = ["pulumi", "pulumi-language-nodejs"].map((name) => join(root, "bin", name));
  return files.every((file) => sizeOf(file) > 0 && (statSync(file).mode & 0o111) !== 0);
}

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
const remove = (path: string) => rm(path, { recursive: true, force: true, maxRetries: 5 });
