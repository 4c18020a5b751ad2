import type { AlterTableCmd, AlterTableStmt } from "libpg-query";
import type { Analysis, Context, Effect } from "../effect";
import { type LockMode, strongest } from "../lock-modes";
import { isProvenNotNull, type Table } from "../schema";
import { of, relationName } from "../tree";
import { addColumn } from "./add-column";
import { addConstraint, notNull } from "./add-constraint";
import { alterColumnType } from "./column-type";

/** The lock of a form that only changes the catalog, where it is not ACCESS EXCLUSIVE (`AlterTableGetLockLevel`). */
const SHORT: Record<string, LockMode> = {
  AT_SetStatistics: "ShareUpdateExclusive",
  AT_SetOptions: "ShareUpdateExclusive",
  AT_ResetOptions: "ShareUpdateExclusive",
  AT_ClusterOn: "ShareUpdateExclusive",
  AT_DropCluster: "ShareUpdateExclusive",
  AT_SetRelOptions: "ShareUpdateExclusive",
  AT_ResetRelOptions: "ShareUpdateExclusive",
  AT_AlterConstraint: "ShareRowExclusive",
  AT_EnableTrig: "ShareRowExclusive",
  AT_EnableAlwaysTrig: "ShareRowExclusive",
  AT_EnableReplicaTrig: "ShareRowExclusive",
  AT_EnableTrigAll: "ShareRowExclusive",
  AT_EnableTrigUser: "ShareRowExclusive",
  AT_DisableTrig: "ShareRowExclusive",
  AT_DisableTrigAll: "ShareRowExclusive",
  AT_DisableTrigUser: "ShareRowExclusive",
};

/** Forms that write all rows anew. */
const MOVES = new Set(["AT_SetTableSpace", "AT_SetLogged", "AT_SetUnLogged", "AT_SetAccessMethod", "AT_SetExpression"]);

export function alterTable(statement: AlterTableStmt, context: Context): Partial<Analysis> {
  const table = relationName(statement.relation);
  if (statement.objtype === "OBJECT_INDEX") return { effects: [] };
  if (statement.objtype === "OBJECT_SEQUENCE" || statement.objtype === "OBJECT_VIEW") return { effects: [] };
  const parts = (statement.cmds ?? []).map((cmd) => form(table, of("AlterTableCmd", cmd) ?? {}, context));
  const effects = parts.flatMap((part) => part.effects ?? []);
  // One lock for all forms of the statement, the strongest that one of them needs.
  const mode = strongest(effects.filter((effect) => effect.table === table).map((effect) => effect.mode));
  return {
    effects: effects.map((effect) => (effect.table === table ? explained({ ...effect, mode }, table) : effect)),
    goes: parts.flatMap((part) => part.goes ?? []),
    flaws: parts.flatMap((part) => part.flaws ?? []),
    outside: parts.some((part) => part.outside),
    repeatable: parts.every((part) => part.repeatable),
  };
}

/** What a form may do under its own lock, it does under a stronger one if another form of the same statement takes that. */
function explained(effect: Effect, table: string): Effect {
  if (effect.work === "none" || effect.rule) return effect;
  return { ...effect, rule: "held-lock", safe: [`ALTER TABLE ${table} …, each form in a transaction of its own`] };
}

function form(table: string, cmd: AlterTableCmd, context: Context): Partial<Analysis> {
  const { subtype = "AT_SetStatistics", name = "" } = cmd;
  const known = context.schema.tables.get(table);
  const short: Effect = { table, mode: SHORT[subtype] ?? "AccessExclusive", work: "none" };
  if (MOVES.has(subtype)) {
    const safe = [`-- pg_repack, or a new table beside ${table} that is filled in steps`];
    return { effects: [{ ...short, work: "rewrite", rule: "move-table", safe }] };
  }
  const column = of("ColumnDef", cmd.def);
  const constraint = of("Constraint", cmd.def);
  switch (subtype) {
    case "AT_AddColumn":
      return column ? addColumn(table, column, context) : {};
    case "AT_AddConstraint":
      return { effects: constraint ? addConstraint(table, constraint, context) : [] };
    case "AT_AlterColumnType":
      return { effects: alterColumnType(table, cmd, context) };
    case "AT_SetNotNull": {
      if (known?.columns.get(name)?.notNull || (context.version >= 12 && isProvenNotNull(known, name)))
        return { effects: [short] };
      return { effects: [{ ...short, work: "scan", rule: "set-not-null", safe: notNull(table, name) }] };
    }
    case "AT_ValidateConstraint": {
      const references = known?.constraints.find((each) => each.name === name)?.references;
      return {
        effects: [
          { table, mode: "ShareUpdateExclusive", work: "scan" },
          ...(references ? [{ table: references, mode: "RowShare", work: "scan" } as const] : []),
        ],
        repeatable: true,
      };
    }
    case "AT_DropColumn": {
      const targets = known?.constraints
        .filter(({ columns }) => columns.includes(name))
        .flatMap((each) => each.references ?? []);
      return { effects: [short, ...alsoLocked(targets)], goes: [{ what: `column ${table}.${name}`, table }] };
    }
    case "AT_DropConstraint": {
      const dropped = known?.constraints.find((each) => each.name === name);
      const isKey = dropped?.kind === "unique" || dropped?.kind === "primary";
      return {
        effects: [short, ...alsoLocked(dropped?.references ? [dropped.references] : [])],
        goes: isKey ? [{ what: `key ${name} of ${table}, which an ON CONFLICT may name`, table }] : [],
      };
    }
    case "AT_AttachPartition":
    case "AT_DetachPartition":
    case "AT_DetachPartitionFinalize":
      return partition(table, cmd, context);
    default:
      return { effects: [short] };
  }
}

/** A foreign key that goes takes its triggers from the other table too. */
function alsoLocked(tables: readonly string[] = []): Effect[] {
  return tables.map((table) => ({ table, mode: "AccessExclusive", work: "none" }));
}

function partition(table: string, cmd: AlterTableCmd, { schema, version }: Context): Partial<Analysis> {
  const given = of("PartitionCmd", cmd.def);
  const name = relationName(given?.name);
  if (cmd.subtype !== "AT_AttachPartition") {
    if (given?.concurrent || cmd.subtype === "AT_DetachPartitionFinalize") {
      return { effects: [{ table, mode: "ShareUpdateExclusive", work: "none" }], outside: given?.concurrent === true };
    }
    const safe = [`ALTER TABLE ${table} DETACH PARTITION ${name} CONCURRENTLY`];
    return {
      effects: [
        { table, mode: "AccessExclusive", work: "none", avoidable: version >= 14, rule: "detach-partition", safe },
        { table: name, mode: version >= 14 ? "AccessExclusive" : "ShareUpdateExclusive", work: "none" },
      ],
    };
  }
  const isChecked = saysItsBound(schema.tables.get(name), schema.tables.get(table)?.partitionKey);
  return {
    effects: [
      {
        table,
        mode: version >= 12 ? "ShareUpdateExclusive" : "AccessExclusive",
        work: isChecked ? "none" : "scan",
        ...(version < 12 && attach(table, name)),
      },
      isChecked
        ? { table: name, mode: "AccessExclusive", work: "none" }
        : { table: name, mode: "AccessExclusive", work: "scan", ...attach(table, name) },
    ],
  };
}

/** Whether a table has a constraint that was seen to hold on all columns of the key, which the bound can be proven from. */
function saysItsBound(partition: Table | undefined, key: readonly string[] = []): boolean {
  const checked = (column: string) =>
    partition?.constraints.some(({ kind, valid, columns }) => kind === "check" && valid && columns.includes(column)) ===
    true;
  return key.length > 0 && key.every((column) => checked(column) && isProvenNotNull(partition, column));
}

function attach(table: string, name: string): Pick<Effect, "rule" | "safe"> {
  return {
    rule: "attach-partition",
    safe: [
      `ALTER TABLE ${name} ADD CONSTRAINT ${name}_bound CHECK (<its bound>, and NOT NULL) NOT VALID`,
      `ALTER TABLE ${name} VALIDATE CONSTRAINT ${name}_bound`,
      `ALTER TABLE ${table} ATTACH PARTITION ${name} …`,
      `ALTER TABLE ${name} DROP CONSTRAINT ${name}_bound`,
    ],
  };
}
