import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { migrate } from "../cli/migrate";
import { readMigrations } from "../cli/migrate/files";
import { type Run, runMigrations } from "../cli/migrate/run";
import { type PostgresServer, startPostgres } from "../local/postgres/server";
import { digestOf, fingerprints } from "../migrations";
import { ROOT } from "./local-world";
import { freshPort } from "./ports";

let server: PostgresServer;
let client: Client;
let directory: string;
const home = mkdtempSync(join(tmpdir(), "crossfade-migrate-"));

beforeAll(async () => {
  server = await startPostgres({ port: freshPort() });
  client = new Client({ connectionString: server.url });
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await server?.stop();
  rmSync(home, { recursive: true, force: true });
});
beforeEach(async () => {
  await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO PUBLIC");
  directory = mkdtempSync(join(home, "files-"));
});

const ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY, note text)";
const PHONE = "ALTER TABLE orders ADD COLUMN phone text";

function write(files: Record<string, string>): void {
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(directory, name), sql);
}

const said: string[] = [];
async function run(more: Partial<Run> = {}): Promise<number> {
  const files = readMigrations(directory);
  const to = files.at(-1)?.number ?? 0;
  const log = (line: string) => said.push(line);
  return runMigrations({
    ...{ directory, files, to, url: server.url, lockTimeout: 300, statementTimeout: 5000, tries: 1, log },
    ...more,
  });
}

const has = async (sql: string) => (await client.query(sql)).rows.length > 0;
const hasPhone = () => has("SELECT FROM pg_attribute WHERE attname = 'phone' AND attrelid = 'orders'::regclass");

test("files are run up to a number, once, in the order of their numbers", async () => {
  write({ "10_index.sql": "CREATE INDEX by_note ON orders (note)", "2_phone.sql": PHONE, "1_orders.sql": ORDERS });
  expect(await run({ to: 2 })).toBe(2);
  expect(await hasPhone()).toBe(true);
  expect(await has("SELECT FROM pg_class WHERE relname = 'by_note'")).toBe(false);
  expect(await run()).toBe(10);
  expect(await run()).toBe(10);
});

test("a file that fails leaves nothing behind, and the next run goes on from it", async () => {
  write({ "1_orders.sql": ORDERS, "2_two.sql": `${PHONE};\nALTER TABLE nowhere ADD COLUMN a int` });
  await expect(run()).rejects.toThrow(
    '2_two.sql, line 2: relation "nowhere" does not exist (42P01). What was run before is kept',
  );
  expect(await hasPhone()).toBe(false);
  write({ "2_two.sql": PHONE });
  expect(await run()).toBe(2);
});

test("one that cannot be in a transaction is run without, statement by statement", async () => {
  const build = "DROP INDEX CONCURRENTLY IF EXISTS by_note;\nCREATE INDEX CONCURRENTLY by_note ON orders (note);";
  write({ "1_orders.sql": ORDERS, "2_index.sql": build });
  expect(await run()).toBe(2);
  expect(await has("SELECT FROM pg_index WHERE indexrelid = 'by_note'::regclass AND indisvalid")).toBe(true);
});

test("an index that could not be built is built by the next run", async () => {
  const build = "DROP INDEX CONCURRENTLY IF EXISTS by_note; CREATE UNIQUE INDEX CONCURRENTLY by_note ON orders (note)";
  write({ "1_orders.sql": `${ORDERS}; INSERT INTO orders VALUES (1, 'a'), (2, 'a')`, "2_index.sql": build });
  await expect(run()).rejects.toThrow("could not create unique index");
  expect(await has("SELECT FROM pg_index WHERE indexrelid = 'by_note'::regclass AND NOT indisvalid")).toBe(true);
  await client.query("UPDATE orders SET note = 'b' WHERE id = 2");
  expect(await run()).toBe(2);
  expect(await has("SELECT FROM pg_index WHERE indexrelid = 'by_note'::regclass AND indisvalid")).toBe(true);
});

test("a file that was changed after it ran, or is gone, is refused, and nothing is run", async () => {
  write({ "1_orders.sql": ORDERS });
  await run();
  write({ "1_orders.sql": `${ORDERS} -- edited`, "2_phone.sql": PHONE });
  await expect(run()).rejects.toThrow("1_orders.sql says something else than when it was run, so nothing is run");
  expect(await hasPhone()).toBe(false);
  rmSync(join(directory, "1_orders.sql"));
  await expect(run()).rejects.toThrow("1_orders.sql has been run, and is not there any more");
});

test("what a later version of the files has brought is left alone by an earlier one", async () => {
  write({ "1_orders.sql": ORDERS, "2_phone.sql": PHONE });
  await run();
  rmSync(join(directory, "2_phone.sql"));
  expect(await run()).toBe(2);
  expect(said).toContain("2_phone.sql was run by a later version of these files: left alone");
});

test("files that are not those which were judged are not run", async () => {
  write({ "1_orders.sql": ORDERS, "2_phone.sql": PHONE });
  const digest = digestOf(fingerprints(readMigrations(directory).slice(0, 1)));
  const flags = { lockTimeout: 1, statementTimeout: 5, tries: 1, digest };
  process.env.DATABASE_URL = server.url;
  await expect(migrate(directory, flags)).rejects.toThrow("up to 2 are not those that were judged");
  expect(await has("SELECT FROM pg_class WHERE relname = 'orders'")).toBe(false);
  expect(await migrate(directory, { ...flags, to: 1 })).toBe(0);
  // It is there then, whatever an image holds.
  rmSync(join(directory, "1_orders.sql"));
  expect(await migrate(directory, { ...flags, to: 1 })).toBe(0);
  delete process.env.DATABASE_URL;
  expect(await hasPhone()).toBe(false);
});

test("what one file sets is not set for the next", async () => {
  const set = "SET search_path = pg_catalog; SET lock_timeout = 0; SET statement_timeout = 1";
  write({
    "1_set.sql": set,
    "2_orders.sql": ORDERS,
    "3_look.sql": "CREATE TABLE seen AS SELECT current_setting('lock_timeout')",
  });
  expect(await run()).toBe(3);
  expect((await client.query("SELECT * FROM public.seen")).rows).toEqual([{ current_setting: "300ms" }]);
});

test("a file that a second run could not finish is not begun", async () => {
  write({ "1_orders.sql": ORDERS });
  await run();
  write({ "2_own.sql": `${PHONE}; COMMIT; ALTER TABLE nowhere ADD COLUMN a int` });
  await expect(run()).rejects.toThrow("2_own.sql, line 1: the file begins or ends a transaction itself.");
  expect(await hasPhone()).toBe(false);
  write({ "2_own.sql": "CREATE INDEX CONCURRENTLY by_note ON orders (note)" });
  await expect(run()).rejects.toThrow("DROP INDEX CONCURRENTLY IF EXISTS by_note");
  write({ "2_own.sql": PHONE, "3_unread.sql": "ALTER TABEL orders" });
  await expect(run()).rejects.toThrow('3_unread.sql, line 1: syntax error at or near "TABEL"\nNothing is run');
  expect(await hasPhone()).toBe(false);
});

test("a lock that is not to be had is given up soon, so that nobody waits behind it, and tried again", async () => {
  write({ "1_orders.sql": ORDERS });
  await run();
  write({ "2_phone.sql": PHONE });
  const reader = new Client({ connectionString: server.url });
  await reader.connect();
  await reader.query("BEGIN; SELECT * FROM orders");
  await expect(run()).rejects.toThrow(/^2_phone\.sql, line 1: a lock was not to be had within 0\.3 s .*, 1 times\./);
  const patient = run({ tries: 10 });
  await client.query("SELECT pg_sleep(1)");
  await reader.query("COMMIT");
  expect(await patient).toBe(2);
  expect(said).toContainEqual(expect.stringMatching(/a lock was not to be had.*: try \d of 10$/));
  await reader.end();
});

test("an index that is built beside the writes waits for those that were before it, as nobody waits behind it", async () => {
  write({ "1_orders.sql": ORDERS });
  await run();
  write({
    "2_index.sql": "DROP INDEX CONCURRENTLY IF EXISTS by_note; CREATE INDEX CONCURRENTLY by_note ON orders (note)",
  });
  const writer = new Client({ connectionString: server.url });
  await writer.connect();
  await writer.query("BEGIN; INSERT INTO orders VALUES (1, 'a')");
  const patient = run({ lockTimeout: 100 });
  await client.query("SELECT pg_sleep(0.5)");
  await client.query("INSERT INTO orders VALUES (2, 'b')");
  await writer.query("COMMIT");
  expect(await patient).toBe(2);
  await writer.end();
});

test("a statement that hangs is ended", async () => {
  write({ "1_orders.sql": ORDERS, "2_slow.sql": "SELECT pg_sleep(60)" });
  await expect(run({ statementTimeout: 200 })).rejects.toThrow("2_slow.sql, line 1: it took longer than 0.2 s");
  write({ "2_slow.sql": "SELECT 1" });
  expect(await run()).toBe(2);
});

test("runs at once are one after the other, on an empty database too", async () => {
  write({ "1_orders.sql": `${ORDERS}; SELECT pg_sleep(0.5)`, "2_phone.sql": PHONE });
  expect(await Promise.all([1, 2, 3].map(() => run({ tries: 10 })))).toEqual([2, 2, 2]);
});

test("a run that is killed leaves no half, no lock, and no work for nobody", async () => {
  write({ "1_orders.sql": ORDERS, "2_slow.sql": `${PHONE}; SELECT pg_sleep(60)` });
  const args = ["cli/bin.js", "migrate", directory];
  const process_ = spawn("node", args, {
    cwd: ROOT,
    env: { ...process.env, DATABASE_URL: server.url },
    stdio: "ignore",
  });
  const ended = once(process_, "exit");
  const sleeping =
    "SELECT FROM pg_stat_activity WHERE query LIKE '%2_slow.sql, line 1%pg_sleep%' AND pid <> pg_backend_pid()";
  await expect.poll(() => has(sleeping), { timeout: 30_000 }).toBe(true);
  process_.kill("SIGKILL");
  await ended;
  write({ "2_slow.sql": PHONE });
  expect(await run({ tries: 10 })).toBe(2);
  expect(await has(sleeping)).toBe(false);
});

/** A disk of 8 MB, which only root can make. */
function smallDisk(): string | undefined {
  const path = join(home, "disk");
  mkdirSync(path);
  chmodSync(home, 0o755); // the server runs as nobody
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m,uid=65534", "tmpfs", path], { stdio: "ignore" });
    return path;
  } catch {
    return undefined;
  }
}

test("a database without room says so, and the next run does it when there is some", async ({
  skip,
  onTestFinished,
}) => {
  const disk = smallDisk();
  if (!disk) return skip("no file system can be mounted here");
  onTestFinished(() => {
    execFileSync("umount", ["-l", disk]);
  });
  await client.query(`CREATE TABLESPACE small LOCATION '${disk}'`);
  onTestFinished(async () => {
    await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    await client.query("DROP TABLESPACE small");
  });
  const fill = (rows: number) => `${ORDERS}; CREATE TABLE big TABLESPACE small AS SELECT generate_series(1, ${rows})`;
  write({ "1_big.sql": fill(1_000_000) });
  await expect(run()).rejects.toThrow(
    /^1_big\.sql, line 1: could not extend file .*No space left on device.*\(53100\)\./,
  );
  expect(await has("SELECT FROM pg_class WHERE relname = 'orders'")).toBe(false);
  write({ "1_big.sql": fill(1000) });
  expect(await run()).toBe(1);
});

test("a server without a connection left is tried again", async () => {
  write({ "1_orders.sql": ORDERS });
  await client.query("CREATE ROLE shop LOGIN CONNECTION LIMIT 1; GRANT CREATE ON SCHEMA public TO shop");
  const url = server.url.replace("postgres@", "shop@");
  const other = new Client({ connectionString: url });
  await other.connect();
  await expect(run({ url })).rejects.toThrow('too many connections for role "shop" (53300), 1 times');
  const patient = run({ url, tries: 10 });
  await client.query("SELECT pg_sleep(0.3)");
  await other.end();
  expect(await patient).toBe(1);
});

test("what cannot be read or reached is told", async () => {
  await expect(run()).rejects.toThrow("there is no file whose name ends in .sql");
  write({ "1_a.sql": ORDERS, "1_b.sql": PHONE, "phone.sql": PHONE });
  await expect(run()).rejects.toThrow(/1_a\.sql and 1_b\.sql have the number 1 both\nphone\.sql: its name/);
  write({ "1_b.sql": PHONE, "2_it's.sql": PHONE, "20261129120000000_c.sql": PHONE });
  await expect(run()).rejects.toThrow(/20261129120000000_c\.sql: its name .*\n2_it's\.sql: its name/);
  rmSync(directory, { recursive: true });
  mkdirSync(directory);
  write({ "1_orders.sql": "CREATE TABEL orders (id int)" });
  await expect(run()).rejects.toThrow('1_orders.sql, line 1: syntax error at or near "TABEL"');
  write({ "1_orders.sql": ORDERS });
  const nobody = server.url.replace(/:\d+\//, ":1/");
  await expect(run({ url: nobody })).rejects.toThrow("the database cannot be reached at 127.0.0.1:1 (");
  await expect(run({ url: "postgres://a:secret@nowhere.invalid/x" })).rejects.toThrow(
    /^the database cannot be reached at nowhere\.invalid \((?!.*secret)/,
  );
});
