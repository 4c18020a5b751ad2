/** The hazards that a plan can show and that have no case, each with the reason. */
export const NOT_HERE: Record<string, string> = {
  "13": "of a cold environment nothing can be seen but its number of targets, which is the case of A4",
  "17": "whether an edge answers that nothing in the stack describes is not known; test/dns-entry-points.test.ts has both orders",
  "25": "it is advice: test/weights-explicit.test.ts",
  "32": "alarms come with the analysis of stages",
  "33": "policies of others' autoscaling are not read",
  "43": "through the engine under --skip-preview, in test/promotion.test.ts",
  "46": "migrations come later",
  A10: "which group of an edge is empty at a moment is live; WeightedDnsRoute comes later",
  A11: "WeightedDnsRoute comes later",
  A12: "as 17",
  A19: "Auto Scaling environments come later",
};
