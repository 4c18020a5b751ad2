/**
 * The reference simulator: requests against a cloud while it changes, from AWS's text alone (rules.ts has each sentence). It
 * judges the serving graph, the policies and the plan check, so it shares no code and no decision with them.
 *
 * `simulate({ cloud, operations, load: mixedLoad(entryPointsOf(cloud)), seed, until })` gives the requests sent, answered and
 * lost for each entry point, with the reasons. The same seed gives the same outcome; what AWS leaves to chance (which node
 * learns first) differs by seed, so a change that loses nothing under one may lose under another.
 */
export * from "./build";
export type { Timing } from "./context";
export { entryPointsOf } from "./entry-points";
export type { Behaviors } from "./fleet-plans";
export { type ClientGroup, type EntryPoint, type Load, mixedLoad } from "./load";
export { explain, LOSSES, type LossReason } from "./losses";
export type { EntryOutcome, Loss, Outcome } from "./outcome";
export type { Resource } from "./resources";
export { RULES, type RuleName, type SwitchableRule } from "./rules";
export { type Operation, type Simulation, simulate } from "./simulate";
