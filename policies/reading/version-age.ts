import type { Resource } from "../../traffic";
import { isWorkload } from "./kubernetes";
import { CLOCK, TASK_DEFINITION } from "./types";

/** When the version that an environment runs was made, as far as its state tells. */
export interface VersionAge {
  /** A change of one of these may be another version. */
  of: readonly Resource[];
  earliest: number;
  latest: number;
}

/**
 * A version is as old as its task definition, which any change of the version makes anew and a tag does not; or as its clock was
 * last set. A workload of Kubernetes is changed in place, also by a label: its version is from some time between the two.
 */
export function versionAge(home: Resource, prior: readonly Resource[]): VersionAge | undefined {
  const parts = prior.filter(({ parent, pendingDelete }) => parent === home.urn && !pendingDelete);
  const task = parts.find(({ type }) => type === TASK_DEFINITION);
  if (task) return ageOf([task], task.created, task.created);
  const clock = parts.find(({ type }) => type === CLOCK);
  const workloads = parts.filter(isWorkload);
  if (clock) return ageOf([clock, ...workloads], clock.modified, clock.modified);
  const [workload] = workloads;
  return workload && ageOf(workloads, workload.created, workload.modified);
}

function ageOf(of: readonly Resource[], since = "", until = ""): VersionAge | undefined {
  const [earliest, latest] = [Date.parse(since), Date.parse(until)];
  return Number.isNaN(earliest) || Number.isNaN(latest) ? undefined : { of, earliest, latest };
}
