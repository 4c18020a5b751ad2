import type { Client } from "pg";
import { fingerprint, type NumberedFile } from "../../migrations";
import { Failure } from "../failure";
import type { Run } from "./run";

/** The tool's table, which knows the files' names. */
export const BOOKS = { schema: "public", table: "pgmigrations" } as const;

/** Beside it: what each file said when it was run. */
const SAID = `${BOOKS.schema}.crossfade_migrations`;

export async function openBooks(client: Client): Promise<void> {
  await client.query(`CREATE TABLE IF NOT EXISTS ${SAID} (name text PRIMARY KEY, said text NOT NULL)`);
}

/** The statement that records a file, in the same transaction as what it does. */
export function recorded(file: NumberedFile): string {
  const values = `'${file.name}', '${fingerprint(file)}'`; // a name has no quote: see `numbered`
  return `INSERT INTO ${SAID} VALUES (${values}) ON CONFLICT (name) DO UPDATE SET said = excluded.said`;
}

/**
 * The files that are to be run. What was run beyond the last of this directory another version of it has brought, a later one: an
 * earlier version of the service may be started again.
 *
 * @throws Failure where a file says something else than when it was run
 */
export async function pendingFiles(client: Client, { files, to, log }: Run): Promise<NumberedFile[]> {
  const { rows } = await client.query<{ name: string; said: string }>(`SELECT name, said FROM ${SAID}`);
  const last = files.at(-1)?.number ?? 0;
  for (const { name, said } of rows) {
    const file = files.find((each) => each.name === name);
    if (file && fingerprint(file) === said) continue;
    if (!file && Number.parseInt(name, 10) > last) {
      log(`${name} was run by a later version of these files: left alone`);
      continue;
    }
    const what = file ? "says something else than when it was run" : "has been run, and is not there any more";
    throw new Failure(
      `${name} ${what}, so nothing is run: the database has what it said then, a new one would get another schema. ` +
        "Put it back as it was, and write the change into a new file",
    );
  }
  return files.filter(({ name, number }) => number <= to && !rows.some((row) => row.name === name));
}

/** @returns the number of the last file that was run */
export async function versionOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${BOOKS.schema}.${BOOKS.table}`);
  return Math.max(0, ...rows.map(({ name }) => Number.parseInt(name, 10)));
}
