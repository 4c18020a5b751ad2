import { type Color, IDLE, type Rejection } from "../../traffic";
import type { StackFile } from "../stack-file";

/** What a rollback changes in the stack file. */
export interface RecordEdit {
  /** Who is stable then. */
  stable: Color;
  /** The versions that were taken back. */
  rejected: readonly Rejection[];
}

/**
 * Makes the edit in a stack file, of whatever commit: all weight to stable, and what was rejected is added to what is there.
 * @returns what takes it back
 */
export function recordEdit(file: StackFile, { stable, rejected }: RecordEdit): () => boolean {
  const before = (file.get("rejected") ?? []) as Rejection[];
  const fresh = rejected.filter(({ digest }) => !before.some((one) => one.digest === digest));
  return file.edit({ stable, stage: IDLE, ...(fresh.length > 0 && { rejected: [...before, ...fresh] }) });
}
