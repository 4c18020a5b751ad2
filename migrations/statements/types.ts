import type { AlterDomainStmt, AlterEnumStmt } from "libpg-query";
import type { Analysis, Context } from "../effect";
import { of, qualified, strings } from "../tree";

/** The forms of `ALTER DOMAIN`, by PostgreSQL's letters for them. */
const DOMAIN = { add: "C", setNotNull: "O", validate: "V" };

/** A constraint of a domain is checked in each table that has a column of it, also when it is validated later. */
export function alterDomain({ typeName, subtype, def }: AlterDomainStmt, { schema }: Context): Partial<Analysis> {
  const adds = subtype === DOMAIN.add && of("Constraint", def)?.skip_validation !== true;
  if (!adds && subtype !== DOMAIN.setNotNull && subtype !== DOMAIN.validate) return {};
  const name = qualified(strings(typeName));
  const has = (table: string): boolean => {
    const { columns = new Map(), kind, of = [] } = schema.tables.get(table) ?? {};
    // Which columns a materialized view has, its own statement does not say.
    return (
      [...columns.values()].some(({ type }) => type.name === name) || (kind === "materialized view" && of.some(has))
    );
  };
  const users = [...schema.tables.keys()].filter(has);
  const tables = users.length > 0 ? users : [`each table with a column of ${name}`];
  const safe = tables.map(
    (table) =>
      `ALTER TABLE ${table} ADD CONSTRAINT … CHECK (…) NOT VALID, and VALIDATE it, instead of one of the domain`,
  );
  return { effects: tables.map((table) => ({ table, mode: "Share", work: "scan", rule: "domain-constraint", safe })) };
}

export function alterEnum(
  { oldVal, newVal, skipIfNewValExists, typeName }: AlterEnumStmt,
  { version }: Context,
): Partial<Analysis> {
  if (oldVal)
    return { goes: [{ what: `value '${oldVal}' of ${qualified(strings(typeName))}, which is '${newVal}' then` }] };
  return { outside: version < 12, repeatable: skipIfNewValExists === true };
}
