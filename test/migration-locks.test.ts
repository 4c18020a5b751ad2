import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../local/postgres/server";
import { analyze, type LockMode, loadParser, parseSql, refusals, settled, waitBehind } from "../migrations";
import { apply } from "../migrations/apply";
import { LOCK_MODES, spokenMode, strongest } from "../migrations/lock-modes";
import type { RuleName } from "../migrations/rules";
import { EMPTY } from "../migrations/schema";
import { freshPort } from "./ports";
import { type Observed, observe, Watched } from "./postgres/observe";
import { BASE, CASES, type Case, FILL, ROWS } from "./postgres/statements";

/** About how a file is run, not about locks. */
const OF_FILES: RuleName[] = ["not-repeatable", "own-transaction", "lock-timeout"];

describe.each([18, 11] as const)("PostgreSQL %i", (version) => {
  let server: PostgresServer;
  let admin: Client;
  const database = (name: string) => server.url.replace(/postgres$/, name);

  beforeAll(async () => {
    await loadParser();
    server = await startPostgres({ port: freshPort(), version, settings: { autovacuum: "off" } });
    admin = new Client({ connectionString: server.url });
    await admin.connect();
    await admin.query("CREATE DATABASE base");
    await addTablespace(admin);
    const base = new Client({ connectionString: database("base") });
    await base.connect();
    await base.query(BASE);
    await base.query(FILL);
    await base.end();
    await admin.query("CREATE DATABASE work TEMPLATE base");
  });
  afterAll(async () => {
    await admin?.end();
    await server?.stop();
  });

  async function watch(sql: string): Promise<Observed> {
    const observed = await observe(new Watched(database("work")), sql);
    if (observed.leavesTraces) {
      await admin.query("DROP DATABASE work");
      await admin.query("CREATE DATABASE work TEMPLATE base");
    }
    return observed;
  }

  /** What each statement did on the server. */
  const seen = new Map<Case, { observed: Observed; harmful: boolean }>();

  test("what is refused is what keeps others waiting for long on the server", async () => {
    const cases = CASES.filter(({ from = 0 }) => version >= from);
    for (const each of cases) {
      const observed = await watch(each.sql);
      const weaker = each.weaker && version >= (each.weaker.from ?? 0) ? await watch(each.weaker.sql) : undefined;
      seen.set(each, { observed, harmful: isHarmful(observed, weaker) });
    }
    const { harmful, hits, needless, missed } = score(version);
    const precision = hits.length / (hits.length + needless.length);
    const recall = hits.length / harmful.length;
    console.log(
      `PostgreSQL ${version}: ${cases.length} statements, ${harmful.length} of them harmful on the server: ` +
        `precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`,
    );
    expect(cases.length).toBeGreaterThanOrEqual(60);
    expect.soft(missed).toEqual([]);
    expect.soft(needless).toEqual([]);
    expect.soft([...seen].flatMap(([each, { observed }]) => wrongModes(each, observed, version))).toEqual([]);
    const lines = [...seen].map(([each, { observed }]) => told(each, observed, isRefused(each, version)));
    const head = ["| | statement | keeps waiting, by | for as long as |", "| --- | --- | --- | --- |"];
    await expect(`${[...head, ...lines].join("\n")}\n`).toMatchFileSnapshot(`postgres/locks-${version}.md`);
  });

  test("judged as a server of another version, it is not", () => {
    const { missed, needless } = score(version === 18 ? 11 : 18);
    const wrong = [
      "ALTER TABLE orders ALTER COLUMN proven SET NOT NULL", // a constraint proves it from 12 on
      "ALTER TABLE events DETACH PARTITION events_2025", // which can do with less from 14 on
    ];
    expect([...missed, ...needless].sort()).toEqual(wrong.sort());
  });

  function score(as: number) {
    const all = [...seen].map(([each, { harmful }]) => ({ sql: each.sql, harmful, refused: isRefused(each, as) }));
    const sqlOf = (rows: typeof all) => rows.map(({ sql }) => sql);
    return {
      harmful: sqlOf(all.filter(({ harmful }) => harmful)),
      hits: sqlOf(all.filter(({ harmful, refused }) => harmful && refused)),
      missed: sqlOf(all.filter(({ harmful, refused }) => harmful && !refused)),
      needless: sqlOf(all.filter(({ harmful, refused }) => !harmful && refused)),
    };
  }
});

/** In a folder that the server makes itself, for it is another user's. */
async function addTablespace(admin: Client): Promise<void> {
  const { rows } = await admin.query<{ data_directory: string }>("SHOW data_directory");
  const folder = `${rows[0]?.data_directory}/other`;
  await admin.query(`COPY (SELECT) TO PROGRAM 'mkdir -p ${folder}'`);
  await admin.query(`CREATE TABLESPACE other LOCATION '${folder}'`);
}

function isRefused({ sql }: Case, version: number): boolean {
  const found = refusals([{ name: "1", sql: BASE }], [{ name: "2", sql }], { phase: "contract", version });
  return found.some(({ rule }) => !OF_FILES.includes(rule));
}

/** A line of the table of what was seen. */
function told({ sql }: Case, observed: Observed, refused: boolean): string {
  const { locks, rewritten, scanned, rows, error } = observed;
  const modes = Object.entries(locks).sort();
  const blocking = modes.flatMap(([table, mode]) => {
    const waiting = waitBehind(mode);
    return waiting === "nobody" ? [] : [`${waiting} of ${table} (${spokenMode(mode)})`];
  });
  const lasts = [
    ...(rewritten.length > 0 ? ["all rows are written anew"] : scanned ? ["all rows are read"] : []),
    ...(rows > 1
      ? [rows > ROWS / 2 ? "all rows are changed" : `${rows < 10 ? "a few" : "some hundred"} rows are changed`]
      : []),
  ];
  const cells = error ? ["fails", error] : [blocking.join(", "), lasts.join(", ")];
  return `| ${[refused ? "refused" : "", `\`${sql}\``, ...cells].join(" | ")} |`;
}

/** By what was seen on the server alone. */
function isHarmful(observed: Observed, weaker: Observed | undefined): boolean {
  if (observed.error) return true;
  const lasts = observed.scanned || observed.rewritten.length > 0;
  return observed.rows > ROWS / 2 || (blocks(observed) && (lasts || (weaker !== undefined && !blocks(weaker))));
}

function blocks({ locks }: Observed): boolean {
  // A materialized view has no writers.
  return Object.entries(locks).some(([name, mode]) =>
    ["reads and writes", name === "totals" ? "" : "writes"].includes(waitBehind(mode)),
  );
}

/** Where another lock was told than the server took, of those from SHARE UPDATE EXCLUSIVE on, which more than readers and writers take. */
function wrongModes({ sql }: Case, { locks, error }: Observed, version: number): string[] {
  if (error) return [];
  const schema = settled(parseSql(BASE).reduce((so, { node }) => apply(so, node), EMPTY));
  const told = parseSql(sql).flatMap((statement) => analyze(statement, { schema, version }).effects);
  const isStrong = (mode: LockMode) => LOCK_MODES.indexOf(mode) >= LOCK_MODES.indexOf("ShareUpdateExclusive");
  return Object.keys({ ...locks, ...Object.fromEntries(told.map(({ table }) => [table, 0])) }).flatMap((table) => {
    const mode = strongest(told.filter((each) => each.table === table).map((each) => each.mode));
    const real = locks[table] ?? "AccessShare";
    if (mode === real || (!isStrong(mode) && !isStrong(real))) return [];
    return [`${sql}: ${table} is told to be locked ${mode}, and was ${real}`];
  });
}
