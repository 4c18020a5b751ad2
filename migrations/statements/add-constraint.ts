import type { Constraint as ConstraintNode } from "libpg-query";
import { constraintOf } from "../constraint";
import type { Context, Effect } from "../effect";
import { type Constraint, isProvenNotNull } from "../schema";

/** What `ADD CONSTRAINT` does to its table, and a foreign key to the other one. */
export function addConstraint(table: string, node: ConstraintNode, { schema, version }: Context): Effect[] {
  const constraint = constraintOf(node, table);
  const own = { table, mode: "AccessExclusive" } as const;
  if (!constraint) return [{ ...own, work: "none" }];
  const { name, kind, columns } = constraint;
  const unchecked = node.skip_validation === true || node.is_enforced === false;
  switch (kind) {
    case "check":
    case "not null": {
      if (unchecked) return [{ ...own, work: "none" }];
      const known = schema.tables.get(table);
      if (kind === "not null" && columns.every((column) => isProvenNotNull(known, column)))
        return [{ ...own, work: "none" }];
      const definition = kind === "check" ? "CHECK (…)" : `NOT NULL ${columns[0]}`;
      return [{ ...own, work: "scan", rule: "add-check", safe: twoSteps(table, name, definition) }];
    }
    case "foreign": {
      const both = [table, constraint.references ?? ""].map(
        (locked) => ({ table: locked, mode: "ShareRowExclusive" }) as const,
      );
      const safe = twoSteps(table, name, `FOREIGN KEY (${columns}) REFERENCES ${constraint.references}`);
      return both.map((lock) =>
        unchecked ? { ...lock, work: "none" } : { ...lock, work: "scan", rule: "add-foreign-key", safe },
      );
    }
    case "exclude":
      return [
        {
          ...own,
          work: "index",
          rule: "add-exclude",
          safe: ["Make a new table with the constraint, write both, and move the rows over in steps"],
        },
      ];
    default: {
      if (!node.indexname) return [{ ...own, work: "index", rule: "add-unique", safe: keyByIndex(table, constraint) }];
      const { columns: indexed } = schema.indexes.get(node.indexname) ?? {};
      const proven = (column: string) => {
        const known = schema.tables.get(table);
        return known?.columns.get(column)?.notNull === true || (version >= 12 && isProvenNotNull(known, column));
      };
      if (kind === "unique" || indexed?.every(proven)) return [{ ...own, work: "none" }];
      return [
        {
          ...own,
          work: "scan",
          rule: "add-primary-key",
          safe: [
            ...notNull(table, indexed?.[0] ?? "…"),
            `ALTER TABLE ${table} ADD PRIMARY KEY USING INDEX ${node.indexname}`,
          ],
        },
      ];
    }
  }
}

function twoSteps(table: string, name: string, definition: string): string[] {
  return [
    `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition} NOT VALID`,
    `ALTER TABLE ${table} VALIDATE CONSTRAINT ${name}, in a later transaction`,
  ];
}

/** A unique constraint by an index that is built beside the writes. */
export function keyByIndex(table: string, { name, kind, columns }: Constraint): string[] {
  const by = kind === "primary" ? "PRIMARY KEY" : "UNIQUE";
  return [
    `DROP INDEX CONCURRENTLY IF EXISTS ${name}`,
    `CREATE UNIQUE INDEX CONCURRENTLY ${name} ON ${table} (${columns.join(", ")})`,
    `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${by} USING INDEX ${name}`,
  ];
}

/** How a column gets NOT NULL without a scan under the lock. */
export function notNull(table: string, column: string): string[] {
  const name = `${table.split(".").at(-1)}_${column}_not_null`;
  return [
    ...twoSteps(table, name, `CHECK (${column} IS NOT NULL)`),
    `ALTER TABLE ${table} ALTER COLUMN ${column} SET NOT NULL`,
    `ALTER TABLE ${table} DROP CONSTRAINT ${name}`,
  ];
}
