import type { AlterTableCmd } from "libpg-query";
import type { Context, Effect } from "../effect";
import type { Constraint } from "../schema";
import { type ColumnType, columnType, of, strings } from "../tree";

/** What `ALTER COLUMN … TYPE` does: nothing to the rows where what they hold is a value of the new type as it is. */
export function alterColumnType(
  table: string,
  { name: column = "", def }: AlterTableCmd,
  { schema }: Context,
): Effect[] {
  const lock = { table, mode: "AccessExclusive" } as const;
  const definition = of("ColumnDef", def);
  const known = schema.tables.get(table);
  const from = known?.columns.get(column)?.type;
  const to = columnType(definition?.typeName);
  const using = definition?.raw_default;
  const isOwnValue = using === undefined || strings(of("ColumnRef", using)?.fields).at(-1) === column;
  if (from && isOwnValue && !definition?.collClause && keepsValues(from, to)) {
    // Constraints that speak of the column are made anew, and seen to hold once more.
    const speaks = (each: Constraint) => each.kind === "check" && each.valid && each.columns.includes(column);
    const checked = known?.constraints.find(speaks);
    if (!checked) return [{ ...lock, work: "none" }];
    const safe = [
      `ALTER TABLE ${table} DROP CONSTRAINT ${checked.name}, and after the change ADD it NOT VALID and VALIDATE it`,
    ];
    return [{ ...lock, work: "scan", rule: "add-check", safe }];
  }
  return [
    {
      ...lock,
      work: "rewrite",
      rule: "column-type",
      safe: [
        ...(from ? [] : [`-- of which type "${column}" is, these files do not tell: a varchar that grows would pass`]),
        `ALTER TABLE ${table} ADD COLUMN ${column}_new ${to.name}`,
        "write both from the new version on, and give the rows that are there their value in steps",
        `ALTER TABLE ${table} DROP COLUMN ${column}, in a contract after the version that reads only ${column}_new`,
      ],
    },
  ];
}

/** Types whose parentheses bound what they hold: a wider bound changes no value. */
const BOUNDED = new Set(["varchar", "varbit", "timestamp", "timestamptz", "time", "timetz", "interval"]);

/** Whether each value of the one type is one of the other, byte by byte (`pg_cast`, and the types' own support functions). */
function keepsValues(from: ColumnType, to: ColumnType): boolean {
  if (from.isArray || to.isArray)
    return from.isArray === to.isArray && from.name === to.name && `${from.mods}` === `${to.mods}`;
  if (from.name === to.name) return widens(from, to);
  if (to.mods.length > 0) return false;
  const pair = `${from.name} -> ${to.name}`;
  return ["varchar -> text", "text -> varchar", "cidr -> inet", "xml -> text", "xml -> varchar"].includes(pair);
}

function widens(
  { name, mods: [bound, scale = 0] }: ColumnType,
  { mods: [newBound, newScale = 0] }: ColumnType,
): boolean {
  if (bound === newBound && scale === newScale) return true;
  if (name === "numeric")
    return newBound === undefined || (bound !== undefined && bound <= newBound && scale === newScale);
  if (!BOUNDED.has(name)) return false;
  return newBound === undefined || (bound !== undefined && bound <= newBound);
}
