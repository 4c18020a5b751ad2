import type { ClusterStmt, LockStmt, Node, RefreshMatViewStmt, TruncateStmt, VacuumStmt } from "libpg-query";
import { type Analysis, type Effect, shortLock } from "../effect";
import { LOCK_MODES } from "../lock-modes";
import { hasOption, of, relationName } from "../tree";

type Told = Pick<Effect, "rule" | "safe">;

const rewrite = (table: string, told: Told): Effect => ({ table, mode: "AccessExclusive", work: "rewrite", ...told });
const named = (node: Node) => relationName(of("RangeVar", node));

export function cluster({ relation }: ClusterStmt): Partial<Analysis> {
  const table = relation ? relationName(relation) : "each clustered table";
  const safe = [`-- pg_repack brings ${table} into another order while it is used`];
  return { effects: [rewrite(table, { rule: "cluster", safe })], outside: !relation };
}

/** `VACUUM` and `ANALYZE`, which are one kind of statement. */
export function vacuum({ rels = [], options, is_vacuumcmd }: VacuumStmt): Partial<Analysis> {
  const given = rels.map((rel) => relationName(of("VacuumRelation", rel)?.relation));
  const tables = given.length > 0 ? given : ["each table"];
  const outside = is_vacuumcmd === true;
  const effects = tables.map((table): Effect => {
    if (outside && hasOption(options, "full")) {
      return rewrite(table, { rule: "vacuum-full", safe: [`VACUUM (ANALYZE) ${table}`] });
    }
    return { table, mode: "ShareUpdateExclusive", work: "scan" };
  });
  return { effects, outside, repeatable: true };
}

export function refresh({ relation, concurrent, skipData }: RefreshMatViewStmt): Partial<Analysis> {
  const view = relationName(relation);
  // EXCLUSIVE keeps writers waiting, of which a materialized view has none.
  if (concurrent) return { effects: [shortLock(view, "Exclusive")], repeatable: true };
  const safe = [
    `CREATE UNIQUE INDEX CONCURRENTLY … ON ${view} (…), once`,
    `REFRESH MATERIALIZED VIEW CONCURRENTLY ${view}`,
  ];
  return {
    effects: [rewrite(view, { rule: "refresh", safe })],
    goes: skipData ? [{ what: `the rows of ${view}`, table: view }] : [],
  };
}

export function lockTables({ relations = [], mode = LOCK_MODES.length }: LockStmt): Partial<Analysis> {
  const asked = LOCK_MODES[mode - 1];
  const safe = ["Leave it away: each statement takes the lock that it needs"];
  return {
    effects: relations.map((relation) => ({
      ...shortLock(named(relation), asked),
      avoidable: true,
      rule: "lock-table",
      safe,
    })),
  };
}

export function truncate({ relations = [] }: TruncateStmt): Partial<Analysis> {
  const tables = relations.map(named);
  return {
    effects: tables.map((table) =>
      rewrite(table, {
        rule: "truncate",
        safe: [`DELETE FROM ${table} in steps`, `or DROP TABLE ${table}, in a contract`],
      }),
    ),
    goes: tables.map((table) => ({ what: `the rows of ${table}`, table })),
  };
}
