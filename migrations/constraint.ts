import type { Constraint as ConstraintNode, Node } from "libpg-query";
import type { Constraint } from "./schema";
import { of, relationName, strings, within } from "./tree";

const KINDS: Record<string, Constraint["kind"]> = {
  CONSTR_CHECK: "check",
  CONSTR_FOREIGN: "foreign",
  CONSTR_UNIQUE: "unique",
  CONSTR_PRIMARY: "primary",
  CONSTR_NOTNULL: "not null",
  CONSTR_EXCLUSION: "exclude",
};

/**
 * A constraint as it stands in the schema; undefined for what is none, such as a default.
 *
 * @param column the column that it stands behind, where it does
 */
export function constraintOf(node: ConstraintNode, table: string, column?: string): Constraint | undefined {
  const kind = KINDS[node.contype ?? ""];
  if (!kind) return undefined;
  const columns = column ? [column] : columnsOf(node);
  const provesNotNull =
    kind === "check" ? notNulls(node.raw_expr) : kind === "not null" || kind === "primary" ? columns : [];
  return {
    name: node.conname ?? defaultName(table, kind, columns),
    kind,
    columns,
    valid: node.skip_validation !== true && node.is_enforced !== false,
    provesNotNull,
    ...(kind === "foreign" && { references: relationName(node.pktable) }),
  };
}

function columnsOf(node: ConstraintNode): string[] {
  if (node.contype === "CONSTR_CHECK") {
    return [...new Set(within("ColumnRef", node.raw_expr).flatMap(({ fields }) => strings(fields).slice(-1)))];
  }
  return strings(node.contype === "CONSTR_FOREIGN" ? node.fk_attrs : node.keys);
}

/** The columns of which an expression says that they are no null: itself, or as a part of an AND. */
function notNulls(expression: Node | undefined): string[] {
  const test = of("NullTest", expression);
  if (test?.nulltesttype === "IS_NOT_NULL") return strings(of("ColumnRef", test.arg)?.fields).slice(-1);
  const all = of("BoolExpr", expression);
  return all?.boolop === "AND_EXPR" ? (all.args ?? []).flatMap(notNulls) : [];
}

/** The name that PostgreSQL gives (`ChooseConstraintName`), where no other has it. */
function defaultName(table: string, kind: Constraint["kind"], columns: readonly string[]): string {
  const base = table.split(".").at(-1);
  if (kind === "primary") return `${base}_pkey`;
  const ending = { check: "check", foreign: "fkey", unique: "key", "not null": "not_null", exclude: "excl" }[kind];
  const of = kind === "check" && columns.length > 1 ? [] : columns;
  return [base, ...of, ending].join("_");
}
