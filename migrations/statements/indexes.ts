import type { IndexStmt, ReindexStmt } from "libpg-query";
import { type Analysis, type Context, onPartitions, shortLock } from "../effect";
import type { Schema } from "../schema";
import { hasOption, relationName } from "../tree";

/** The table of an index, for the lock that it takes. */
export function tableOf(index: string, schema: Schema): string {
  return schema.indexes.get(index)?.table ?? `the table of index ${index}`;
}

export function createIndex(
  { relation, concurrent, idxname, unique }: IndexStmt,
  { schema }: Context,
): Partial<Analysis> {
  const table = relationName(relation);
  if (concurrent) return { effects: [{ table, mode: "ShareUpdateExclusive", work: "index" }], outside: true };
  const isPartitioned = schema.tables.get(table)?.kind === "partitioned";
  // ON ONLY a partitioned table, which has no rows itself.
  if (isPartitioned && !relation?.inh) return { effects: [shortLock(table, "Share")] };
  const name = idxname ?? `${table}_index`;
  const kind = unique ? "UNIQUE INDEX" : "INDEX";
  const safe = isPartitioned
    ? [
        `CREATE ${kind} ${name} ON ONLY ${table} (…)`,
        `CREATE ${kind} CONCURRENTLY … on each partition`,
        `ALTER INDEX ${name} ATTACH PARTITION … for each of them`,
      ]
    : [`DROP INDEX CONCURRENTLY IF EXISTS ${name}`, `CREATE ${kind} CONCURRENTLY ${name} ON ${table} (…)`];
  return { effects: onPartitions(schema, [{ table, mode: "Share", work: "index", rule: "create-index", safe }]) };
}

export function reindex(
  { kind, relation, params, name }: ReindexStmt,
  { schema, version }: Context,
): Partial<Analysis> {
  const isIndex = kind === "REINDEX_OBJECT_INDEX";
  const isWhole = !isIndex && kind !== "REINDEX_OBJECT_TABLE";
  const given = relationName(relation);
  const table = isWhole ? `each table of ${name ?? "the database"}` : isIndex ? tableOf(given, schema) : given;
  if (hasOption(params, "concurrently")) {
    return { effects: [{ table, mode: "ShareUpdateExclusive", work: "index" }], outside: true, repeatable: true };
  }
  const safe =
    version >= 12
      ? [`REINDEX ${isIndex ? "INDEX" : "TABLE"} CONCURRENTLY ${given}`]
      : ["CREATE INDEX CONCURRENTLY another one", "DROP INDEX CONCURRENTLY this one"];
  return { effects: [{ table, mode: "Share", work: "index", rule: "reindex", safe }], outside: isWhole };
}
