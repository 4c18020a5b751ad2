import { at, number, type Resource } from "../../traffic";
import { isService, isWorkload, podOf } from "./kubernetes";
import { membersOf } from "./members";
import { read, type State, seconds } from "./state";

/** Seconds that AWS assumes for a group's drain where none is set (ELB API, `deregistration_delay.timeout_seconds`). */
export const DRAIN = 300;
/** The same of a pod's last breath (Kubernetes API, PodSpec, `terminationGracePeriodSeconds`). */
export const GRACE = 30;

/**
 * Seconds for which requests go on that are under way at an end when it gets no new ones: the drain of a target group, the
 * longest grace period of the pods of a Service. Undefined where that is not known.
 */
export function drainOf(end: Resource, state: State): number | undefined {
  if (!isService(end)) return seconds(read(end, "deregistrationDelay"), DRAIN);
  const workloads = membersOf(end, state).filter(isWorkload);
  return Math.max(GRACE, ...workloads.map(graceOf));
}

/** Seconds until a workload's pods that end are killed. */
export function graceOf(workload: Resource): number {
  return number(at(podOf(workload), "terminationGracePeriodSeconds")) ?? GRACE;
}
