import type { CommentStmt, CreateStmt, GrantStmt, RangeVar, VariableSetStmt, ViewStmt } from "libpg-query";
import { type Analysis, type Context, shortLock } from "../effect";
import type { LockMode } from "../lock-modes";
import { listedName, of, qualified, relationName, strings, within } from "../tree";

/** A short lock of one table. */
export function locks(relation: RangeVar | undefined, mode?: LockMode): Partial<Analysis> {
  return { effects: [shortLock(relationName(relation), mode)] };
}

/** A new table locks those that it refers to, and the one that it is a part of. */
export function createTable({ tableElts = [], inhRelations = [], partbound }: CreateStmt): Partial<Analysis> {
  const targets = within("Constraint", tableElts).flatMap(({ pktable }) => (pktable ? [relationName(pktable)] : []));
  const parents = inhRelations.map((parent) => relationName(of("RangeVar", parent)));
  return {
    effects: [
      ...targets.map((table) => shortLock(table, "ShareRowExclusive")),
      ...parents.map((table) => shortLock(table, partbound ? "AccessExclusive" : "ShareUpdateExclusive")),
    ],
  };
}

export function createView({ view, replace }: ViewStmt, { schema }: Context): Partial<Analysis> {
  return replace && schema.tables.has(relationName(view)) ? locks(view) : {};
}

export function comment({ objtype, object }: CommentStmt): Partial<Analysis> {
  const parts = strings(of("List", object)?.items);
  const table = objtype === "OBJECT_TABLE" ? parts : objtype === "OBJECT_COLUMN" ? parts.slice(0, -1) : undefined;
  return { effects: table ? [shortLock(qualified(table), "ShareUpdateExclusive")] : [], repeatable: true };
}

export function grant({ is_grant, objects = [] }: GrantStmt): Partial<Analysis> {
  const names = objects.map((object) => relationName(of("RangeVar", object)) || listedName(object));
  return { goes: is_grant ? [] : names.map((name) => ({ what: `a right on ${name}`, table: name })), repeatable: true };
}

const OFF = new Set(["0", "0s", "0ms", "0min"]);

/** The job sets `lock_timeout`: a file may set another, not none. */
export function setVariable({ name, kind, args = [] }: VariableSetStmt): Partial<Analysis> {
  const concerns = name === "lock_timeout" || kind === "VAR_RESET_ALL";
  const value = of("A_Const", args[0]);
  const given = value?.sval?.sval ?? String(value?.ival?.ival ?? 0);
  if (!concerns || (kind === "VAR_SET_VALUE" && !OFF.has(given))) return { repeatable: true };
  const safe = ["Leave it as the job sets it, or set another"];
  return { flaws: [{ rule: "lock-timeout", what: "lock_timeout is switched off", safe }], repeatable: true };
}
