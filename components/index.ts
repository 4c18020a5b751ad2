export type { AssumedRole } from "../live/provider-settings";
export {
  COLORS,
  type Color,
  type NeighbourRole,
  type Release,
  type ReleasedVersion,
  type Requirement,
} from "../traffic";
export * from "./autoscaling-environment";
export type { BackgroundArgs, BackgroundVersion, ScheduleArgs, WorkersArgs, WorkersVersion } from "./background-args";
export * from "./canary-stage";
export * from "./config";
export * from "./config-problem";
export * from "./dns-target";
export * from "./edge";
export type { FargatePlace } from "./fargate-background";
export * from "./fargate-environment";
export * from "./fargate-schedule";
export * from "./fargate-workers";
export type { GateArgs } from "./gates";
export * from "./migration";
export type { SchemaArgs } from "./migration-files";
export * from "./neighbour";
export * from "./release";
export * from "./role-signal";
export * from "./rolling-args";
export * from "./rollout";
export type { PreviewRuleArgs } from "./target-group";
export * from "./version-args";
export * from "./weighted-alb-route";
export * from "./weighted-dns-route";
