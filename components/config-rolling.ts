import { batchProblems, COLORS, IDLE, splitProblem } from "../traffic";
import type { Report } from "./config-problem";
import type { Parsed } from "./config-schema";
import { VERSION_DEFAULTS } from "./version-defaults";

/** A release in batches needs one environment alone, batches that rise to 100, and enough instances to be split so. */
export function checkRolling(given: Record<string, unknown>, data: Partial<Parsed>, report: Report): void {
  if (given.rolling === undefined) return;
  const { compute, rolling, stage = IDLE } = data;
  if (compute !== undefined && compute !== "autoscaling") report("rolling", NOT_THERE[compute]);
  if (COLORS.every((color) => given[color] !== undefined)) {
    report(
      "rolling",
      "is for one environment, and both blue and green are there: with two a version comes by stages. Take one of the three lines out",
    );
  }
  if (stage !== IDLE)
    report("stage", `"${stage}" is between two environments, and with crossfade:rolling there is one`);
  if (!rolling) return;
  const problems = batchProblems(rolling.batches);
  for (const { index, reason } of problems) report(`rolling.batches[${index}]`, reason);
  if (problems.length > 0) return;
  for (const color of COLORS.filter((color) => data[color])) {
    const { scaling, replicas = VERSION_DEFAULTS.replicas } = { ...data.service, ...data[color] };
    const reason = splitProblem(scaling?.min ?? replicas, rolling.batches);
    if (reason) report("rolling.batches", `${color} cannot be split so: ${reason}`);
  }
}

/** Why there are no stops, by compute. */
const NOT_THERE = {
  fargate:
    "is for crossfade:compute autoscaling: a rolling deployment of ECS has bounds and no stops, and its LINEAR and CANARY strategies move weights between two sets of tasks, in equal steps or in one. Release by stages",
  kubernetes:
    "is for crossfade:compute autoscaling: a Deployment has bounds and no stops, and minReadySeconds holds each wave of pods alike. Release by stages",
} as const;
