import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { Companion } from "./api-server/companion";
import { ensureApiServer, startBuild } from "./api-server/ensure-api-server";

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), "crossfade-ensure-"));
  directories.push(directory);
  return directory;
}

const isRunning = (pid: number) =>
  !/^(Z|$)/.test(
    spawnSync("ps", ["-o", "stat=", "-p", `${pid}`])
      .stdout.toString()
      .trim(),
  );

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(50);
}

describe("ensureApiServer", () => {
  /** A machine with a Go that works at once, fails, or works until it is stopped. */
  function machine(go: "works" | "fails" | "works on and on") {
    const directory = temporary();
    const end = { works: "", fails: "echo 'go: no module is reached' >&2; exit 1", "works on and on": "sleep 600" }[go];
    mkdirSync(join(directory, "bin"));
    mkdirSync(join(directory, "module/config/crd/standard"), { recursive: true });
    writeFileSync(join(directory, "module/config/crd/standard/routes.yaml"), "kind: CustomResourceDefinition");
    writeFileSync(
      join(directory, "bin/go"),
      `#!/bin/sh
       echo "$1 $$ $(nice) $(ps -o cls= -p $$)" >> '${directory}/calls'
       if [ "$1" = list ]; then echo '${directory}/module'; fi
       if [ "$1" != build ]; then exit; fi
       while [ "$1" != -o ]; do shift; done
       for name in kube-apiserver server wait-for; do printf x > "$2$name"; chmod +x "$2$name"; done
       ${end}`,
    );
    chmodSync(join(directory, "bin/go"), 0o755);
    const cache = join(directory, "home/crossfade");
    const env = { PATH: `${join(directory, "bin")}:/usr/bin:/bin`, PULUMI_HOME: join(directory, "home") };
    const said: string[] = [];
    const calls = () => {
      const path = join(directory, "calls");
      const lines = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
      return lines
        .map((line) => line.split(/ +/))
        .map(([command, pid, nice, cls]) => ({ command, pid: Number(pid), nice, cls }));
    };
    return { env, cache, said, calls, progress: (line: string) => void said.push(line) };
  }

  it("builds the server and what belongs to it once", async () => {
    const { env, cache, calls, said, progress } = machine("works");
    const root = await ensureApiServer({ env, progress });
    expect(await ensureApiServer({ env, progress })).toBe(root);
    expect(readdirSync(cache)).toEqual([basename(root)]);
    expect(readdirSync(join(root, "bin")).sort()).toEqual(["etcd", "kube-apiserver", "wait-for"]);
    expect(readdirSync(join(root, "gateway-api"))).toEqual(["routes.yaml"]);
    expect(calls().map(({ command }) => command)).toEqual(["build", "mod", "list"]);
    expect(said.join("\n")).toContain("minutes, once");
  });

  it("says what could not be built and what to do", async () => {
    const { env, cache, progress } = machine("fails");
    const refusal = await ensureApiServer({ env, progress }).then(String, String);
    expect(refusal).toMatch(/Kubernetes v1\.\d+.*could not be built: go: no module is reached; install Go 1\.26/);
    expect(readdirSync(cache)).toEqual([]);
  });

  it("begun in the background leaves the processor to others, and nothing at all when it is given up", async () => {
    const { env, cache, calls, said, progress } = machine("works on and on");
    const giveUp = startBuild(progress, { env });
    await until(() => calls().length > 0);
    const [build] = calls();
    const hasIdle = spawnSync("chrt", ["--idle", "0", "true"]).status === 0;
    expect(build).toMatchObject({ nice: "19", cls: hasIdle ? "IDL" : "TS" });
    await giveUp();
    expect(isRunning(build?.pid ?? 0)).toBe(false);
    expect(readdirSync(cache)).toEqual([]);
    expect(said.join("\n")).toContain("nothing is left of it");
  });

  it("given up while another builds it gives up waiting, and leaves the other alone", async () => {
    const { env, calls, said, progress } = machine("works on and on");
    const [giveUpBuilding, giveUpWaiting] = [startBuild(progress, { env }), startBuild(progress, { env })];
    await until(() => calls().length > 0 && said.some((line) => line.startsWith("waiting for process")));
    await giveUpWaiting();
    expect(isRunning(calls()[0]?.pid ?? 0)).toBe(true);
    await giveUpBuilding();
  });

  it("begins in the background when it is due, and not before", async () => {
    const { env, calls, progress } = machine("works");
    let isDue = false;
    const giveUp = startBuild(progress, { env, isDue: () => isDue });
    await sleep(1500);
    expect(calls()).toEqual([]);
    isDue = true;
    await until(() => calls().some(({ command }) => command === "list"));
    await giveUp();
  });

  it("is waited for by whoever needs it, and tried again by them where the background gave up", async () => {
    const background = machine("works on and on");
    const giveUp = startBuild(background.progress, { env: background.env });
    await until(() => background.calls().length > 0);
    const { env, calls } = machine("works");
    const said: string[] = [];
    const waiting = ensureApiServer({
      env: { ...env, PULUMI_HOME: background.env.PULUMI_HOME },
      progress: (line) => said.push(line),
    });
    await until(() => said.some((line) => line.startsWith("waiting for process")));
    await giveUp();
    const root = await waiting;
    expect(readdirSync(background.cache)).toEqual([basename(root)]);
    expect(calls()[0]).toMatchObject({ nice: "0", cls: "TS" });
  });
});

describe("a companion", () => {
  it("ends when it is stopped, and its words are kept", async () => {
    const companion = Companion.start("sh", ["-c", "echo $$; exec sleep 600"]);
    await until(() => companion.lastWords.includes("\n"));
    const pid = Number(companion.lastWords);
    expect([companion.isRunning, isRunning(pid)]).toEqual([true, true]);
    await companion.stop();
    expect([companion.isRunning, isRunning(pid)]).toEqual([false, false]);
  });

  it("that ends by itself is seen to, with its reason", async () => {
    const companion = Companion.start("sh", ["-c", "echo no such flag >&2"]);
    await until(() => !companion.isRunning);
    expect(companion.lastWords).toBe("no such flag\n");
    await companion.stop();
  });

  it("does not outlive a process that is killed", async () => {
    const code = `
      const { Companion } = require(${JSON.stringify(join(__dirname, "api-server/companion.ts"))});
      const companion = Companion.start("sh", ["-c", "echo $$; exec sleep 600"]);
      setInterval(() => process.stdout.write(companion.lastWords), 50);`;
    const killed = spawn(process.execPath, ["--require", "tsx/cjs", "-e", code], { cwd: join(__dirname, "..") });
    const [pid] = await once(killed.stdout, "data");
    expect(isRunning(Number.parseInt(String(pid), 10))).toBe(true);
    killed.kill("SIGKILL");
    await until(() => !isRunning(Number.parseInt(String(pid), 10)));
  });
});
