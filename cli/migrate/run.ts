import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { loadParser, type NumberedFile, statementsOf, UnreadableSql } from "../../migrations";
import { Failure } from "../failure";
import { checkJudged, isThere, openBooks, pendingFiles, versionOf } from "./books";
import { Busy, isPassing, reasonOf } from "./reasons";
import { runFiles } from "./tool";
import { checkFinishable } from "./unfinishable";

export interface Run {
  directory: string;
  files: readonly NumberedFile[];
  /** The version of the schema to bring the database to: the number of the last file that is run. */
  to: number;
  /** Of the files up to `to` that were judged, as a `Migration` says it: others are not run. */
  digest?: string;
  /** Where the database is: `postgres://…`; without it libpq's variables say so (`PGHOST` …). */
  url?: string;
  /** Milliseconds that a statement waits for a lock, and with it all that come after it. */
  lockTimeout: number;
  /** Milliseconds that a statement may take. */
  statementTimeout: number;
  /** How often it is tried in all, where a lock or a connection is not to be had. */
  tries: number;
  log(line: string): void;
}

const GOES_ON = "What was run before is kept, and the next run goes on from there";

/**
 * Runs the files that the database does not have yet, and returns the version of its schema. node-pg-migrate keeps the books: which
 * files have been run stands in `pgmigrations`, written in the same transaction as what a file does.
 *
 * @throws Failure where it cannot be done; what is done by then is whole, and the next run goes on from there
 */
export async function runMigrations(run: Run): Promise<number> {
  await loadParser();
  checkReadable(run);
  for (let tried = 1; ; tried++) {
    try {
      return await once(run);
    } catch (error) {
      if (error instanceof Failure) throw error;
      const reason = reasonOf(error, run);
      if (!isPassing(error)) throw new Failure(`${reason}. ${GOES_ON}`);
      if (tried >= run.tries) throw new Failure(`${reason}, ${tried} times. ${GOES_ON}`);
      run.log(`${reason}: try ${tried} of ${run.tries}`);
      await sleep(Math.min(10_000, 250 * 2 ** tried));
    }
  }
}

async function once(run: Run): Promise<number> {
  const client = new Client({
    connectionString: run.url,
    connectionTimeoutMillis: 10_000,
    // A connection that is cut without a word would be waited for without end: balancers forget one that says nothing.
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    query_timeout: run.statementTimeout + 30_000,
  });
  let lost: Error | undefined;
  client.on("error", (error) => {
    lost = error;
  });
  try {
    await client.connect();
    const { version, lockId } = await prepare(client, run);
    // Given up at once: a session that waits for it would be waited for itself, by each CREATE INDEX CONCURRENTLY.
    const { rows } = await client.query<{ got: boolean }>("SELECT pg_try_advisory_lock($1) AS got", [lockId]);
    if (!rows[0]?.got) throw new Busy();
    await openBooks(client);
    if (await isThere(client, run)) return await versionOf(client);
    checkJudged(run);
    checkFinishable(await pendingFiles(client, run), version);
    return await runFiles(client, run, version);
  } catch (error) {
    throw lost ?? error;
  } finally {
    await client.end().catch(() => {}); // it may be gone already
  }
}

/** @returns the server's major version, and the number of the lock that all runs of the tool have in common */
async function prepare(client: Client, run: Run): Promise<{ version: number; lockId: number }> {
  const { rows } = await client.query<{ number: number }>(
    "SELECT current_setting('server_version_num')::int AS number",
  );
  const version = Math.floor((rows[0]?.number ?? 0) / 10_000);
  await client.query(`SET lock_timeout = ${run.lockTimeout}; SET statement_timeout = ${run.statementTimeout}`);
  // Where this process is killed, the server ends what it was asked for, and with it the lock of the run.
  if (version >= 14) await client.query("SET client_connection_check_interval = '1s'").catch(() => {}); // not on each platform
  return { version, lockId: (await import("node-pg-migrate")).PG_MIGRATE_LOCK_ID };
}

/** @throws Failure with all that PostgreSQL would not read, before anything is run */
function checkReadable({ files, to }: Run): void {
  const unreadable = files.flatMap((file) => {
    if (file.number > to) return [];
    try {
      statementsOf(file);
      return [];
    } catch (error) {
      if (error instanceof UnreadableSql) return [error.message];
      throw error;
    }
  });
  if (unreadable.length > 0) throw new Failure(`${unreadable.join("\n")}\nNothing is run`, 2);
}
