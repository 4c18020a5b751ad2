export { DataPlane, type DataPlaneOptions } from "./dataplane";
export type * from "./desired";
export type * from "./kubernetes/desired";
export type * from "./scaling/desired";
export type { Outcome } from "./service";
export type * from "./service-status";
export type * from "./traffic";
