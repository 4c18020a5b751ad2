import { Failure } from "./failure";
import { readMigrations } from "./migrate/files";
import { runMigrations } from "./migrate/run";

export interface MigrateFlags {
  to?: number;
  digest?: string;
  lockTimeout: number;
  statementTimeout: number;
  tries: number;
}

/** Brings the database at `DATABASE_URL`, or where libpq's `PGHOST` says, to a version of its schema: the job that a `Migration` runs, in the service's image. */
export async function migrate(directory: string, flags: MigrateFlags): Promise<number> {
  const url = process.env.DATABASE_URL;
  if (!url && !process.env.PGHOST) {
    throw new Failure(
      "neither DATABASE_URL nor PGHOST is set, which say where the database is: postgres://user@host/name",
      2,
    );
  }
  const files = readMigrations(directory);
  const { to = files.at(-1)?.number ?? 0, lockTimeout, statementTimeout, tries } = flags;
  if (flags.digest === undefined && !files.some(({ number }) => number === to)) {
    throw new Failure(`there is no file of the number ${to} in ${directory}`, 2);
  }
  const log = (line: string) => process.stderr.write(`crossfade: ${line}\n`);
  const milliseconds = { lockTimeout: lockTimeout * 1000, statementTimeout: statementTimeout * 1000 };
  const version = await runMigrations({ directory, files, to, digest: flags.digest, url, tries, log, ...milliseconds });
  process.stdout.write(`${JSON.stringify({ version })}\n`);
  return 0;
}
