import { mkdirSync, writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../local/postgres/server";
import { LocalWorld, PACK, ROOT, type TestStack } from "./local-world";
import { freshPort } from "./ports";

/**
 * A release with its database, whole, by the real engine, on the real server, under load: an expand before the candidate, a contract when
 * the version before is gone, and what is refused on the way. It takes five minutes or more, so that it is run by name:
 * `CROSSFADE_DATABASE=1 npx vitest run test/database-release.test.ts`.
 */
const IS_WANTED = process.env.CROSSFADE_DATABASE !== undefined;

const image = (n: number) => `shop@sha256:${String(n).repeat(64)}`;
const FILES = {
  "1_orders.sql": "CREATE TABLE orders (id bigserial PRIMARY KEY, note text NOT NULL, legacy text)",
  "2_phone.sql": "ALTER TABLE orders ADD COLUMN phone text",
  "3_no_legacy.sql": "ALTER TABLE orders DROP COLUMN legacy",
};

let world: LocalWorld;
let server: PostgresServer;
let client: Client;
let stack: TestStack;
let directory: string;
let load: ReturnType<typeof ask> | undefined;

beforeAll(async () => {
  if (!IS_WANTED) return;
  server = await startPostgres({ port: freshPort() });
  client = new Client({ connectionString: server.url });
  await client.connect();
  const run = `node ${join(ROOT, "test/servers/database-shop.js")}`;
  const images = { [image(1)]: { run, env: { VERSION: "v1" } }, [image(2)]: { run, env: { VERSION: "v2" } } };
  world = await LocalWorld.start({ images: () => images });
  stack = await world.ownStack();
  directory = join(world.home, "migrations");
  mkdirSync(directory);
  for (const [name, sql] of Object.entries(FILES)) writeFileSync(join(directory, name), sql);
  const env = { DATABASE_URL: server.url };
  const service = {
    host: "shop.local",
    health: "/healthz",
    healthInterval: "5s",
    grace: "5s",
    drain: "5s",
    connections: 5,
  };
  stack.config.edit({ service: { ...service, env }, stages: [{ weight: 50 }] });
  color("blue", 1, "<=2");
});
afterAll(async () => {
  await load?.stop();
  await client?.end();
  await world?.stop();
  await server?.stop();
});

function color(name: "blue" | "green", version: number, schema: string): void {
  stack.config.set(name, { image: image(version), schema });
}

function migrate(phase: "expand" | "contract", to: number): void {
  const command = ["node", "cli/bin.js", "migrate", directory, "--to", "{to}", "--digest", "{digest}"];
  stack.config.set("migration", { phase, directory, to, postgres: 18, maxConnections: 97, command });
}

async function up(): Promise<void> {
  const { code, output } = await stack.up(...PACK);
  expect(output).not.toContain("error:");
  expect(code).toBe(0);
}

/** The edit is tried, refused by this policy, and taken back. */
async function refused(policy: string, text: string, edit: () => void): Promise<void> {
  const keys = ["blue", "green", "migration", "stage"];
  const before = Object.fromEntries(keys.map((key) => [key, stack.config.get(key)]));
  edit();
  const { code, output } = await stack.preview(...PACK);
  stack.config.edit(before);
  expect(output).toMatch(new RegExp(`\\[mandatory\\] +${policy} `));
  expect(output.replace(/\s+/g, " ")).toContain(text);
  expect(code).not.toBe(0);
}

/** Asks fifty times a second, whatever becomes of what was asked before. */
function ask(addresses: readonly string[]) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 50 });
  const counts: Record<string, number> = {};
  const lost: string[] = [];
  let asked = 0;
  const timer = setInterval(() => {
    const [host = "", port] = (addresses[asked++ % addresses.length] ?? "").split(":");
    const request = http.get(
      { agent, host, port, path: "/", headers: { host: "shop.local" }, timeout: 10_000 },
      (answer) => {
        const { statusCode = 0, headers } = answer;
        const version = String(headers["x-shop-version"]);
        counts[version] = (counts[version] ?? 0) + 1;
        let body = "";
        answer.on("data", (part) => {
          body += part;
        });
        answer.on("end", () => statusCode !== 200 && lost.push(`${statusCode} of ${version}: ${body}`));
      },
    );
    request.on("error", ({ message }) => lost.push(message));
    request.on("timeout", () => request.destroy());
  }, 20);
  const stop = async () => {
    clearInterval(timer);
    await sleep(1000);
    agent.destroy();
  };
  return { counts, lost, stop };
}

test.runIf(IS_WANTED)(
  "a release with an expand before it and a contract after it loses no request, and what would is refused",
  { timeout: 3_600_000 },
  async () => {
    migrate("expand", 1);
    await up();
    await world.cloud.dataPlane.settled();
    load = ask(world.cloud.addresses());
    await sleep(1000);

    await refused(
      "migration-order",
      "The version of blue works on schema 2 and before, and the database would have schema 3",
      () => migrate("contract", 3),
    );
    await refused("migration-locks", '4_index.sql, line 1: "orders" is locked in mode SHARE', () => {
      writeFileSync(join(directory, "4_index.sql"), "CREATE INDEX by_note ON orders (note)");
      migrate("contract", 4);
    });
    await refused(
      "migration-order",
      "The version of blue works on schema 1 and before, and the database would have schema 2",
      () => {
        color("blue", 1, "<=1");
        migrate("expand", 2);
      },
    );
    await refused("connection-budget", "and the database has 12", () => {
      color("green", 2, ">=2");
      stack.config.set("migration", {
        ...Object(stack.config.get("migration")),
        maxConnections: 12,
      });
    });

    migrate("expand", 2);
    color("green", 2, ">=2");
    await up();
    for (const stage of ["canary-50", "full"]) {
      stack.config.set("stage", stage);
      await up();
      await sleep(3000);
    }
    await refused("migration-order", "The version of blue works on schema 2 and before", () => migrate("contract", 3));
    stack.config.edit({ stable: "green", stage: "idle" });
    await up();
    await refused("migration-order", "The version of blue works on schema 2 and before", () => migrate("contract", 3));
    await sleep(70_000); // the hold time: the drain, and a minute for the balancer's nodes
    stack.config.set("blue", undefined);
    await up();
    migrate("contract", 3);
    await up();
    await sleep(3000);
    await load.stop();

    const { rows } = await client.query(
      "SELECT attname FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attnum > 0 AND NOT attisdropped",
    );
    expect(rows.map(({ attname }) => attname)).toEqual(["id", "note", "phone"]);
    console.log(`answered by version: ${JSON.stringify(load.counts)}, lost: ${load.lost.length}`);
    expect(load.lost).toEqual([]);
    expect(load.counts.v1).toBeGreaterThan(100);
    expect(load.counts.v2).toBeGreaterThan(100);

    await refused(
      "migration-order",
      "The version of blue works on schema 2 and before, and the database has schema 3",
      () => {
        color("blue", 1, "<=2");
        stack.config.set("stage", "canary-50");
      },
    );
  },
);
