import type { ColumnType } from "./tree";

/**
 * What is known of a database from the statements that made it. It is the files' own telling, from the first one on: where they do
 * not tell of a table or a column, nothing is known of it, and the worst is taken to be so.
 */
export interface Schema {
  tables: ReadonlyMap<string, Table>;
  /** The table of each index. */
  indexes: ReadonlyMap<string, Index>;
  /** Domains, each with whether it has a constraint, and enumerations and composites, which have none. */
  types: ReadonlyMap<string, { constrained: boolean }>;
}

export interface Table {
  kind: "table" | "partitioned" | "view" | "materialized view";
  columns: ReadonlyMap<string, Column>;
  constraints: readonly Constraint[];
  /** The columns by which a partitioned table is divided. */
  partitionKey?: readonly string[];
  /** The table that it is a partition of, or the tables that a view reads. */
  of: readonly string[];
  /** It was made by the statements that are judged, so that nobody uses it yet. */
  fresh: boolean;
}

export interface Column {
  type: ColumnType;
  notNull: boolean;
  /** It was added by the statements that are judged, so that the version before does not write it. */
  fresh: boolean;
}

export interface Constraint {
  name: string;
  kind: "check" | "foreign" | "unique" | "primary" | "not null" | "exclude";
  columns: readonly string[];
  /** That it holds for all rows has been seen: not so after `NOT VALID`, until `VALIDATE CONSTRAINT`. */
  valid: boolean;
  /** The columns that can hold no null where it holds. */
  provesNotNull: readonly string[];
  /** The table that a foreign key is to. */
  references?: string;
}

export interface Index {
  table: string;
  columns: readonly string[];
  unique: boolean;
}

export const EMPTY: Schema = { tables: new Map(), indexes: new Map(), types: new Map() };

/** Nobody uses it yet: it was made by the statements that are judged. */
export function isFresh(schema: Schema, table: string): boolean {
  return schema.tables.get(table)?.fresh === true;
}

/** The partitions of a table, and theirs. */
export function partitionsOf(schema: Schema, table: string): string[] {
  const own = [...schema.tables].filter(([, each]) => isTable(each) && each.of.includes(table)).map(([name]) => name);
  return own.flatMap((name) => [name, ...partitionsOf(schema, name)]);
}

/** The views that read a table, and those that read these. */
export function viewsOf(schema: Schema, table: string): string[] {
  const own = [...schema.tables].filter(([, each]) => !isTable(each) && each.of.includes(table)).map(([name]) => name);
  return own.flatMap((name) => [name, ...viewsOf(schema, name)]);
}

const isTable = ({ kind }: Table) => kind === "table" || kind === "partitioned";

/** Whether a column cannot hold a null, by its own word or by a constraint that was seen to hold. */
export function isProvenNotNull(table: Table | undefined, column: string): boolean {
  if (!table) return false;
  const said = table.columns.get(column)?.notNull === true;
  return said || table.constraints.some(({ valid, provesNotNull }) => valid && provesNotNull.includes(column));
}

/** What is there before the statements that are judged: nothing of it is fresh. */
export function settled({ tables, ...rest }: Schema): Schema {
  const settle = (table: Table): Table => ({
    ...table,
    fresh: false,
    columns: mapValues(table.columns, (column) => ({ ...column, fresh: false })),
  });
  return { ...rest, tables: mapValues(tables, settle) };
}

function mapValues<K, V>(map: ReadonlyMap<K, V>, change: (value: V) => V): ReadonlyMap<K, V> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}
