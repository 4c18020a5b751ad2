import { z } from "zod";
import { refusals } from "../migrations";
import { policy } from "./policy";
import { migrationsIn, ranBefore } from "./reading/migrations";

export const migrationLocks = policy({
  name: "migration-locks",
  description:
    "Refuses SQL that keeps a table's users waiting for as long as the table is large, or takes from them what they use.",
  mechanism:
    'PostgreSQL locks a table for each change of it, and holds the lock until the transaction ends (manual, "Explicit Locking"). For the moment that a change of the catalog takes nobody notices; where all rows are read or written under the lock, each request waits, and behind the first one the pool of connections. Each file that has not been run yet is read by PostgreSQL\'s own parser, in the order of their numbers, with what the files before it say of tables, types and constraints; what they do not say, and statements that are not known here, count as the worst. What the files themselves make nobody uses yet. In an `expand` also what the version before may use must stay. Each rule is tried on two servers, of PostgreSQL 11 and 18, which say in `pg_locks` what they lock ([what was seen](../test/postgres/locks-18.md)).',
  safeWay:
    "The finding gives the statements that do the same without harm, with the manual's sentence and the version from which it holds: an index CONCURRENTLY, a constraint NOT VALID and then VALIDATE, rows in steps, a column beside the old one.",
  hazards: ["46"],
  settings: z.strictObject({}),
  judge: (plan) =>
    migrationsIn(plan.desired).flatMap((migration) => {
      const { version: ran } = ranBefore(migration, plan.prior);
      const { resource, phase, to, postgres: version, files } = migration;
      const before = files.filter(({ number }) => number <= ran);
      const pending = files.filter(({ number }) => number > ran && number <= to);
      return refusals(before, pending, { phase, version }).map(({ file, line, what, why, safe, source }) => ({
        urn: resource.urn,
        what: `${file}, line ${line}: ${what}.`,
        why: `${why} ${source}`,
        instead: `Instead: ${safe.map((statement, at) => `${at + 1}. ${statement}`).join(" ")}`,
      }));
    }),
});
