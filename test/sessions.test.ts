import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type LoadResult, startLoad } from "../load/load";
import { ROOT } from "./local-world";

/** Users who keep cookies, between two versions of the shop that get their requests by turns: in the midst of a shift, and of a way back. */
const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill();
});

async function shop(version: string, env: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, ["--require", "tsx/cjs", join(ROOT, "examples/shop/server.ts")], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, SESSION_SECRET: "only-for-this-test", PORT: "0", VERSION: version, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.push(child);
  const [said] = await once(child.stdout, "data");
  return String(said).trim().split(" ").at(-1) ?? "";
}

async function shifted(v1: Record<string, string>, v2: Record<string, string>): Promise<LoadResult> {
  const addresses = await Promise.all([shop("v1", v1), shop("v2", v2)]);
  const stage = { name: "canary-50", weight: 50 };
  const load = startLoad({ addresses, host: "shop.local", stage, seed: 7, rate: 200, drainSeconds: 0, maxSeconds: 60 });
  while (load.snapshot().answered < 1500) await new Promise((resolve) => setTimeout(resolve, 100));
  return load.stop();
}

const NEXT = { SESSION_FORMAT: "2" };

test("a session in the cookie goes on with any task, also back on the version before: none is lost", async () => {
  const { lost, sessions } = await shifted({}, NEXT);
  expect(lost).toBe(0);
  expect(sessions.asked).toBeGreaterThan(50);
  expect(sessions.lost).toBe(0);
});

test.each([
  ["in the memory of a process", { SESSION_STORE: "memory" }, { SESSION_STORE: "memory" }],
  ["in a format that the version before does not read", { SESSION_STRICT: "1" }, NEXT],
])("control: %s, sessions are lost, and no request is", async (_, v1, v2) => {
  const { lost, sessions } = await shifted(v1, v2);
  expect(lost).toBe(0);
  expect(sessions.lost).toBeGreaterThan(10);
});
