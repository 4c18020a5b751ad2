/** The hazards that a plan can show and that have no case, each with the reason. */
export const NOT_HERE: Record<string, string> = {
  "13": "of a cold environment nothing can be seen but its number of targets, which is the case of A4",
  "25": "it is advice: test/weights-explicit.test.ts",
  "32": "alarms come with the analysis of stages",
  "33": "policies of others' autoscaling are not read",
  "43": "through the engine under --skip-preview, in test/promotion.test.ts",
  A30: "it is asked of every route of a program, and the cases are one program: test/released-first.test.ts",
  A31: "it takes two stacks, and `crossfade check --mirror`: test/mirror.test.ts",
};
