/**
 * The modes in which PostgreSQL locks a table, from the weakest to the strongest, as `pg_locks.mode` writes them less the word
 * "Lock" (manual, "Explicit Locking", table-level locks).
 */
export const LOCK_MODES = [
  "AccessShare",
  "RowShare",
  "RowExclusive",
  "ShareUpdateExclusive",
  "Share",
  "ShareRowExclusive",
  "Exclusive",
  "AccessExclusive",
] as const;

export type LockMode = (typeof LOCK_MODES)[number];

export function strongest(modes: readonly LockMode[]): LockMode {
  return LOCK_MODES[Math.max(0, ...modes.map((mode) => LOCK_MODES.indexOf(mode)))] as LockMode;
}

/** Whom a lock in this mode keeps waiting, of those that a service's requests are: a `SELECT` (AccessShare) and a write (RowExclusive). */
export function waitBehind(mode: LockMode): "nobody" | "writes" | "reads and writes" {
  if (mode === "AccessExclusive") return "reads and writes";
  return LOCK_MODES.indexOf(mode) >= LOCK_MODES.indexOf("Share") ? "writes" : "nobody";
}

/** As the manual writes it: `ACCESS EXCLUSIVE`. */
export function spokenMode(mode: LockMode): string {
  return mode.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toUpperCase();
}
