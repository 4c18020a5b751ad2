import type { LockMode } from "./lock-modes";
import type { RuleName } from "./rules";
import { partitionsOf, type Schema } from "./schema";

/** How long a lock is held beside the moment that a change of the catalog takes: what is done under it that grows with the table. */
export type Work =
  | "none"
  /** All rows are read. */
  | "scan"
  /** An index is built of all rows. */
  | "index"
  /** All rows are written anew. */
  | "rewrite"
  /** All rows, or none can say how many, are changed, and each stays locked until the transaction ends. */
  | "rows";

/** What a statement does to one relation. */
export interface Effect {
  table: string;
  mode: LockMode;
  work: Work;
  /** The same can be had under a weaker lock. */
  avoidable?: boolean;
  /** Why it is refused, where it is. */
  rule?: RuleName;
  /** The statements that do it without harm, each line one. */
  safe?: readonly string[];
}

/** Something bad about a statement that is no lock. */
export interface Flaw {
  rule: RuleName;
  what: string;
  safe: readonly string[];
}

/** What the version before may use, and cannot after the statement. */
export interface Gone {
  /** `column orders.note` */
  what: string;
  /** The table that it is of. */
  table?: string;
}

/** All that a statement does. */
export interface Analysis {
  effects: readonly Effect[];
  goes: readonly Gone[];
  /** PostgreSQL refuses it in a transaction block. */
  outside: boolean;
  /** Run a second time after it has failed or was stopped, it does what it was to do. */
  repeatable: boolean;
  flaws: readonly Flaw[];
}

/** What a statement is read with. */
export interface Context {
  schema: Schema;
  /** PostgreSQL's major version. */
  version: number;
}

/** A lock that is held for the moment in which the catalog is changed. */
export function shortLock(table: string, mode: LockMode = "AccessExclusive"): Effect {
  return { table, mode, work: "none" };
}

/** What is done to a partitioned table is done to its partitions. */
export function onPartitions(schema: Schema, effects: readonly Effect[]): Effect[] {
  return effects.flatMap((effect) =>
    [effect.table, ...partitionsOf(schema, effect.table)].map((table) => ({ ...effect, table })),
  );
}
