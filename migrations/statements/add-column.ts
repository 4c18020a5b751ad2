import type { ColumnDef } from "libpg-query";
import { constraintOf } from "../constraint";
import type { Context, Effect, Flaw } from "../effect";
import { columnType, of, relationName } from "../tree";
import { volatileCall } from "../volatility";
import { keyByIndex } from "./add-constraint";

const SERIAL = /^(small|big)?serial[248]?$/;

/** What `ADD COLUMN` does to its table, beside the short lock, and to the tables that it refers to. */
export function addColumn(table: string, column: ColumnDef, { schema }: Context): { effects: Effect[]; flaws: Flaw[] } {
  const { colname = "", constraints = [] } = column;
  const type = columnType(column.typeName);
  const parts = constraints.flatMap((each) => of("Constraint", each) ?? []);
  const part = (contype: string) => parts.find((each) => each.contype === contype);
  const expression = part("CONSTR_DEFAULT")?.raw_expr;
  const hasDefault = expression !== undefined && of("A_Const", expression)?.isnull !== true;
  const written =
    SERIAL.test(type.name) ||
    part("CONSTR_IDENTITY") !== undefined ||
    part("CONSTR_GENERATED")?.generated_kind === "s" ||
    schema.types.get(type.name)?.constrained === true ||
    volatileCall(expression) !== undefined;

  const effects: Effect[] = [];
  const add = `ALTER TABLE ${table} ADD COLUMN ${colname} …`;
  const ownLock = { table, mode: "AccessExclusive" } as const;
  if (written) {
    effects.push({
      ...ownLock,
      work: "rewrite",
      rule: "add-column",
      safe: [
        `${add}, without the default`,
        `ALTER TABLE ${table} ALTER COLUMN ${colname} SET DEFAULT …`,
        ...backfill(table, colname),
      ],
    });
  }
  const needsValue = part("CONSTR_NOTNULL") !== undefined && !written && !hasDefault && !part("CONSTR_GENERATED");
  const flaws: Flaw[] = [];
  if (needsValue && schema.tables.get(table)?.fresh !== true) {
    flaws.push({
      rule: "add-column-not-null",
      what: `"${table}" gets a column "${colname}" that is NOT NULL and has no default`,
      safe: [`${add} NOT NULL DEFAULT <a constant>`, "or nullable now, and NOT NULL by a later contract"],
    });
  }
  for (const each of parts) {
    const constraint = constraintOf(each, table, colname);
    if (constraint?.kind === "check") {
      effects.push({
        ...ownLock,
        work: "scan",
        rule: "add-check",
        safe: [
          add,
          `ALTER TABLE ${table} ADD CONSTRAINT ${constraint.name} CHECK (…) NOT VALID`,
          `ALTER TABLE ${table} VALIDATE CONSTRAINT ${constraint.name}`,
        ],
      });
    } else if (constraint?.kind === "unique" || constraint?.kind === "primary") {
      effects.push({ ...ownLock, work: "index", rule: "add-unique", safe: [add, ...keyByIndex(table, constraint)] });
    } else if (constraint?.kind === "foreign") {
      // Rows that hold no value have none to look up.
      const work = hasDefault || written ? "scan" : "none";
      for (const locked of [table, relationName(each.pktable)]) {
        effects.push({
          table: locked,
          mode: locked === table ? "AccessExclusive" : "ShareRowExclusive",
          work,
          rule: "add-foreign-key",
          safe: [
            add,
            `ALTER TABLE ${table} ADD CONSTRAINT ${constraint.name} FOREIGN KEY … NOT VALID`,
            `ALTER TABLE ${table} VALIDATE CONSTRAINT ${constraint.name}`,
          ],
        });
      }
    }
  }
  return { effects: [{ ...ownLock, work: "none" }, ...effects], flaws };
}

/** Gives the rows that are there a value, in steps that each lock a thousand of them for a moment. */
export function backfill(table: string, column: string): string[] {
  return [
    `DO $$ BEGIN LOOP UPDATE ${table} SET ${column} = … WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE ${column} IS NULL LIMIT 1000 FOR UPDATE SKIP LOCKED)); EXIT WHEN NOT FOUND; COMMIT; END LOOP; END $$`,
  ];
}
