export { COLORS, type Color } from "../traffic";
export * from "./canary-stage";
export * from "./config";
export * from "./config-problem";
export * from "./edge";
export * from "./fargate-environment";
export * from "./rollout";
export * from "./weighted-alb-route";
