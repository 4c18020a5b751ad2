import { COLORS, isAmi } from "../traffic";
import { NO_COMMAND, NO_MACHINE, NO_SECOND_AMI } from "./autoscaling-environment-problems";
import type { Report } from "./config-problem";
import type { Parsed } from "./config-schema";

/** What instances have no use for, with the reason. */
const OF_CONTAINERS = {
  cpu: "an instance has the CPUs of its type: set instanceType",
  memory: "an instance has the memory of its type: set instanceType",
  sidecars: "what runs beside the service is in the AMI, or is started by userData",
} as const;

/** What only an instance has. */
const OF_INSTANCES = ["ami", "instanceType", "userData"] as const;

/** What environments on instances need, and have no use for. */
export function checkAutoScaling(given: Record<string, unknown>, data: Partial<Parsed>, report: Report): void {
  if (given.network === undefined) report("network", "is missing");
  if (given.autoscaling === undefined) {
    report("autoscaling", "is missing: compute autoscaling needs its instanceType, and for container images its ami");
  }
  for (const where of ["service", ...COLORS] as const) {
    for (const [key, reason] of Object.entries(OF_CONTAINERS)) {
      const value = (data[where] as Record<string, unknown> | undefined)?.[key];
      if (value !== undefined) report(`${where}.${key}`, `is for containers: ${reason}`);
    }
  }
  if (given.autoscaling !== undefined && !data.autoscaling) return;
  for (const color of COLORS) {
    const own = data[color];
    if (!own) continue;
    const { ami, instanceType, command } = { ...data.autoscaling, ...data.service, ...own };
    if (instanceType === undefined && data.autoscaling)
      report("autoscaling.instanceType", `is missing, and ${color} sets none`);
    if (!isAmi(own.image)) {
      if (ami === undefined && data.autoscaling) report("autoscaling.ami", NO_MACHINE);
      continue;
    }
    if (command) report(`${color}.command`, NO_COMMAND);
    if (own.ami) report(`${color}.ami`, NO_SECOND_AMI);
  }
}

/** What means something on instances only. */
export function checkNoInstances(data: Partial<Parsed>, compute: Parsed["compute"], report: Report): void {
  for (const color of COLORS) {
    const own = data[color];
    if (!own) continue;
    if (isAmi(own.image)) {
      report(
        `${color}.image`,
        `"${own.image}" is an AMI, which crossfade:compute autoscaling runs, and it is ${compute}`,
      );
    }
    for (const key of OF_INSTANCES.filter((key) => own[key] !== undefined)) {
      report(`${color}.${key}`, `is for crossfade:compute autoscaling, and it is ${compute}`);
    }
  }
}
