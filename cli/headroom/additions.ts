import { stateOf } from "../../policies/reading/state";
import { ECS_SERVICE, SCALING_GROUP } from "../../policies/reading/types";
import type { PlannedChange, Resource } from "../../traffic";
import type { Addition } from "./addition";
import { instancesAdded } from "./instances-added";
import { tasksAdded } from "./tasks-added";

/**
 * What an update runs beside what there is, by service and group. What it takes away goes last, so that nothing makes room in it.
 * Tasks that run once or by a schedule are not counted, nor what an autoscaler adds later.
 */
export function additionsOf(changes: readonly PlannedChange[], desired: readonly Resource[]): Addition[] {
  const state = stateOf(desired);
  const all = changes.flatMap((change) => {
    if (change.kind === "delete") return [];
    if (change.after.type === ECS_SERVICE) return [tasksAdded(change, state)];
    return change.after.type === SCALING_GROUP ? [instancesAdded(change, state)] : [];
  });
  return all.filter(({ count }) => count !== 0);
}
