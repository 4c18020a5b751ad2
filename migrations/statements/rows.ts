import type { DeleteStmt, Node, UpdateStmt } from "libpg-query";
import type { Analysis, Context, Effect } from "../effect";
import type { Schema } from "../schema";
import { of, relationName, strings, within } from "../tree";
import { backfill } from "./add-column";

/** What `UPDATE` and `DELETE` do: each row that they change stays locked until the transaction ends. */
export function changeRows(statement: UpdateStmt | DeleteStmt, { schema }: Context): Partial<Analysis> {
  const table = relationName(statement.relation);
  const column = "targetList" in statement ? (of("ResTarget", statement.targetList?.[0])?.name ?? "…") : "…";
  const lock = { table, mode: "RowExclusive" } as const;
  if (isBounded(statement.whereClause, table, schema)) return { effects: [{ ...lock, work: "none" }] };
  return { effects: [manyRows(table, "targetList" in statement ? backfill(table, column) : deleted(table))] };
}

/** Changes of more rows than anybody has counted. */
export function manyRows(table: string, safe: readonly string[]): Effect {
  return { table, mode: "RowExclusive", work: "rows", rule: "all-rows", safe };
}

function deleted(table: string): string[] {
  return [
    `DO $$ BEGIN LOOP DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE … LIMIT 1000 FOR UPDATE SKIP LOCKED)); EXIT WHEN NOT FOUND; COMMIT; END LOOP; END $$`,
  ];
}

/**
 * Whether a condition can hold for few rows only: a sub-select with a `LIMIT` chooses them, a key is given, or a range of a key. Of
 * any other condition nobody can say here how many rows it holds for.
 */
function isBounded(condition: Node | undefined, table: string, schema: Schema): boolean {
  if (!condition) return false;
  const both = of("BoolExpr", condition);
  if (both) {
    const parts = (both.args ?? []).map((part) => isBounded(part, table, schema));
    return both.boolop === "AND_EXPR" ? parts.includes(true) : both.boolop === "OR_EXPR" && !parts.includes(false);
  }
  if (within("SelectStmt", condition).some(({ limitCount }) => isConstant(limitCount))) return true;
  const test = of("A_Expr", condition);
  if (!test || !["AEXPR_OP", "AEXPR_IN", "AEXPR_BETWEEN"].includes(test.kind ?? "")) return false;
  if (test.kind === "AEXPR_OP" && strings(test.name)[0] !== "=") return false;
  const column = strings(of("ColumnRef", test.lexpr)?.fields).at(-1);
  const items = of("List", test.rexpr)?.items ?? (test.rexpr ? [test.rexpr] : []);
  return column !== undefined && items.every(isConstant) && isKey(column, table, schema);
}

function isConstant(node: Node | undefined): boolean {
  const cast = of("TypeCast", node);
  return (
    node !== undefined && (cast ? isConstant(cast.arg) : of("A_Const", node)?.isnull === undefined && "A_Const" in node)
  );
}

/** Whether a value of a column is of one row at most. */
function isKey(column: string, table: string, schema: Schema): boolean {
  const alone = (columns: readonly string[]) => columns.length === 1 && columns[0] === column;
  const byConstraint = schema.tables
    .get(table)
    ?.constraints.some(({ kind, columns }) => (kind === "primary" || kind === "unique") && alone(columns));
  const indexes = [...schema.indexes.values()];
  return (
    byConstraint === true || indexes.some((index) => index.table === table && index.unique && alone(index.columns))
  );
}
