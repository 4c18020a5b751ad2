import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readMigrations } from "../cli/migrate/files";
import { runMigrations } from "../cli/migrate/run";
import { type PostgresServer, startPostgres } from "../local/postgres/server";
import { loadParser, refusals } from "../migrations";
import { freshPort } from "./ports";

const ROWS = 400_000;
const ORDERS = "CREATE TABLE orders (id bigserial PRIMARY KEY, note text NOT NULL, total int NOT NULL)";
/** What an index costs for each row, so that these take as long as millions do. */
const COSTLY = "md5(repeat(note, 50))";

let server: PostgresServer;
let admin: Client;
let load: ShopLoad;
const directory = mkdtempSync(join(tmpdir(), "crossfade-under-load-"));

beforeAll(async () => {
  await loadParser();
  server = await startPostgres({
    port: freshPort(),
    settings: { autovacuum: "off", max_parallel_maintenance_workers: "0" },
  });
  admin = new Client({ connectionString: server.url });
  await admin.connect();
  writeFileSync(join(directory, "1_orders.sql"), ORDERS);
  await migrate();
  await admin.query(`INSERT INTO orders (note, total) SELECT md5(i::text), i FROM generate_series(1, ${ROWS}) i`);
  load = new ShopLoad(server.url);
});
afterAll(async () => {
  await load?.stop();
  await admin?.end();
  await server?.stop();
});

/** What a shop asks its database, a hundred and fifty times a second, whatever becomes of what was asked before: orders are read, and each third request is a new one. */
class ShopLoad {
  private readonly pool: Pool;
  private readonly timer: NodeJS.Timeout;
  private readonly open = new Set<number>();
  private asked = 0;
  private worst = 0;
  failed = 0;

  constructor(url: string) {
    this.pool = new Pool({ connectionString: url, max: 10 });
    this.timer = setInterval(() => void this.ask(), 1000 / 150);
  }

  /** The longest that a request took which was under way while this was: in milliseconds. */
  async during(work: () => Promise<unknown>): Promise<number> {
    // What was kept waiting before is not counted.
    await expect.poll(() => this.open.size, { timeout: 30_000, interval: 20 }).toBeLessThan(3);
    this.worst = 0;
    await work();
    const oldest = Math.min(performance.now(), ...this.open);
    return Math.max(this.worst, performance.now() - oldest);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.pool.end();
  }

  private async ask(): Promise<void> {
    const due = performance.now() + this.asked++ / 1e6; // no two the same
    this.open.add(due);
    const id = 1 + ((this.asked * 7919) % ROWS);
    const isOrder = this.asked % 3 === 0;
    const query = isOrder
      ? this.pool.query("INSERT INTO orders (note, total) VALUES ($1, $2)", [`order ${id}`, id])
      : this.pool.query("SELECT * FROM orders WHERE id = $1", [id]);
    await query.catch(() => this.failed++);
    this.open.delete(due);
    this.worst = Math.max(this.worst, performance.now() - due);
  }
}

let number = 1;
async function migrate(sql?: string): Promise<void> {
  if (sql !== undefined) writeFileSync(join(directory, `${++number}_next.sql`), sql);
  const files = readMigrations(directory);
  const patience = { lockTimeout: 200, statementTimeout: 60_000, tries: 50, log: () => {} };
  await runMigrations({ directory, files, to: number, url: server.url, ...patience });
}

/** How long the policy's refused way, and the one that it names instead, keep a request waiting. */
async function compare(refused: string, instead: string): Promise<{ refused: number; instead: number }> {
  const judge = (sql: string) =>
    refusals(readMigrations(directory), [{ name: "next.sql", sql }], { phase: "expand", version: 18 });
  expect(judge(refused)).not.toEqual([]);
  expect(judge(instead)).toEqual([]);
  const waits = {
    instead: await load.during(() => migrate(instead)),
    refused: await load.during(() => migrate(refused)),
  };
  console.log(`${refused}: ${Math.round(waits.refused)} ms; instead: ${Math.round(waits.instead)} ms`);
  return waits;
}

test("an index that is built beside the writes delays no request as one does that is refused", async () => {
  const index = `by_note ON orders (${COSTLY})`;
  const waits = await compare(
    `CREATE INDEX second_${index}`,
    `DROP INDEX CONCURRENTLY IF EXISTS ${index.split(" ")[0]}; CREATE INDEX CONCURRENTLY ${index}`,
  );
  expect(waits.instead).toBeLessThan(waits.refused / 3);
  expect(load.failed).toBe(0);
  await admin.query("DROP INDEX by_note, second_by_note");
});

test("nor a column that gets its default and its values in steps, as one that writes the table anew does", async () => {
  const batch = `UPDATE orders SET at = now() WHERE id = ANY (ARRAY(SELECT id FROM orders WHERE at IS NULL AND id <= ${ROWS / 200} LIMIT 500 FOR UPDATE SKIP LOCKED))`;
  const waits = await compare(
    "ALTER TABLE orders ADD COLUMN placed timestamptz NOT NULL DEFAULT clock_timestamp()",
    "ALTER TABLE orders ADD COLUMN at timestamptz; ALTER TABLE orders ALTER COLUMN at SET DEFAULT clock_timestamp()",
  );
  const filled = await load.during(() =>
    migrate(`DO $$ BEGIN LOOP ${batch}; EXIT WHEN NOT FOUND; COMMIT; END LOOP; END $$`),
  );
  console.log(`filled in steps: ${Math.round(filled)} ms`);
  expect(Math.max(waits.instead, filled)).toBeLessThan(waits.refused / 3);
  expect(load.failed).toBe(0);
});

test("nor a short lock that is given up and tried again, as one does that waits behind a long transaction", async () => {
  const behind = async (work: () => Promise<unknown>) => {
    const report = new Client({ connectionString: server.url });
    await report.connect();
    await report.query("BEGIN; SELECT count(*) FROM orders");
    const wait = load.during(() => Promise.all([work(), sleep(2000).then(() => report.query("COMMIT"))]));
    return wait.finally(() => report.end());
  };
  const patient = await behind(() => admin.query("ALTER TABLE orders ADD COLUMN a int"));
  const given = await behind(() => migrate("ALTER TABLE orders ADD COLUMN b int"));
  console.log(
    `behind a report of 2 s, without lock_timeout: ${Math.round(patient)} ms; with it: ${Math.round(given)} ms`,
  );
  expect(given).toBeLessThan(patient / 3);
  expect(load.failed).toBe(0);
});
