/** The kinds of Fargate's capacity, as capacity providers are named. */
export type FargateKind = "FARGATE" | "FARGATE_SPOT";

/** The quota that a kind counts for, with the name that Service Quotas has for it. */
export const FARGATE_QUOTAS: Record<FargateKind, { service: string; code: string; name: string }> = {
  FARGATE: { service: "fargate", code: "L-3032A538", name: "Fargate On-Demand vCPU resource count" },
  FARGATE_SPOT: { service: "fargate", code: "L-36FBB829", name: "Fargate Spot vCPU resource count" },
};

export function isFargateKind(name: unknown): name is FargateKind {
  return name === "FARGATE" || name === "FARGATE_SPOT";
}
