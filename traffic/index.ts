export type { Step } from "./entity";
export * from "./plan-check";
export * from "./planned-change";
export * from "./resource";
export * from "./rollout";
export * from "./same-value";
export * from "./serving";
export * from "./spare";
export * from "./transition";
