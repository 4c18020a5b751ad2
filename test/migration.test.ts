import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../local/postgres/server";
import { LocalWorld, ROOT, type TestStack } from "./local-world";
import { freshPort } from "./ports";

let world: LocalWorld;
let server: PostgresServer;
let client: Client;
let directory: string;
let stack: TestStack;

beforeAll(async () => {
  [world, server] = await Promise.all([LocalWorld.start(), startPostgres({ port: freshPort() })]);
  client = new Client({ connectionString: server.url });
  await client.connect();
  stack = await world.project("migrated", "");
  directory = join(world.home, "migrated/migrations");
  mkdirSync(directory);
});
afterAll(async () => {
  await client?.end();
  await Promise.all([world?.stop(), server?.stop()]);
});

const FARGATE = (common: string) => `
  import { Migration } from "${ROOT}/components";
  const { version } = new Migration("shop", {
    ${common} vpcId: "vpc-1", subnetIds: ["subnet-1"], env: { DATABASE_URL: ${JSON.stringify(server.url)} },
  });`;

const KUBERNETES = (common: string) => `
  import * as k8s from "@pulumi/kubernetes";
  import { KubernetesMigration } from "${ROOT}/components/kubernetes";
  const metadata = { name: "database", namespace: "shop" };
  const secret = new k8s.core.v1.Secret("database", { metadata, stringData: { url: ${JSON.stringify(server.url)} } });
  const { version } = new KubernetesMigration("shop", {
    ${common} namespace: "shop", secrets: { DATABASE_URL: pulumi.interpolate\`\${secret.metadata.name}/url\` },
  });`;

/** A database, and what waits for its schema, as an environment does. */
function program(to: number, kind = FARGATE): string {
  const image = `shop@sha256:${"1".repeat(64)}`;
  const command = [process.execPath, join(ROOT, "cli/bin.js"), "migrate", directory];
  const flags = ["--to", "{to}", "--digest", "{digest}", "--tries", "1"];
  const common = `phase: "expand", directory: "migrations", to: ${to}, postgres: 18,
    image: ${JSON.stringify(image)}, command: ${JSON.stringify([...command, ...flags])},`;
  return `
    import * as pulumi from "@pulumi/pulumi";
    ${kind(common)}
    new pulumi.Stash("candidate", { input: version });
    export { version };`;
}

function files(given: Record<string, string>): void {
  for (const [name, sql] of Object.entries(given)) writeFileSync(join(directory, name), sql);
}

async function up(to: number, ...flags: string[]) {
  return written(program(to), flags);
}

async function written(source: string, flags: readonly string[]) {
  stack.write(source);
  const { code, output } = await stack.up(...flags);
  const kept = Object.fromEntries((await stack.resources()).map(({ urn, inputs }) => [urn.split("::").at(-1), inputs]));
  const version = (kept["shop-schema"]?.input as { version: number } | undefined)?.version;
  expect(kept.candidate?.input).toBe(version); // what depends on it waits for it
  const { rows } = await client.query("SELECT name FROM pgmigrations ORDER BY id").catch(() => ({ rows: [] }));
  return { code, output, version, ran: rows.map(({ name }) => name) };
}

test("a migration is run once, before what depends on it; one that fails is run again, and nothing comes after it until then", async () => {
  files({ "1_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY, note text)" });
  const first = await up(1);
  expect(first.output).toContain("schema 1 is made by task");
  expect(first).toMatchObject({ code: 0, version: 1, ran: ["1_orders"] });
  expect(first.output).toMatch(/version\s*: 1/);

  // What the policies cannot see: a row that is in the way.
  await client.query("INSERT INTO orders VALUES (1, 'a'), (2, 'a')");
  const index = "CREATE UNIQUE INDEX CONCURRENTLY by_note ON orders (note)";
  files({
    "2_phone.sql": "ALTER TABLE orders ADD COLUMN phone text",
    "3_index.sql": `DROP INDEX CONCURRENTLY IF EXISTS by_note; ${index}`,
  });
  const failed = await up(3, "--skip-preview");
  expect(failed.code).not.toBe(0);
  expect(failed.output.replace(/\s+/g, " ")).toMatch(
    /task [0-9a-f]{32}, which was to bring "shop" to schema 3, has failed: exit code 1/,
  );
  expect(failed).toMatchObject({ version: 1, ran: ["1_orders", "2_phone"] });

  await client.query("UPDATE orders SET note = 'b' WHERE id = 2");
  expect(await up(3, "--skip-preview")).toMatchObject({
    code: 0,
    version: 3,
    ran: ["1_orders", "2_phone", "3_index"],
  });
});

test("on Kubernetes it is a Job, with the secrets of its namespace", async () => {
  files({ "4_letters.sql": "ALTER TABLE orders ADD CONSTRAINT letters CHECK (note <> 'b')" });
  const migrated = () => written(program(4, KUBERNETES), ["--skip-preview"]);
  const { code, output, ran } = await migrated();
  expect(code).not.toBe(0);
  expect(output).toContain("[BackoffLimitExceeded]");
  expect(ran).not.toContain("4_letters");
  await client.query("UPDATE orders SET note = 'c' WHERE id = 2");
  const all = ["1_orders", "2_phone", "3_index", "4_letters"];
  expect(await migrated()).toMatchObject({ code: 0, version: 4, ran: all });
});
