import { type Analysis, type Context, onPartitions } from "./effect";
import type { Statement } from "./parse";
import { alterTable } from "./statements/alter-table";
import { comment, createTable, createView, grant, locks, setVariable } from "./statements/definitions";
import { doBlock, unseen } from "./statements/do-block";
import { drop, rename } from "./statements/drops";
import { createIndex, reindex } from "./statements/indexes";
import { cluster, lockTables, refresh, truncate, vacuum } from "./statements/maintenance";
import { changeRows } from "./statements/rows";
import { alterDomain, alterEnum } from "./statements/types";
import { kindOf, listedName, type NodeKind, type NodeKinds, of, relationName, within } from "./tree";
import { volatileCall } from "./volatility";

const NOTHING: Analysis = { effects: [], goes: [], outside: false, repeatable: false, flaws: [] };

/** What a statement locks and for how long, what goes by it, and how it can be run. */
export function analyze(statement: Statement, context: Context): Analysis {
  const kind = kindOf(statement.node);
  const read = BY_KIND[kind] as Reader<NodeKind> | undefined;
  if (!read) return { ...NOTHING, flaws: [unseen(`${kind.replace(/Stmt$/, "")}, whose locks are not known here`)] };
  return { ...NOTHING, ...read(of(kind, statement.node) as never, context, statement) };
}

type Reader<K extends NodeKind> = (node: NodeKinds[K], context: Context, statement: Statement) => Partial<Analysis>;

const nothing = () => ({});

/** Statements by their kind. One that is not among them is not known, and refused. */
const BY_KIND: { [K in NodeKind]?: Reader<K> } = {
  AlterTableStmt: (node, context) => {
    const { effects = [], ...rest } = alterTable(node, context);
    const recurses = node.relation?.inh === true && within("PartitionCmd", node.cmds).length === 0;
    return { ...rest, effects: recurses ? onPartitions(context.schema, effects) : effects };
  },
  AlterDomainStmt: alterDomain,
  AlterEnumStmt: alterEnum,
  DropStmt: drop,
  RenameStmt: rename,
  AlterObjectSchemaStmt: ({ relation, object, newschema }) => {
    const name = relation ? relationName(relation) : listedName(object);
    return {
      ...(relation && locks(relation)),
      goes: [{ what: `${name}, which is in ${newschema} then`, table: name }],
    };
  },

  IndexStmt: createIndex,
  ReindexStmt: reindex,
  ClusterStmt: cluster,
  VacuumStmt: vacuum,
  RefreshMatViewStmt: refresh,
  LockStmt: lockTables,
  TruncateStmt: truncate,

  UpdateStmt: changeRows,
  DeleteStmt: changeRows,
  InsertStmt: ({ relation }) => locks(relation, "RowExclusive"),
  CopyStmt: ({ relation }) => locks(relation, "RowExclusive"),
  DoStmt: (node, context, statement) => doBlock(node, statement, context),
  SelectStmt: (node) => {
    const call = volatileCall({ SelectStmt: node });
    return call && !HARMLESS.has(call) ? { flaws: [unseen(`${call}(), which may do anything`)] } : { repeatable: true };
  },

  CreateStmt: createTable,
  ViewStmt: createView,
  CreateTrigStmt: ({ relation }) => locks(relation, "ShareRowExclusive"),
  RuleStmt: ({ relation }) => locks(relation),
  CreatePolicyStmt: ({ table }) => locks(table),
  AlterPolicyStmt: ({ table }) => locks(table),
  CreateStatsStmt: ({ relations }) => locks(of("RangeVar", relations?.[0]), "ShareUpdateExclusive"),
  CommentStmt: comment,
  GrantStmt: grant,
  CreateTableAsStmt: nothing,
  CreateSeqStmt: nothing,
  AlterSeqStmt: nothing,
  CreateSchemaStmt: nothing,
  CreateEnumStmt: nothing,
  CreateDomainStmt: nothing,
  CompositeTypeStmt: nothing,
  CreateRangeStmt: nothing,
  DefineStmt: nothing,
  CreateFunctionStmt: nothing,
  AlterFunctionStmt: nothing,
  CreateExtensionStmt: nothing,
  CreateRoleStmt: nothing,
  AlterOwnerStmt: nothing,
  AlterDefaultPrivilegesStmt: nothing,

  VariableSetStmt: setVariable,
  VariableShowStmt: () => ({ repeatable: true }),
  TransactionStmt: () => ({
    flaws: [
      {
        rule: "own-transaction",
        what: "the file begins or ends a transaction itself",
        safe: [
          "Leave it away: a file is run in a transaction, and one with a statement for which there can be none without",
        ],
      },
    ],
  }),
};

/** Functions that do something, and nothing to a table. */
const HARMLESS = new Set(["setval", "nextval", "set_config", "pg_notify", "count", "max", "min", "sum"]);
