/** In the order of `pulumirpc.EnforcementLevel`. */
export const LEVELS = ["advisory", "mandatory", "disabled", "remediate"] as const;

export type Level = (typeof LEVELS)[number];
