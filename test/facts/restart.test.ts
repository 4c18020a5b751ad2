import { type ChildProcess, spawn } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ProcessFile } from "../../local/process-file";
import { Records } from "../../local/providers";
import { RECORD } from "../../local/providers/types/route53-names";
import { RehearsalCloud } from "../../local/rehearsal/cloud";
import { ask, desire, forwardTo, PORT, service, startDataPlane, until } from "./local-cloud";

// No fact of AWS: what a cloud on one machine owes to its user. Nothing outlives it for long, and it comes back as it was.

const desired = desire([forwardTo({ shop: 1 })], [service("shop", {}, { desiredCount: 2 })]);
const tasksFile = () => join(mkdtempSync(join(tmpdir(), "crossfade-")), "tasks");

/** A data plane in a process of its own, and what it has printed. */
function runDataPlane(...args: string[]): { child: ChildProcess; output: () => string } {
  const script = join(__dirname, "run-data-plane.ts");
  const child = spawn(process.execPath, ["--import", "tsx", script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (part) => (text += part));
  return { child, output: () => text };
}

const pids = (text: string) => [...text.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid));

it("ends what a kill -9 left behind, and brings the services back", async () => {
  const file = tasksFile();
  const { child, output } = runDataPlane(file, JSON.stringify(desired));
  await until(() => output().includes("steady"));
  const left = pids(output());
  expect(left).toHaveLength(2);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(left.every(isRunning)).toBe(true);

  const { plane } = startDataPlane({ tasksFile: file });
  await until(() => !left.some(isRunning));
  await plane.apply(desired);
  expect(await plane.steady("shop")).toEqual({ ok: true });
  expect((await ask(plane.addresses("alb", 80)[0])).body).toBe("shop");
  await plane.stop();
  expect(readFileSync(file, "utf8")).toBe("");
});

it("serves the records that are on disk again after a kill -9 of the cloud", async () => {
  const home = mkdtempSync(join(tmpdir(), "crossfade-"));
  const records = new Records(join(home, "cloud.json"));
  const inputs = { zoneId: "ZOTHER", name: "shop.local.test", type: "A", ttl: 60, records: ["192.0.2.1"] };
  records.put({ type: RECORD, id: "ZOTHER_shop.local.test_A", inputs, outputs: inputs });
  const start = () => RehearsalCloud.start({ home, images: {}, basePort: PORT });
  const answer = async (cloud: RehearsalCloud) => {
    const resolver = new Resolver({ timeout: 2000 });
    resolver.setServers(await cloud.dnsAddresses());
    return resolver.resolve4("shop.local.test");
  };
  const killed = await start();
  expect(await answer(killed)).toEqual(["192.0.2.1"]);
  process.kill(JSON.parse(readFileSync(join(home, "cloud.lock"), "utf8")).pid, "SIGKILL");
  await until(() => throws(() => killed.assertAlive()));
  const second = await start();
  expect(await second.dnsAddresses()).toEqual([`127.0.0.1:${PORT + 53}`]);
  expect(await answer(second)).toEqual(["192.0.2.1"]);
  await second.stop();
  await killed.stop();
});

it("leaves nothing behind where it cannot start", async () => {
  const home = mkdtempSync(join(tmpdir(), "crossfade-"));
  const other = createServer().listen(PORT + 53, "127.0.0.1");
  await once(other, "listening");
  const processes = join(home, "processes");
  const started = RehearsalCloud.start({ home, images: {}, basePort: PORT }, () => {}, new ProcessFile(processes));
  const [pid = 0] = pids(`pid ${readFileSync(processes, "utf8")}`);
  expect(isRunning(pid)).toBe(true);
  await expect(started).rejects.toThrow(`Port ${PORT + 53} of 127.0.0.1, for the name server, is in use`);
  await until(() => !isRunning(pid));
  expect(existsSync(join(home, "cloud.lock"))).toBe(false);
  other.close();
});

it("leaves a process alone that has got the pid of a task", async () => {
  const file = tasksFile();
  const other = spawn("sleep", ["60"], { detached: true });
  writeFileSync(file, `${other.pid} 12345\n`);
  startDataPlane({ tasksFile: file });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(other.exitCode ?? other.signalCode).toBeNull();
  other.kill();
});

it("lets its process end once it is stopped: no task, socket or timer is left", async () => {
  const { child, output } = runDataPlane(tasksFile(), JSON.stringify(desired), "stop");
  const [code] = await once(child, "exit");
  expect(code).toBe(0);
  expect(output()).toContain("steady");
  expect(pids(output()).some(isRunning)).toBe(false);
});

function throws(action: () => void): boolean {
  try {
    action();
    return false;
  } catch {
    return true;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
