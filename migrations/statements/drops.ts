import type { DropStmt, RenameStmt } from "libpg-query";
import { type Analysis, type Context, type Gone, shortLock } from "../effect";
import { viewsOf } from "../schema";
import { listedName, of, relationName } from "../tree";
import { tableOf } from "./indexes";

const SPOKEN: Record<string, string> = {
  OBJECT_TABLE: "table",
  OBJECT_VIEW: "view",
  OBJECT_MATVIEW: "materialized view",
  OBJECT_SEQUENCE: "sequence",
  OBJECT_FUNCTION: "function",
  OBJECT_PROCEDURE: "procedure",
  OBJECT_TYPE: "type",
  OBJECT_DOMAIN: "domain",
  OBJECT_SCHEMA: "schema",
  OBJECT_EXTENSION: "extension",
  OBJECT_COLUMN: "column",
};

/** What `DROP` locks, and what nobody can use after it. */
export function drop(statement: DropStmt, { schema }: Context): Partial<Analysis> {
  const objects = statement.objects ?? [];
  const kind = statement.removeType ?? "OBJECT_TABLE";
  if (kind === "OBJECT_INDEX") {
    const outside = statement.concurrent === true;
    const effects = objects.map((object) => {
      const name = listedName(object);
      const table = tableOf(name, schema);
      if (outside) return { table, mode: "ShareUpdateExclusive", work: "none" } as const;
      const safe = [`DROP INDEX CONCURRENTLY IF EXISTS ${name}`];
      return { table, mode: "AccessExclusive", work: "none", avoidable: true, rule: "drop-index", safe } as const;
    });
    return { effects, outside, repeatable: statement.missing_ok === true };
  }
  if (kind === "OBJECT_TRIGGER" || kind === "OBJECT_RULE" || kind === "OBJECT_POLICY") {
    // The last part of the name is its own, the ones before are its table's.
    const tables = objects.map((object) => listedName({ List: { items: of("List", object)?.items?.slice(0, -1) } }));
    return { effects: tables.map((table) => ({ table, mode: "AccessExclusive", work: "none" })) };
  }
  const spoken = SPOKEN[kind];
  const isTable = kind === "OBJECT_TABLE";
  const hasLock = isTable || kind === "OBJECT_VIEW" || kind === "OBJECT_MATVIEW";
  return {
    effects: objects.flatMap((object) => {
      const name = listedName(object);
      const others = isTable
        ? (schema.tables.get(name)?.constraints ?? []).flatMap((each) => each.references ?? [])
        : [];
      const readers = statement.behavior === "DROP_CASCADE" ? viewsOf(schema, name) : [];
      return (hasLock ? [name, ...others, ...readers] : []).map((table) => shortLock(table));
    }),
    goes: spoken ? objects.map((object) => gone(spoken, listedName(object) || functionName(object))) : [],
  };
}

function gone(kind: string, name: string): Gone {
  return { what: `${kind} ${name}`, table: name };
}

function functionName(object: Parameters<typeof listedName>[0]): string {
  return listedName({ List: { items: of("ObjectWithArgs", object)?.objname } });
}

/** What a new name locks, and the name that nobody can use after it. */
export function rename({ renameType = "OBJECT_TABLE", relation, subname }: RenameStmt): Partial<Analysis> {
  const name = relationName(relation);
  // The lock is on the index alone.
  if (renameType === "OBJECT_INDEX") return { effects: [] };
  const isConstraint = renameType === "OBJECT_TABCONSTRAINT";
  const what =
    renameType === "OBJECT_COLUMN" ? `column ${name}.${subname}` : `${SPOKEN[renameType] ?? "object"} ${name}`;
  return {
    effects: relation ? [{ table: name, mode: "AccessExclusive", work: "none" }] : [],
    goes: isConstraint ? [] : [{ what, table: name }],
  };
}
