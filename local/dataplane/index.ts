export { DataPlane, type DataPlaneOptions } from "./dataplane";
export type * from "./desired";
export type { Outcome } from "./service";
export { endLeftovers } from "./task-file";
export type * from "./traffic";
