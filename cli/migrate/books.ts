import type { Client } from "pg";
import { digestOf, fingerprint, fingerprints, type NumberedFile } from "../../migrations";
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

/** Whether all that was judged has been run, whatever the directory of this image holds: it may be an earlier version's. */
export async function isThere(client: Client, { to, digest, log }: Run): Promise<boolean> {
  if (digest === undefined) return false;
  const ran = Object.entries(await said(client)).filter(([name]) => Number.parseInt(name, 10) <= to);
  if (digestOf(Object.fromEntries(ran)) !== digest) return false;
  log(`schema ${to} is there already`);
  return true;
}

/** @throws Failure where the directory's files are not those that were judged */
export function checkJudged({ directory, files, to, digest }: Run): void {
  const own = digestOf(fingerprints(files.filter(({ number }) => number <= to)));
  if (digest === undefined || own === digest) return;
  throw new Failure(
    `the files in ${directory} up to ${to} are not those that were judged (${own}, and not ${digest}), so none is run: ` +
      "the image and the program are of two commits. Build both from one",
    2,
  );
}

/** What each file said that was run, in short, by its name. */
async function said(client: Client): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string; said: string }>(`SELECT name, said FROM ${SAID}`);
  return Object.fromEntries(rows.map(({ name, said }) => [name, said]));
}

/**
 * The files that are to be run. What was run beyond the last of this directory another version of it has brought, a later one: an
 * earlier version of the service may be started again.
 *
 * @throws Failure where a file says something else than when it was run
 */
export async function pendingFiles(client: Client, { files, to, log }: Run): Promise<NumberedFile[]> {
  const ran = await said(client);
  const last = files.at(-1)?.number ?? 0;
  for (const [name, then] of Object.entries(ran)) {
    const file = files.find((each) => each.name === name);
    if (file && fingerprint(file) === then) continue;
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
  return files.filter(({ name, number }) => number <= to && ran[name] === undefined);
}

/** @returns the number of the last file that was run */
export async function versionOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${BOOKS.schema}.${BOOKS.table}`);
  return Math.max(0, ...rows.map(({ name }) => Number.parseInt(name, 10)));
}
