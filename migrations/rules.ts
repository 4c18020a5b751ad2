/** Why a statement is refused, with the sentence of PostgreSQL's manual that says so. */
export interface Rule {
  /** The page of the manual, and its sentence. */
  source: string;
  /** The major version of PostgreSQL from which the safe way is there, where it is not in all of those that are known here. */
  since?: number;
}

const LOCKED_OUT =
  'ALTER TABLE: "Scanning a large table to verify new foreign-key, check, or not-null constraints can take a long time, and other updates to the table are locked out until the ALTER TABLE ADD CONSTRAINT command is committed."';
const CANNOT_BE_IN_A_TRANSACTION =
  'CREATE INDEX: "a regular CREATE INDEX command can be performed within a transaction block, but CREATE INDEX CONCURRENTLY cannot."';

export const RULES = {
  "create-index": {
    source:
      'CREATE INDEX: "Normally PostgreSQL locks the table to be indexed against writes and performs the entire index build with a single scan of the table."',
  },
  "drop-index": {
    source:
      'DROP INDEX: "A normal DROP INDEX acquires an ACCESS EXCLUSIVE lock on the table, blocking other accesses until the index drop can be completed."',
  },
  reindex: {
    source: 'REINDEX: "REINDEX locks out writes but not reads of the index\'s parent table."',
    since: 12,
  },
  "add-column": {
    source:
      'ALTER TABLE: "Adding a column with a volatile DEFAULT (e.g., clock_timestamp()), a stored generated column, an identity column, or a column with a domain data type that has constraints will cause the entire table and its indexes to be rewritten."',
    since: 11,
  },
  "add-column-not-null": {
    source:
      'ALTER TABLE: "SET NOT NULL may only be applied to a column provided none of the records in the table contain a NULL value for the column."',
    since: 11,
  },
  "set-not-null": {
    source:
      'ALTER TABLE: "Ordinarily this is checked during the ALTER TABLE by scanning the entire table …; however, if a valid CHECK constraint exists (and is not dropped in the same command) which proves no NULL can exist, then the table scan is skipped."',
    since: 12,
  },
  "add-check": { source: LOCKED_OUT },
  "add-foreign-key": { source: LOCKED_OUT },
  "add-unique": {
    source:
      'ALTER TABLE: "To recreate a primary key constraint, without blocking updates while the index is rebuilt: CREATE UNIQUE INDEX CONCURRENTLY …; ALTER TABLE … ADD CONSTRAINT … PRIMARY KEY USING INDEX …"',
  },
  "add-primary-key": {
    source:
      'ALTER TABLE: "If PRIMARY KEY is specified, and the index\'s columns are not already marked NOT NULL, then this command will attempt to do ALTER COLUMN SET NOT NULL against each such column. That requires a full table scan to verify the column(s) contain no nulls. In all other cases, this is a fast operation."',
    since: 12,
  },
  "add-exclude": {
    source:
      'ALTER TABLE: "An ACCESS EXCLUSIVE lock is acquired unless explicitly noted." An exclusion constraint knows no NOT VALID and no USING INDEX.',
  },
  "column-type": {
    source:
      'ALTER TABLE: "Changing the type of an existing column will normally cause the entire table and its indexes to be rewritten. As an exception, … if the USING clause does not change the column contents and the old type is either binary coercible to the new type or an unconstrained domain over the new type, a table rewrite is not needed."',
  },
  "move-table": {
    source:
      'ALTER TABLE: "An ACCESS EXCLUSIVE lock is acquired unless explicitly noted." SET TABLESPACE "moves the data file(s) associated with the table", and a change of LOGGED or of the access method writes them anew.',
  },
  "attach-partition": {
    source:
      'ALTER TABLE: "a full table scan is performed to check that existing rows in the table do not violate the partition constraint. It is possible to avoid this scan by adding a valid CHECK constraint to the table that allows only rows satisfying the desired partition constraint before running this command."',
    since: 12,
  },
  "detach-partition": {
    source:
      'ALTER TABLE: "If CONCURRENTLY is specified, it runs using a reduced lock level to avoid blocking other sessions that might be accessing the partitioned table."',
    since: 14,
  },
  "domain-constraint": {
    source:
      'ALTER DOMAIN: "When a new constraint is added to a domain, all columns using that domain will be checked against the newly added constraint."',
  },
  "vacuum-full": {
    source: 'VACUUM, FULL: "can reclaim more space, but takes much longer and exclusively locks the table."',
  },
  cluster: {
    source:
      'CLUSTER: "When a table is being clustered, an ACCESS EXCLUSIVE lock is acquired on it. This prevents any other database operations (both reads and writes) from operating on the table until the CLUSTER is finished."',
  },
  refresh: {
    source:
      'REFRESH MATERIALIZED VIEW, CONCURRENTLY: "Refresh the materialized view without locking out concurrent selects on the materialized view."',
  },
  "lock-table": {
    source: 'LOCK: "Once obtained, the lock is held for the remainder of the current transaction."',
  },
  truncate: {
    source:
      'TRUNCATE: "TRUNCATE acquires an ACCESS EXCLUSIVE lock on each table it operates on, which blocks all other concurrent operations on the table."',
  },
  "all-rows": {
    source:
      'Explicit Locking: row-level locks "block only writers and lockers to the same row" and "are released at transaction end or during savepoint rollback".',
    since: 11,
  },
  goes: {
    source:
      'Explicit Locking, "ACCESS EXCLUSIVE", is only the half of it: whoever asks for the name afterwards gets an error.',
  },
  "held-lock": {
    source: 'Explicit Locking: "Once acquired, a lock is normally held until the end of the transaction."',
  },
  "own-transaction": { source: CANNOT_BE_IN_A_TRANSACTION },
  "not-repeatable": {
    source:
      'CREATE INDEX: "If a problem arises while scanning the table, … the CREATE INDEX command will fail but leave behind an “invalid” index."',
  },
  "lock-timeout": {
    source:
      'Explicit Locking: "ACCESS EXCLUSIVE … Conflicts with locks of all modes"; lock_timeout: "Abort any statement that waits longer than the specified amount of time while attempting to acquire a lock".',
  },
  unknown: {
    source: "What is not known to be harmless is taken not to be.",
  },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULES;
