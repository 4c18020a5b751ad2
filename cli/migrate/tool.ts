import type { RunnerOption } from "node-pg-migrate";
import type { Client } from "pg";
import { isPatient, type NumberedFile, needsNoTransaction, statementsOf } from "../../migrations";
import { BOOKS, recorded, versionOf } from "./books";
import { At } from "./reasons";
import type { Run } from "./run";

/**
 * Has node-pg-migrate run the files that it has not run yet, up to `to`.
 *
 * @returns the version of the schema
 * @throws At with the file and the line of the statement that failed
 */
export async function runFiles(client: Client, run: Run, version: number): Promise<number> {
  const { runner } = await import("node-pg-migrate");
  let failed = "";
  const error = (text: string) => {
    failed = PLACE.exec(text)?.[1] ?? failed;
  };
  try {
    await runner(options(client, run, version, error));
  } catch (cause) {
    throw failed ? new At(failed, cause) : cause;
  }
  return versionOf(client);
}

function options(client: Client, run: Run, version: number, error: (text: string) => void): RunnerOption {
  const { directory, files, to, log } = run;
  const loader = async (paths: string[]) =>
    paths.map((path) => {
      const file = files.find(({ name }) => path.endsWith(`/${name}`));
      if (!file) throw new Error(`${path} was not there a moment ago`);
      const up = (pgm: Builder) => write(pgm, file, run, version);
      return { id: path, filePaths: [path], actions: { up, down: false as const } };
    });
  return {
    dbClient: client,
    dir: directory,
    direction: "up",
    migrationsSchema: BOOKS.schema,
    migrationsTable: BOOKS.table,
    // Up to the file of this number.
    timestamp: true,
    count: to,
    checkOrder: true,
    // It is held already.
    noLock: true,
    singleTransaction: false,
    ignorePattern: "(?!.*\\.sql$).*",
    migrationLoaderStrategies: [{ extensions: [".sql"], loader }],
    logger: { debug: () => {}, info: log, warn: () => {}, error },
  };
}

interface Builder {
  sql(text: string): void;
  noTransaction(): void;
}

/** Before each statement stands where it is from: for who looks at the server's sessions or its log, and for the error. */
const PLACE = /\/\* ([\w.-]+, line \d+) \*\//;

/** One statement after the other: several in one request are a transaction to the server, whoever asked for none. */
function write(pgm: Builder, file: NumberedFile, { lockTimeout, statementTimeout }: Run, version: number): void {
  if (needsNoTransaction(file, version)) pgm.noTransaction();
  // A file may set these for itself, not for the next one.
  pgm.sql("RESET search_path");
  pgm.sql(`SET statement_timeout = ${statementTimeout}`);
  pgm.sql(`SET lock_timeout = ${lockTimeout}`);
  for (const statement of statementsOf(file)) {
    const isAlone = isPatient(statement, version);
    if (isAlone) pgm.sql("SET lock_timeout = 0");
    pgm.sql(`/* ${file.name}, line ${statement.line} */ ${statement.text}`);
    if (isAlone) pgm.sql(`SET lock_timeout = ${lockTimeout}`);
  }
  pgm.sql(recorded(file));
}
