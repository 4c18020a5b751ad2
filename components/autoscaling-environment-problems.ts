import { batchProblems, isAmi, splitProblem } from "../traffic";
import type { AutoScalingEnvironmentArgs } from "./autoscaling-environment";
import type { PropertyProblem } from "./property-problem";

/** All that is wrong with an environment on instances. The stack config is checked for the same by its own paths. */
export function autoScalingProblems(args: AutoScalingEnvironmentArgs): PropertyProblem[] {
  const { image, ami, command, scaling, rolling, replicas = 2 } = args;
  const problems: PropertyProblem[] = [];
  const report = (propertyPath: string, reason: string) => problems.push({ propertyPath, reason });
  if (scaling && scaling.min > scaling.max) report("scaling.min", "min is at most max");
  if (rolling) {
    const found = batchProblems(rolling.batches);
    for (const { index, reason } of found) report(`rolling.batches[${index}]`, reason);
    const split = found.length === 0 && splitProblem(scaling?.min ?? replicas, rolling.batches);
    if (split) report("rolling.batches", split);
    if (!(rolling.pause >= 0 && rolling.pause <= LONGEST_PAUSE)) {
      report("rolling.pause", `0 to ${LONGEST_PAUSE} s (EC2 Auto Scaling, CheckpointDelay)`);
    }
  }
  if (typeof image !== "string") return problems;
  if (isAmi(image) && command) report("command", NO_COMMAND);
  if (isAmi(image) && ami) report("ami", NO_SECOND_AMI);
  if (!isAmi(image) && !ami) report("ami", NO_MACHINE);
  return problems;
}

const LONGEST_PAUSE = 172_800;

export const NO_COMMAND = "an AMI's service is started by its own unit or by userData: a command is a container's";

export const NO_SECOND_AMI = "the version's image is an AMI itself: this one is for versions that are containers";

export const NO_MACHINE =
  "is missing: the version's image is a container's, and what runs it is an AMI with docker, and the AWS CLI for secrets and ECR";
