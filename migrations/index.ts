export { analyze } from "./analyze";
export { apply } from "./apply";
export type { Analysis, Effect } from "./effect";
export { type MigrationFile, needsNoTransaction, type Phase, type Refusal, refusals, type Setting } from "./judge";
export { type LockMode, waitBehind } from "./lock-modes";
export { parserReady, parseSql, UnreadableSql } from "./parse";
export { EMPTY, type Schema, settled } from "./schema";
