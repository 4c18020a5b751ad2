import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { LoadResult } from "../load/load";
import { type MessageReport, messageFaults } from "../load/message-report";
import { ProcessFile } from "../local/process-file";
import { RehearsedDatabase } from "../local/rehearsal/database";
import { RehearsedStack } from "../local/rehearsal/rehearsed-stack";
import { ROOT } from "./local-world";
import { freshPort } from "./ports";

/** The rehearsal's count of messages is worth something only if it sees what goes wrong: on a real server, with the shop's own workers. */
let home: string;
let stack: RehearsedStack;
let database: RehearsedDatabase;
let client: Client;
let url: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "crossfade-messages-"));
  const processes = new ProcessFile(join(home, "processes"));
  const { signal } = new AbortController();
  stack = new RehearsedStack({ root: ROOT, engine: "", configOf: "local", home, processes, signal });
  database = await RehearsedDatabase.start(stack, ROOT, freshPort());
  ({ DATABASE_URL: url } = (stack.file.get("service") as { env: { DATABASE_URL: string } }).env);
  client = new Client({ connectionString: url });
  await client.connect();
  await client.query(readFileSync(join(ROOT, "examples/shop/migrations/1_orders.sql"), "utf8"));
}, 120_000);
afterAll(async () => {
  await client?.end();
  await database?.stop();
  rmSync(home, { recursive: true });
});
beforeEach(() => client.query("TRUNCATE messages, runs"));

const ORDERS = 5;
async function orders(): Promise<void> {
  await client.query("INSERT INTO messages (order_id) SELECT n::text FROM generate_series(1, $1) AS n", [ORDERS]);
}

function start(file: "mailer" | "settle", version: string): ChildProcess {
  return spawn("node", ["--require", "tsx/cjs", `examples/shop/${file}.ts`], {
    cwd: ROOT,
    env: { ...process.env, DATABASE_URL: url, VERSION: version },
    stdio: "inherit",
  });
}

/** A version's worker takes all that is there, and ends. */
async function takenBy(version: string): Promise<void> {
  await orders();
  const worker = start("mailer", version);
  const left = async () => (await client.query("SELECT FROM messages WHERE taken = 0")).rowCount;
  while ((await left()) !== 0) await new Promise((resolve) => setTimeout(resolve, 50));
  worker.kill("SIGTERM");
  await once(worker, "close");
}

function report(served: number): Promise<MessageReport> {
  return database.messages({ stages: [{ orders: { once: served } }] } as unknown as LoadResult, "v2");
}

async function finish(): Promise<void> {
  await database.note("finishBegins");
  await database.note("finished");
}

test("each taken once, by the version that was stable then, is right", async () => {
  await takenBy("v1");
  await finish();
  await takenBy("v2");
  const told = await report(2 * ORDERS);
  expect(told).toMatchObject({ total: 2 * ORDERS, takenBy: { v1: ORDERS, v2: ORDERS } });
  expect(messageFaults(told)).toBe(0);
});

test("a worker of the candidate before the finish, and one of the version before after it, are seen", async () => {
  await takenBy("v2");
  await finish();
  await takenBy("v1");
  expect(await report(2 * ORDERS)).toMatchObject({ early: ORDERS, late: ORDERS, missing: 0, left: 0, twice: 0 });
});

test("an order without its message, and a message that nobody takes or two do, are seen", async () => {
  await takenBy("v1");
  await client.query("UPDATE messages SET taken = 2 WHERE order_id = '1'");
  await client.query("UPDATE messages SET taken = 0, taken_by = NULL WHERE order_id = '2'");
  await client.query("DELETE FROM messages WHERE order_id = '3'");
  await finish();
  expect(await report(ORDERS)).toMatchObject({ missing: 1, twice: 1, left: 1 });
}, 60_000);

test("two schedules at once settle the same twice, and it is seen", async () => {
  await takenBy("v1");
  await finish();
  await Promise.all(["v1", "v2"].map((version) => once(start("settle", version), "close")));
  const told = await report(ORDERS);
  expect(told.runs).toEqual({ v1: 1, v2: 1 });
  expect(told.settledTwice).toBe(ORDERS);
});
