import { Client } from "pg";
import type { LockMode } from "../../migrations";
import { LOCK_MODES, strongest } from "../../migrations/lock-modes";
import { ROWS } from "./statements";

/** What a statement was seen to do on a real server. */
export interface Observed {
  /** By relation that was there before it: the strongest lock, as `pg_locks` has it. */
  locks: Record<string, LockMode>;
  /** Those whose rows were written anew: their file is another one. */
  rewritten: string[];
  /** All rows of a table were read. */
  scanned: boolean;
  /** How many rows were changed and locked at once. */
  rows: number;
  milliseconds: number;
  error?: string;
}

const NOT_IN_A_TRANSACTION = ["25001", "2D000"]; // active_sql_transaction, invalid_transaction_termination

/** A database of a server, to which several can speak at once. */
export class Watched {
  private readonly clients: Client[] = [];

  constructor(private readonly url: string) {}

  async connect(): Promise<Client> {
    const client = new Client({ connectionString: this.url });
    client.on("error", () => {}); // a session that is ended with its server
    await client.connect();
    this.clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.splice(0).map((client) => client.end()));
  }
}

/** Runs a statement, reads what it locked, and takes it back. What cannot be in a transaction leaves its traces. */
export async function observe(database: Watched, sql: string): Promise<Observed & { leavesTraces: boolean }> {
  const actor = await database.connect();
  const watcher = await database.connect();
  try {
    const relations = await relationsOf(watcher);
    const observed = await inTransaction(actor, watcher, sql, relations);
    if (observed) return { ...observed, leavesTraces: false };
    return { ...(await outside(database, actor, watcher, sql, relations)), leavesTraces: true };
  } finally {
    await database.close();
  }
}

type Relations = Map<string, { oid: string; file: string }>;

async function relationsOf(client: Client): Promise<Relations> {
  const { rows } = await client.query<{ oid: string; relname: string; relfilenode: string }>(
    "SELECT oid::text, relname, relfilenode::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')",
  );
  return new Map(rows.map(({ oid, relname, relfilenode }) => [relname, { oid, file: relfilenode }]));
}

/** Locks and statistics of a transaction are there until it ends, so that nothing has to be caught in its course. */
async function inTransaction(
  actor: Client,
  watcher: Client,
  sql: string,
  relations: Relations,
): Promise<Observed | undefined> {
  await actor.query("BEGIN");
  const begun = performance.now();
  try {
    await actor.query(sql);
  } catch (error) {
    await actor.query("ROLLBACK");
    const { code = "", message } = error as { code?: string; message: string };
    if (NOT_IN_A_TRANSACTION.includes(code)) return undefined;
    return { locks: {}, rewritten: [], scanned: false, rows: 0, milliseconds: 0, error: message };
  }
  const milliseconds = performance.now() - begun;
  const locks = await locksOf(watcher, await pidOf(actor), relations);
  const after = await relationsOf(actor);
  const { rows } = await actor.query<{ read: string; changed: string }>(
    "SELECT max(seq_tup_read) AS read, sum(n_tup_upd + n_tup_del) AS changed FROM pg_stat_xact_user_tables WHERE schemaname = 'public'",
  );
  await actor.query("ROLLBACK");
  return {
    locks,
    rewritten: rewrittenIn(relations, after),
    scanned: Number(rows[0]?.read) >= ROWS,
    rows: Number(rows[0]?.changed ?? 0),
    milliseconds,
  };
}

/**
 * What runs in transactions of its own gives its locks back before anybody can look: it is held up twice, by a lock that lets no
 * stronger one pass than a reader's or a writer's, and by a writer, and looked at while it waits.
 */
async function outside(
  database: Watched,
  actor: Client,
  watcher: Client,
  sql: string,
  relations: Relations,
): Promise<Observed> {
  const [barrier, writer] = [await database.connect(), await database.connect()];
  await barrier.query("BEGIN; LOCK TABLE orders, levels, events IN SHARE UPDATE EXCLUSIVE MODE");
  await writer.query(
    `BEGIN; UPDATE orders SET qty = -1 WHERE id = ${ROWS}; INSERT INTO events VALUES (0, '2025-01-01')`,
  );
  const pid = await pidOf(actor);
  const begun = performance.now();
  let error: string | undefined;
  let ended = false;
  const run = actor
    .query(sql)
    .catch(({ message }: Error) => {
      error = message;
    })
    .finally(() => {
      ended = true;
    });
  const seen: Record<string, LockMode>[] = [];
  let rows = 0;
  for (const blocker of [barrier, writer]) {
    await waits(watcher, pid, () => ended);
    const locks = await locksOf(watcher, pid, relations);
    seen.push(locks);
    // Behind a waiting ACCESS EXCLUSIVE who counts waits as well.
    if (locks.orders !== "AccessExclusive") rows = Math.max(rows, await changedBy(watcher, pid));
    await blocker.query("ROLLBACK");
  }
  await run;
  const names = [...relations.keys()].filter((name) => seen.some((locks) => name in locks));
  const locks = names.map((name) => [name, strongest(seen.flatMap((each) => each[name] ?? []))]);
  return {
    locks: Object.fromEntries(locks),
    rewritten: rewrittenIn(relations, await relationsOf(watcher)),
    scanned: false,
    rows,
    milliseconds: performance.now() - begun,
    error,
  };
}

async function waits(watcher: Client, pid: number, ended: () => boolean): Promise<void> {
  while (!ended()) {
    const { rows } = await watcher.query("SELECT FROM pg_locks WHERE pid = $1 AND NOT granted", [pid]);
    if (rows.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function pidOf(client: Client): Promise<number> {
  return (await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows[0]?.pid ?? 0;
}

/** The strongest lock that a session has or waits for, of each relation that was there. */
async function locksOf(watcher: Client, pid: number, relations: Relations): Promise<Record<string, LockMode>> {
  const { rows } = await watcher.query<{ relation: string; mode: string }>(
    "SELECT relation::text, mode FROM pg_locks WHERE pid = $1 AND locktype = 'relation'",
    [pid],
  );
  const modesOf = (oid: string) =>
    rows.flatMap(({ relation, mode }) => LOCK_MODES.filter((each) => relation === oid && mode === `${each}Lock`));
  const found = [...relations].map(([name, { oid }]) => [name, modesOf(oid)] as const);
  return Object.fromEntries(found.flatMap(([name, modes]) => (modes.length > 0 ? [[name, strongest(modes)]] : [])));
}

/** How many rows hold the number of a session's transaction: it has changed them, and who else would waits. */
async function changedBy(watcher: Client, pid: number): Promise<number> {
  const { rows } = await watcher.query<{ count: string }>(
    "SELECT count(*) FROM orders WHERE xmax = (SELECT backend_xid FROM pg_stat_activity WHERE pid = $1)",
    [pid],
  );
  return Number(rows[0]?.count ?? 0);
}

function rewrittenIn(before: Relations, after: Relations): string[] {
  return [...before].filter(([name, { file }]) => (after.get(name)?.file ?? file) !== file).map(([name]) => name);
}
