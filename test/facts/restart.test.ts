import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ask, desire, forwardTo, service, startDataPlane, until } from "./local-cloud";

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

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
