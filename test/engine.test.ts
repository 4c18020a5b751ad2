import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureEngine } from "../local/engine/ensure-engine";
import { acquireLock } from "../local/lock";

const repository = join(__dirname, "..");
const version: string = JSON.parse(readFileSync(join(repository, "node_modules/pulumi/package.json"), "utf8")).version;
const started = new Set<ChildProcess>();
const directories: string[] = [];

afterAll(async () => {
  for (const child of started) child.kill("SIGKILL");
  for (const directory of directories) rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

function temporary(parent: string, files: Record<string, string> = {}): string {
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, "tmp-engine-"));
  directories.push(directory);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

/** Starts a command in a process group of its own, as a terminal does. */
function start(command: string, args: string[], options: SpawnOptions) {
  const child = spawn(command, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  started.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (output += data));
  const ended = once(child, "close").then(([code]) => {
    started.delete(child);
    return { code: code as number | null, output };
  });
  return { child, ended };
}

/** Waits for what must come about; the time limit of the test is the only one. */
async function until<T>(condition: () => T | undefined | false): Promise<T> {
  for (;;) {
    const value = condition();
    if (value !== undefined && value !== false) return value;
    await sleep(50);
  }
}

function isRunning(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", `${pid}`], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}

const parentOf = (pid: number) => Number(spawnSync("ps", ["-o", "ppid=", "-p", `${pid}`], { encoding: "utf8" }).stdout);

const lines = (path: string) => (existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : []);

/** Runs TypeScript in a process of its own; `lock` and `engine` are the modules. */
const inProcess = (code: string, env: NodeJS.ProcessEnv = {}) =>
  start(process.execPath, ["--require", "tsx/cjs", "-e", `${modules}\n(async () => {${code}\n})()`], {
    cwd: repository,
    env: { ...process.env, ...env },
  });

const modules = `
  const lock = require(${JSON.stringify(join(repository, "local/lock.ts"))});
  const engine = require(${JSON.stringify(join(repository, "local/engine/ensure-engine.ts"))});`;

describe("lock", () => {
  const newPath = () => join(temporary(tmpdir()), "deep", "it.lock");
  const taken = async (path: string) => {
    const lock = await acquireLock(path);
    if (!("release" in lock)) throw new Error(`${path} is held by ${lock.heldBy}`);
    return lock;
  };

  it("is held by one, and by the next after its release", async () => {
    const path = newPath();
    const lock = await taken(path);
    expect(await acquireLock(path)).toEqual({ heldBy: process.pid });
    await lock.release();
    await (await taken(path)).release();
    expect(readdirSync(dirname(path))).toEqual([]);
  });

  it("names the live process that holds it, and is taken over once that was killed", async () => {
    const path = newPath();
    const { child, ended } = inProcess(`
      await lock.acquireLock(${JSON.stringify(path)});
      setInterval(() => {}, 1000);`);
    await until(() => existsSync(path));
    expect(await acquireLock(path)).toEqual({ heldBy: child.pid });
    child.kill("SIGKILL");
    await ended;
    await (await taken(path)).release();
  });

  it("is taken over when its process number now belongs to another process", async () => {
    const path = newPath();
    await taken(path);
    const claim = JSON.parse(readFileSync(path, "utf8"));
    expect(claim.pid).toBe(process.pid);
    if (claim.started === undefined) return; // no /proc: here a process number is all that is known
    writeFileSync(path, JSON.stringify({ ...claim, started: "1" }));
    await (await taken(path)).release();
  });

  it.each(["", "{", "null", '{"pid":0}', '{"pid":"1"}'])("is taken over when it holds only %j", async (text) => {
    const path = newPath();
    mkdirSync(dirname(path));
    writeFileSync(path, text);
    await (await taken(path)).release();
  });

  it("that is released late does not free the lock of a later holder", async () => {
    const path = newPath();
    const early = await taken(path);
    rmSync(path);
    const late = await taken(path);
    await early.release();
    expect(await acquireLock(path)).toEqual({ heldBy: process.pid });
    await late.release();
  });

  it("goes to exactly one of many takers of a stale one, in several processes", async () => {
    const directory = temporary(tmpdir());
    const gone = spawnSync(process.execPath, ["-e", ""]).pid;
    const names = Array.from({ length: 40 }, (_, index) => `${index}.lock`);
    for (const name of names)
      writeFileSync(join(directory, name), JSON.stringify({ pid: gone, started: "1", id: name }));
    const takers = Array.from({ length: 4 }, () =>
      inProcess(`
        const fs = require("node:fs");
        process.chdir(${JSON.stringify(directory)});
        fs.writeFileSync("ready-" + process.pid, "");
        while (!fs.existsSync("go"));
        const won = [];
        for (const name of ${JSON.stringify(names)}) {
          const tries = await Promise.all(Array.from({ length: 6 }, () => lock.acquireLock(name)));
          for (const one of tries) if ("release" in one) won.push(name);
        }
        fs.writeFileSync("won-" + process.pid, won.join("\\n"));
        while (!fs.existsSync("end")) await new Promise((next) => setTimeout(next, 20)); // the locks are held so long`),
    );
    const made = (prefix: string) => readdirSync(directory).filter((name) => name.startsWith(prefix));
    await until(() => made("ready-").length === takers.length);
    writeFileSync(join(directory, "go"), "");
    await until(() => made("won-").length === takers.length);
    const winners = made("won-").flatMap((name) => lines(join(directory, name)).filter(Boolean));
    writeFileSync(join(directory, "end"), "");
    await Promise.all(takers.map(({ ended }) => ended));
    expect(winners.sort()).toEqual(names.sort());
    expect(readdirSync(directory).filter((name) => !/^(\d+\.lock|ready-\d+|won-\d+|go|end)$/.test(name))).toEqual([]);
  });
});

describe("ensureEngine", () => {
  /**
   * A machine: its PULUMI_HOME, what a download brings (the official wrapper runs; only the network behind its `fetch` is
   * ours) and its `go`. The fake `go` is slow until the file `finish` is there, and stops with its reader, as go does.
   */
  function machine(how: { download: "fails" | "hangs" | "slow" | "works"; go: boolean }) {
    const fetch = {
      fails: `async () => { throw new TypeError("fetch failed"); }`,
      hangs: `() => { setInterval(() => {}, 1000); return new Promise(() => {}); }`,
      slow: `async () => new Response(${JSON.stringify(installScript("sleep 10"))})`,
      works: `async () => new Response(${JSON.stringify(installScript(""))})`,
    }[how.download];
    const directory = temporary(tmpdir(), { "fetch.js": `globalThis.fetch = ${fetch};`, "bin/go": fakeGo });
    if (how.go) chmodSync(join(directory, "bin/go"), 0o755);
    const home = join(directory, "home");
    const versions = join(home, "versions");
    const root = join(versions, version);
    const path = how.go ? `${join(directory, "bin")}:/usr/bin:/bin` : "/usr/bin:/bin";
    const hostile = { GOFLAGS: "-mod=vendor", GOWORK: "/elsewhere/go.work", GOOS: "plan9", GO111MODULE: "off" };
    const env = {
      ...{ PATH: path, PULUMI_HOME: home, NODE_OPTIONS: `--require ${join(directory, "fetch.js")}`, FAKE: directory },
      ...hostile,
    };
    const said: string[] = [];
    return {
      directory,
      versions,
      root,
      env,
      said,
      ensure: () => ensureEngine({ env, progress: (line) => said.push(line) }),
      finish: () => writeFileSync(join(directory, "finish"), ""),
      calls: () => lines(join(directory, "calls")),
      ensureInProcess: () =>
        inProcess(
          `engine.ensureEngine({ env: ${JSON.stringify(env)}, progress: console.log }).then(console.log, (error) => {
            console.log("refused: " + error.message);
            process.exitCode = 1;
          });`,
        ),
    };
  }

  const installScript = (pause: string) => `
    while [ "$1" != --install-root ]; do shift; done
    mkdir -p "$2/bin" && cd "$2/bin" && printf '#!/bin/sh\\n' > pulumi && ${pause || "true"}
    cp pulumi pulumi-language-nodejs && chmod +x pulumi pulumi-language-nodejs`;

  const fakeGo = `#!/bin/sh
    trap "" PIPE
    sleep 600 & # a compiler
    trap "kill $!" EXIT
    echo "$$ $!" >> "$FAKE/calls"
    env > "$FAKE/env"
    while [ "$1" != -o ]; do shift; done
    printf x > "$2/pulumi"; chmod +x "$2/pulumi"
    while [ ! -e "$FAKE/finish" ]; do echo example.com/package >&2 || exit 1; sleep 0.1; done
    printf x > "$2/pulumi-language-nodejs"; chmod +x "$2/pulumi-language-nodejs"`;

  const isWhole = (root: string) =>
    ["pulumi", "pulumi-language-nodejs"].every((name) => existsSync(join(root, "bin", name)));

  it("says in one sentence what happened and what to install when there is no way left", async () => {
    const { ensure, root, versions } = machine({ download: "fails", go: false });
    const refusal: Error = await ensure().then(
      () => expect.fail("there is no engine"),
      (error) => error,
    );
    for (const part of [version, root, "fetch failed", "go does not start", "Go 1.26", "release page", "bin/pulumi"]) {
      expect(refusal.message).toContain(part);
    }
    expect(refusal.message).not.toContain("\n");
    expect(readdirSync(versions)).toEqual([]);
  });

  it("takes the release where the official wrapper gets it", async () => {
    const { ensure, root, versions, calls, said } = machine({ download: "works", go: true });
    expect(await ensure()).toBe(root);
    expect(isWhole(root)).toBe(true);
    expect(calls()).toEqual([]);
    expect(readdirSync(versions)).toEqual([version]);
    expect(said.join("\n")).toContain("downloading");
  });

  it("gives up a connection that does not come about, but no download that is slow", async () => {
    const [hanging, slow] = [machine({ download: "hangs", go: true }), machine({ download: "slow", go: true })];
    for (const { finish } of [hanging, slow]) finish();
    await Promise.all([hanging.ensure(), slow.ensure()]);
    expect(hanging.said.join("\n")).toContain("nothing arrived");
    expect(hanging.calls()).toHaveLength(1);
    expect(slow.calls()).toEqual([]);
    expect([isWhole(hanging.root), isWhole(slow.root)]).toEqual([true, true]);
  });

  it("builds with Go, untouched by the settings of other Go projects, and returns at once the next time", async () => {
    const { ensure, finish, root, calls, directory, said } = machine({ download: "fails", go: true });
    finish();
    expect(await ensure()).toBe(root);
    expect(await ensure()).toBe(root);
    expect(calls()).toHaveLength(1);
    const env = lines(join(directory, "env"));
    expect(env).toEqual(expect.arrayContaining(["GOFLAGS=-mod=readonly", "GOWORK=off", "GO111MODULE=on"]));
    expect(env).toContain(`GOOS=${process.platform}`);
    expect(said.join("\n")).toContain("3 to 5 minutes");
  });

  it.each([
    ["is empty", "", 0o755],
    ["cannot be run", "x", 0o644],
  ])("replaces an installation whose language host %s", async (_, text, mode) => {
    const { ensure, finish, root, calls } = machine({ download: "fails", go: true });
    mkdirSync(join(root, "bin"), { recursive: true });
    writeFileSync(join(root, "bin/pulumi"), "x", { mode: 0o755 });
    writeFileSync(join(root, "bin/pulumi-language-nodejs"), text, { mode });
    finish();
    await ensure();
    expect(calls()).toHaveLength(1);
    expect(readFileSync(join(root, "bin/pulumi-language-nodejs"), "utf8")).toBe("x");
  });

  it("builds once for two starts in this process and one in another", async () => {
    const { ensure, ensureInProcess, finish, root, calls, said } = machine({ download: "fails", go: true });
    const first = ensure();
    await until(() => calls().length === 1);
    const others = [ensure(), ensureInProcess().ended] as const;
    await until(() => said.some((line) => line.startsWith(`waiting for process ${process.pid}`)));
    finish();
    const [second, third] = await Promise.all(others);
    expect([await first, second]).toEqual([root, root]);
    expect(third.output.trim().split("\n").at(-1)).toBe(root);
    expect(calls()).toHaveLength(1);
  });

  it("leaves nothing that looks whole when it is killed, and the next start clears up and succeeds", async () => {
    const { ensure, ensureInProcess, finish, root, versions, calls } = machine({ download: "fails", go: true });
    const killed = ensureInProcess();
    const [call = ""] = await until(() => calls().length === 1 && calls());
    killed.child.kill("SIGKILL");
    await killed.ended;
    expect(existsSync(root)).toBe(false);
    expect(readdirSync(versions)).toHaveLength(2); // the lock and the work so far
    await until(() => !isRunning(Number.parseInt(call, 10)));
    finish();
    expect(await ensure()).toBe(root);
    expect(isWhole(root)).toBe(true);
    expect(readdirSync(versions)).toEqual([version]);
  });

  it("takes its children along on an interrupt and leaves nothing behind", async () => {
    const { ensureInProcess, versions, calls } = machine({ download: "fails", go: true });
    const { child, ended } = ensureInProcess();
    const [call = ""] = await until(() => calls().length === 1 && calls());
    const [go, compiler] = call.split(" ").map(Number);
    child.kill("SIGINT");
    const { code, output } = await ended;
    expect(output).toContain("refused: Stopped by SIGINT");
    expect(code).toBe(1);
    expect([go, compiler].filter((pid) => isRunning(pid as number))).toEqual([]);
    expect(readdirSync(versions)).toEqual([]);
  });
});

describe("the language host does what the official one does", () => {
  let pulumiEnv: NodeJS.ProcessEnv;
  let base: string; // an empty stack, which is copied: making one takes longer than most of what is tested
  beforeAll(async () => {
    const root = await ensureEngine({ progress: (line) => console.log(line) });
    pulumiEnv = {
      ...process.env,
      PULUMI_HOME: temporary(tmpdir()),
      PATH: `${join(root, "bin")}${delimiter}${process.env.PATH}`,
      PULUMI_CONFIG_PASSPHRASE: "only for tests",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      NO_COLOR: "true",
    };
    base = temporary(join(repository, ".crossfade"), {
      "Pulumi.yaml": "name: tiny\nruntime: nodejs\n",
      "state/.keep": "",
    });
    const env = { ...pulumiEnv, PULUMI_BACKEND_URL: `file://${join(base, "state")}` };
    const { code, output } = await start("pulumi", ["stack", "init", "dev"], { cwd: base, env }).ended;
    expect(code, output).toBe(0);
  });

  function project(files: Record<string, string>, yaml = "runtime: nodejs", parent = join(repository, ".crossfade")) {
    const directory = temporary(parent, { "package.json": "{}", "Pulumi.yaml": `name: tiny\n${yaml}\n`, ...files });
    for (const name of ["state", "Pulumi.dev.yaml"])
      cpSync(join(base, name), join(directory, name), { recursive: true });
    const here = { PULUMI_BACKEND_URL: `file://${join(directory, "state")}`, PULUMI_STACK: "dev", HERE: directory };
    const env = { ...pulumiEnv, ...here };
    const begin = (...args: string[]) => start("pulumi", [...args, "--non-interactive"], { cwd: directory, env });
    const run = (...args: string[]) => begin(...args).ended;
    return { directory, begin, run };
  }

  /** What a program or a pack writes of itself, one JSON line a run. */
  const report = `
    const pulumi = require("@pulumi/pulumi");
    const report = (name, more) => require("node:fs").appendFileSync(process.env.HERE + "/" + name, JSON.stringify({
      ...more, pid: process.pid, file: __filename, cwd: process.cwd(), nodeargs: process.execArgv, dryRun: pulumi.runtime.isDryRun(),
      stack: pulumi.getStack(), project: pulumi.getProject(), organization: pulumi.getOrganization(),
      plain: new pulumi.Config("tiny").get("plain"), secretKeys: JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS || "[]"),
      env: Object.fromEntries(Object.entries(process.env).filter(([key]) => key.startsWith("PULUMI_NODEJS_"))),
    }) + "\\n");`;
  const reports = (directory: string, name: string) => lines(join(directory, name)).map((line) => JSON.parse(line));

  const packYaml = "runtime:\n  name: nodejs\n  options: { tsconfig: pack.json }";
  const pack = `${report}
    const { PolicyPack } = require("@pulumi/policy");
    report("pack.jsonl");
    new PolicyPack("tiny", { policies: [{ name: "stack", description: "-", enforcementLevel: "mandatory",
      validateStack: (args, violation) => { if (args.resources.some(({ name }) => name === "bad")) violation("a bad one"); } }] });`;
  const packFiles = {
    "pack/pack.json": "{}",
    "pack/PulumiPolicy.yaml": packYaml,
    "pack/package.json": '{"version": "1.0.0"}',
    "pack/index.js": pack,
  };

  describe("for a program and its policy pack", () => {
    let directory: string;
    const seen = { program: [] as ReturnType<typeof reports>, pack: [] as ReturnType<typeof reports>, outputs: {} };
    beforeAll(async () => {
      const options = `{ tsconfig: other.json, nodeargs: "--no-deprecation --title 'two words'" }`;
      const yaml = `main: src/entry.ts\nruntime:\n  name: nodejs\n  options: ${options}`;
      const program = `${report}
        report("program.jsonl", { root: pulumi.getRootDirectory ? pulumi.getRootDirectory() : process.env.PULUMI_NODEJS_ROOT_DIRECTORY });
        const config: any = new pulumi.Config();
        export const secret = config.requireSecret("hidden"), plain = config.get("plain");`;
      const tiny = project({ "src/entry.ts": program, "src/other.json": "{}", ...packFiles }, yaml);
      directory = tiny.directory;
      for (const args of [
        ["config", "set", "plain", "as it is: null"],
        ["config", "set", "--secret", "hidden", "s3cret"],
        ["up", "--yes", "--parallel", "3", "--policy-pack", "pack"],
      ]) {
        const { code, output } = await tiny.run(...args);
        expect(code, output).toBe(0);
      }
      seen.program = reports(directory, "program.jsonl");
      seen.pack = reports(directory, "pack.jsonl");
      seen.outputs = JSON.parse((await tiny.run("stack", "output", "--json")).output);
    });

    const program = (what: (report: ReturnType<typeof reports>[number]) => unknown) => seen.program.map(what);
    const policies = (what: (report: ReturnType<typeof reports>[number]) => unknown) => seen.pack.map(what);
    const both = <T>(value: T) => [value, value]; // in the preview and in the update

    it.each<[string, () => unknown, () => unknown]>([
      [
        "runs the entry point that the engine names",
        () => program(({ file }) => file),
        () => both(join(directory, "src/entry.ts")),
      ],
      ["runs it in its own directory", () => program(({ cwd }) => cwd), () => both(join(directory, "src"))],
      ["tells the project's directory", () => program(({ root }) => root), () => both(directory)],
      ["tells a dry run", () => program(({ dryRun }) => dryRun), () => [true, false]],
      ["tells the stack", () => program(({ stack }) => stack), () => both("dev")],
      ["tells the project", () => program(({ project }) => project), () => both("tiny")],
      ["tells the organization", () => program(({ organization }) => organization), () => both("organization")],
      ["passes --parallel", () => program(({ env }) => env.PULUMI_NODEJS_PARALLEL), () => both("3")],
      ["passes the config", () => program(({ plain }) => plain), () => both("as it is: null")],
      ["passes which keys are secret", () => program(({ secretKeys }) => secretKeys), () => both(["tiny:hidden"])],
      ["keeps a secret secret", () => seen.outputs, () => ({ plain: "as it is: null", secret: "[secret]" })],
      ["compiles TypeScript", () => program(({ env }) => env.PULUMI_NODEJS_TYPESCRIPT), () => both("true")],
      [
        "takes the option tsconfig",
        () => program(({ env }) => env.PULUMI_NODEJS_TSCONFIG_PATH),
        () => both("other.json"),
      ],
      [
        "takes the option nodeargs",
        () => program(({ nodeargs }) => nodeargs),
        () => both(["--no-deprecation", "--title", "two words"]),
      ],
      [
        "leaves the user's own settings",
        () => program(({ env }) => env.PULUMI_NODEJS_TRANSPILE_ONLY),
        () => both("true"),
      ],
      ["runs the pack in its directory", () => policies(({ cwd }) => cwd), () => both(join(directory, "pack"))],
      ["tells the pack a dry run", () => policies(({ dryRun }) => dryRun), () => [true, false]],
      ["tells the pack the stack", () => policies(({ stack }) => stack), () => both("dev")],
      ["tells the pack the project", () => policies(({ project }) => project), () => both("tiny")],
      [
        "tells the pack the organization",
        () => policies(({ organization }) => organization),
        () => both("organization"),
      ],
      ["gives the pack the config", () => policies(({ plain }) => plain), () => both("as it is: null")],
      [
        "gives the pack its own options",
        () => policies(({ env }) => env.PULUMI_NODEJS_TSCONFIG_PATH),
        () => both("pack.json"),
      ],
    ])("%s", (_, actual, expected) => {
      expect(actual()).toEqual(expected());
    });
  });

  const goStack = /goroutine|\.go:\d+/;

  it.each<[string, string, string[], string[]]>([
    ["a thrown error, once", `throw new Error("no luck");`, ["no luck"], ["non-zero exit code"]],
    ["an exit code", `process.exit(3);`, ["Program exited with non-zero exit code: 3"], []],
    [
      "a user error without a stack",
      `throw new (require("@pulumi/pulumi").RunError)("say this");`,
      ["say this"],
      ["index.js:"],
    ],
    ["what refused a policy", `new (require("@pulumi/pulumi").ComponentResource)("a:b:C", "bad");`, ["a bad one"], []],
  ])("shows %s", async (_, program, shown, notShown) => {
    // Short stacks: Node 20 takes half a minute to colour one that has a certain frame of the SDK (nodejs/node#64011).
    const { run } = project({ "index.js": `Error.stackTraceLimit = 1; ${program}`, ...packFiles });
    const { code, output } = await run("preview", "--policy-pack", "pack");
    expect(code).not.toBe(0);
    for (const text of shown) expect(output).toContain(text);
    for (const text of notShown) expect(output).not.toContain(text);
    expect(output).not.toMatch(goStack);
  });

  it("takes the option typescript: false", async () => {
    const yaml = "runtime:\n  name: nodejs\n  options: { typescript: false }";
    const { run, directory } = project({ "index.js": `${report} report("program.jsonl");` }, yaml);
    expect(await run("preview")).toMatchObject({ code: 0 });
    expect(reports(directory, "program.jsonl")[0].env.PULUMI_NODEJS_TYPESCRIPT).not.toBe("true");
  });

  it("says what to do when the SDK is not installed", async () => {
    const { run, directory } = project({ "index.js": "" }, undefined, tmpdir());
    const { code, output } = await run("preview");
    expect(code).not.toBe(0);
    expect(output).toContain(directory);
    expect(output).toContain("npm ci");
    expect(output).not.toMatch(goStack);
  });

  it("ends with the error of a policy pack that cannot start", async () => {
    const { run } = project({ "index.js": "", ...packFiles, "pack/index.js": `throw new Error("broken pack");` });
    const { code, output } = await run("preview", "--policy-pack", "pack");
    expect(code).not.toBe(0);
    expect(output).toContain("broken pack");
    expect(output).not.toMatch(goStack);
  });

  /** A preview whose program never ends, with the numbers of all processes that belong to it. */
  async function endless() {
    const program = `${report} report("program.jsonl"); setInterval(() => {}, 1000); export = new Promise(() => {});`;
    const { begin, directory } = project({ "index.ts": program, ...packFiles });
    const { child, ended } = begin("preview", "--policy-pack", "pack");
    const numbers = (name: string) => reports(directory, name).map(({ pid }) => pid as number);
    const [node] = await until(() => numbers("program.jsonl").length === 1 && numbers("program.jsonl"));
    const [pack] = await until(() => numbers("pack.jsonl").length === 1 && numbers("pack.jsonl"));
    const host = parentOf(node as number);
    expect(parentOf(host)).toBe(child.pid);
    return { child, ended, all: [child.pid, host, node, pack] as number[] };
  }

  it.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)("leaves no process when the engine gets %s", async (signal) => {
    const { child, ended, all } = await endless();
    expect(all.filter(isRunning)).toEqual(all);
    child.kill(signal);
    expect((await ended).code).not.toBe(0);
    await until(() => !all.some(isRunning));
  });

  it("interrupts a program in the middle of a hook: the step is not taken", async () => {
    const { run, begin, directory } = project({
      "index.js": `
        const pulumi = require("@pulumi/pulumi");
        const hook = new pulumi.ResourceHook("endless", () => {
          require("node:fs").writeFileSync(process.env.HERE + "/in-hook", "");
          return new Promise(() => setInterval(() => {}, 1000));
        });
        new pulumi.Stash("gated", { input: 1 }, { hooks: { beforeCreate: [hook] } });`,
    });
    const { child, ended } = begin("up", "--yes", "--skip-preview");
    await until(() => existsSync(join(directory, "in-hook")));
    child.kill("SIGINT");
    expect((await ended).code).not.toBe(0);
    expect((await run("stack", "export")).output).not.toContain("::gated");
  });

  it("runs a plugin that is written for Node.js", async () => {
    const plugin = `
      require("node:fs").writeFileSync(process.env.HERE + "/plugin-runs-in", process.cwd());
      require("@pulumi/pulumi").provider.main({ version: "0.0.1" }, process.argv.slice(2));`;
    const files = {
      "plugin/PulumiPlugin.yaml": "runtime: nodejs",
      "plugin/package.json": "{}",
      "plugin/index.js": plugin,
    };
    const { run, directory } = project(
      { ...files, "index.js": `new (require("@pulumi/pulumi").CustomResource)("own:index:Thing", "thing");` },
      "runtime: nodejs\nplugins: { providers: [{ name: own, path: plugin }] }",
    );
    const { code, output } = await run("preview");
    expect(code, output).toBe(0);
    expect(output).toContain("own:index:Thing");
    expect(readFileSync(join(directory, "plugin-runs-in"), "utf8")).toBe(directory);
  });

  it("tells which node it runs", async () => {
    const { run } = project({ "index.js": "" });
    expect((await run("about")).output).toContain(process.version);
  });
});
