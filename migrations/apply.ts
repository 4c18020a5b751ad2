import type { AlterTableCmd, ColumnDef, CreateStmt, Node } from "libpg-query";
import { constraintOf } from "./constraint";
import type { Column, Constraint, Index, Schema, Table } from "./schema";
import { columnType, listedName, of, qualified, relationName, strings, within } from "./tree";

/** The schema after a statement. What it makes is fresh until `settled`. */
export function apply(schema: Schema, node: Node): Schema {
  const tables = new Map(schema.tables);
  const indexes = new Map(schema.indexes);
  const types = new Map(schema.types);
  const edit = (name: string, change: (table: Table) => Table) => {
    const table = tables.get(name);
    if (table) tables.set(name, change(table));
  };

  const create = of("CreateStmt", node);
  if (create) tables.set(relationName(create.relation), created(create, schema));

  const as = of("CreateTableAsStmt", node);
  if (as?.objtype === "OBJECT_MATVIEW") {
    tables.set(relationName(as.into?.rel), made("materialized view", within("RangeVar", as.query).map(relationName)));
  } else if (as) {
    tables.set(relationName(as.into?.rel), made("table"));
  }

  const view = of("ViewStmt", node);
  if (view) tables.set(relationName(view.view), made("view", within("RangeVar", view.query).map(relationName)));

  const alter = of("AlterTableStmt", node);
  if (alter) {
    const name = relationName(alter.relation);
    for (const cmd of alter.cmds ?? []) {
      const { subtype, def } = of("AlterTableCmd", cmd) ?? {};
      const partition = relationName(of("PartitionCmd", def)?.name);
      if (subtype === "AT_AttachPartition") edit(partition, (table) => ({ ...table, of: [name] }));
      if (subtype?.startsWith("AT_Detach")) edit(partition, (table) => ({ ...table, of: [] }));
      edit(name, (table) => altered(table, of("AlterTableCmd", cmd) ?? {}, name, schema));
    }
  }

  const index = of("IndexStmt", node);
  if (index) indexes.set(index.idxname ?? "", indexOf(relationName(index.relation), index.indexParams, index.unique));

  const renamed = of("RenameStmt", node);
  const [from, to] = [relationName(renamed?.relation), renamed?.newname ?? ""];
  if (renamed?.renameType === "OBJECT_COLUMN") {
    edit(from, (table) => ({ ...table, columns: rename(table.columns, renamed.subname ?? "", to) }));
  } else if (renamed?.renameType === "OBJECT_INDEX") {
    move(indexes, from, to);
  } else if (renamed?.renameType === "OBJECT_TABLE") {
    move(tables, from, qualified([renamed.relation?.schemaname ?? "", to]));
  }

  const drop = of("DropStmt", node);
  for (const object of drop?.objects ?? []) {
    const dropped = { OBJECT_INDEX: indexes, OBJECT_TYPE: types, OBJECT_DOMAIN: types }[drop?.removeType as string];
    (dropped ?? tables).delete(listedName(object));
  }

  const enumeration = of("CreateEnumStmt", node);
  if (enumeration) types.set(qualified(strings(enumeration.typeName)), { constrained: false });
  const composite = of("CompositeTypeStmt", node);
  if (composite) types.set(relationName(composite.typevar), { constrained: false });
  const domain = of("CreateDomainStmt", node);
  if (domain) types.set(qualified(strings(domain.domainname)), { constrained: (domain.constraints ?? []).length > 0 });

  return { tables, indexes, types };
}

function made(kind: Table["kind"], of: readonly string[] = []): Table {
  return { kind, columns: new Map(), constraints: [], of, fresh: true };
}

function created(
  { tableElts = [], relation, partspec, partbound, inhRelations = [] }: CreateStmt,
  schema: Schema,
): Table {
  const name = relationName(relation);
  const parents = inhRelations.map((parent) => schema.tables.get(relationName(of("RangeVar", parent))));
  let table: Table = {
    ...made(
      partspec ? "partitioned" : "table",
      partbound ? inhRelations.map((parent) => relationName(of("RangeVar", parent))) : [],
    ),
    partitionKey: partspec?.partParams?.flatMap((param) => of("PartitionElem", param)?.name ?? []),
    columns: new Map(parents.flatMap((parent) => [...(parent?.columns ?? [])])),
    constraints: partbound ? parents.flatMap((parent) => parent?.constraints ?? []) : [],
  };
  for (const element of tableElts) {
    const column = of("ColumnDef", element);
    const constraint = of("Constraint", element);
    if (column) table = withColumn(table, column, name);
    if (constraint) table = withConstraint(table, constraintOf(constraint, name));
  }
  return table;
}

function withColumn(table: Table, column: ColumnDef, name: string): Table {
  const { colname = "" } = column;
  const constraints = (column.constraints ?? []).flatMap((each) => {
    const node = of("Constraint", each);
    return (node && constraintOf(node, name, colname)) ?? [];
  });
  const type = columnType(column.typeName);
  const added: Column = { type, notNull: SERIAL.test(type.name), fresh: true };
  const columns = new Map(table.columns).set(colname, added);
  return constraints.reduce<Table>((so, each) => withConstraint(so, each), { ...table, columns });
}

/** `serial` and its like are integers that are never null. */
const SERIAL = /^(small|big)?serial[248]?$/;

function withConstraint(table: Table, constraint: Constraint | undefined): Table {
  if (!constraint) return table;
  const columns = new Map(table.columns);
  if (constraint.valid && (constraint.kind === "primary" || constraint.kind === "not null")) {
    for (const name of constraint.columns) set(columns, name, { notNull: true });
  }
  return { ...table, columns, constraints: [...table.constraints, constraint] };
}

function altered(table: Table, cmd: AlterTableCmd, name: string, schema: Schema): Table {
  const column = of("ColumnDef", cmd.def);
  const columns = new Map(table.columns);
  const constraints = (change: (constraint: Constraint) => Constraint[]) => ({
    ...table,
    constraints: table.constraints.flatMap(change),
  });
  switch (cmd.subtype) {
    case "AT_AddColumn":
      return column ? withColumn(table, column, name) : table;
    case "AT_DropColumn":
      columns.delete(cmd.name ?? "");
      return { ...constraints((each) => (each.columns.includes(cmd.name ?? "") ? [] : [each])), columns };
    case "AT_AlterColumnType":
      return { ...table, columns: set(columns, cmd.name, { type: columnType(column?.typeName) }) };
    case "AT_SetNotNull":
      return { ...table, columns: set(columns, cmd.name, { notNull: true }) };
    case "AT_DropNotNull":
      return { ...table, columns: set(columns, cmd.name, { notNull: false }) };
    case "AT_AddConstraint": {
      const node = of("Constraint", cmd.def);
      const index = schema.indexes.get(node?.indexname ?? "");
      const constraint = node && constraintOf(node, name);
      return withConstraint(table, constraint && index ? { ...constraint, ...ofIndex(constraint, index) } : constraint);
    }
    case "AT_ValidateConstraint":
      return constraints((each) => [each.name === cmd.name ? { ...each, valid: true } : each]);
    case "AT_DropConstraint":
      return constraints((each) => (each.name === cmd.name ? [] : [each]));
    default:
      return table;
  }
}

function ofIndex({ kind }: Constraint, { columns }: Index): Partial<Constraint> {
  return { columns, provesNotNull: kind === "primary" ? columns : [] };
}

function indexOf(table: string, params: readonly Node[] = [], unique = false): Index {
  return { table, columns: params.flatMap((param) => of("IndexElem", param)?.name ?? []), unique };
}

function set(columns: Map<string, Column>, name: string | undefined, change: Partial<Column>): Map<string, Column> {
  const column = columns.get(name ?? "");
  return column ? columns.set(name ?? "", { ...column, ...change }) : columns;
}

function rename<V>(map: ReadonlyMap<string, V>, from: string, to: string): Map<string, V> {
  return new Map([...map].map(([key, value]) => [key === from ? to : key, value]));
}

function move<V>(map: Map<string, V>, from: string, to: string): void {
  const value = map.get(from);
  if (value === undefined) return;
  map.delete(from);
  map.set(to, value);
}
