import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { cp, rename } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { pulumiHome } from "../../local/engine/ensure-engine";
import { goBuild, goSettings } from "../../local/go-build";
import { areExecutable, installOnce } from "../../local/install-once";
import { runCommand } from "../../local/run-command";

interface Options {
  progress?: (line: string) => void;
  env?: NodeJS.ProcessEnv;
  inBackground?: boolean;
  signal?: AbortSignal;
}

const SOURCES = ["go.mod", "gateway-api/go.mod", "wait-for/main.go"]
  .map((name) => readFileSync(join(__dirname, name), "utf8"))
  .join();
const VERSION = /k8s\.io\/kubernetes (v\S+)/.exec(SOURCES)?.[1];
const WHAT = `the API server of Kubernetes ${VERSION}`;

/**
 * Returns the folder of an API server: `bin/kube-apiserver`, its store `bin/etcd`, `bin/wait-for` (its `main.go` says what it is
 * for), and the Gateway API's definitions in `gateway-api/`. Where it is not there yet, it is built with Go, once for a machine and version; beside Pulumi's engine, for
 * it is as big.
 */
export async function ensureApiServer(options: Options = {}): Promise<string> {
  const { progress = () => {}, env = process.env, signal } = options;
  const name = `kubernetes-${VERSION}-${createHash("sha256").update(SOURCES).digest("hex").slice(0, 8)}`;
  const root = resolve(pulumiHome(env), "crossfade", name);
  const make = (work: string) => build(work, { ...options, progress, env });
  await installOnce({ what: WHAT, root, isComplete, make, progress, signal });
  return root;
}

/**
 * Begins to build what `ensureApiServer` waits for as soon as it is due, with what the tests leave of the processor.
 * @returns how to give that up: nothing is left of it then, unless it was ready.
 */
export function startBuild(
  progress: (line: string) => void,
  { env = process.env, isDue = () => true }: { env?: NodeJS.ProcessEnv; isDue?: () => boolean } = {},
): () => Promise<void> {
  const stopped = new AbortController();
  const { signal } = stopped;
  const start = async () => {
    while (!isDue()) await sleep(1000, undefined, { signal });
    await ensureApiServer({ progress, env, inBackground: true, signal });
  };
  const building = start().catch(({ name, message }) => {
    if (name !== "AbortError") progress(message); // whoever waits for it tries again, and fails with the reason
  });
  return () => {
    stopped.abort();
    return building.then(() => {});
  };
}

async function build(work: string, options: Options & { progress: (line: string) => void; env: NodeJS.ProcessEnv }) {
  const { progress } = options;
  const made = join(work, "made");
  const bin = join(made, "bin");
  progress(`building ${WHAT} with Go, which takes 4 to 6 minutes, once`);
  const packages = ["./wait-for", "k8s.io/kubernetes/cmd/kube-apiserver", "go.etcd.io/etcd/server/v3"];
  const failure =
    (await goBuild({ ...options, what: WHAT, module: __dirname, packages, bin, work, steps: 2300 })) ||
    (await getDefinitions(join(made, "gateway-api"), work, options));
  if (failure) {
    throw new Error(
      `${WHAT}, which says whether a cluster would take our manifests, could not be built: ${failure}; ` +
        "install Go 1.26 or newer, or see why it reaches no Go modules, and try again.",
    );
  }
  await rename(join(bin, "server"), join(bin, "etcd"));
  return made;
}

/** The definitions are in the Go module of the Gateway API. */
async function getDefinitions(to: string, work: string, { env, signal }: Options): Promise<string> {
  const module = "sigs.k8s.io/gateway-api";
  const go = { ...env, ...goSettings(work) };
  const here = ["-C", join(__dirname, "gateway-api")];
  const failure = await runCommand("go", ["mod", "download", ...here, module], { what: WHAT, env: go, signal });
  if (failure) return failure;
  const { stdout } = await promisify(execFile)("go", ["list", ...here, "-m", "-f", "{{.Dir}}", module], { env: go });
  await cp(join(stdout.trim(), "config/crd/standard"), to, { recursive: true });
  return "";
}

function isComplete(root: string): boolean {
  return areExecutable(["kube-apiserver", "etcd", "wait-for"].map((name) => join(root, "bin", name)));
}
