export { analyze } from "./analyze";
export { apply } from "./apply";
export type { Analysis, Effect } from "./effect";
export { digestOf, fingerprint, fingerprints, isFileName, type NumberedFile, numbered, UnorderedFiles } from "./files";
export {
  isPatient,
  type MigrationFile,
  needsNoTransaction,
  type Phase,
  type Refusal,
  refusals,
  type Setting,
  statementsOf,
} from "./judge";
export { type LockMode, waitBehind } from "./lock-modes";
export { loadParser, parseSql, UnreadableSql } from "./parse";
export { EMPTY, type Schema, settled } from "./schema";
