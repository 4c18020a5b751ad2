export { handling } from "./alb/forward";
export { registeredGroups } from "./alb/group-members";
export { areApart, conditionsOf, covers, isPreview } from "./alb/rule-conditions";
export { scalingGroupSize } from "./alb/scaling-group-size";
export { formerOf } from "./changes/former";
export * from "./changes/new-deployment";
export * from "./changes/planned-change";
export * from "./changes/same-value";
export {
  ALIAS_TTL,
  CLIENT_KEEP_ALIVE,
  type EdgeHold,
  type HoldSettings,
  holdSeconds,
  staySeconds,
} from "./dns/hold";
export { dnsNameOf } from "./dns/name";
export { isOfDnsRoute } from "./dns/of-route";
export * from "./duration";
export * from "./exemption";
export * from "./gates/deployment";
export * from "./gates/health";
export * from "./gates/idle";
export * from "./gates/needed-targets";
export * from "./gates/weights";
export { clustersOf } from "./kubernetes/clusters";
export { isAwaited } from "./kubernetes/objects";
export { gatewayMatch, isPreviewMatch } from "./kubernetes/routes";
export * from "./live/wire";
export * from "./range";
export * from "./rejection";
export * from "./release";
export * from "./resource";
export * from "./rolling/batches";
export * from "./rolling/refresh";
export * from "./rollout";
export { canBeTwice, letsInAlike } from "./serving/lets-in";
export * from "./serving/loss";
export * from "./serving/serving";
export * from "./shares";
export * from "./transition";
export type { Step } from "./update/entity";
export type { PendingOperation } from "./update/pending-operation";
export * from "./update/plan-check";
export * from "./update/spare";
