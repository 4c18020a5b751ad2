import { at, type Color, digestOf, list, type Rejection, type Resource, text } from "../../traffic";
import { containersOf, isWorkload } from "./kubernetes";
import { answerersOf } from "./members";
import { endOf } from "./rollouts";
import { environment } from "./route-kind";
import { stateOf } from "./state";
import { containersOfTask, tasksBehindBalancers } from "./task-definitions";
import { ROLLOUT } from "./types";

/** The digests that a color of a route runs, sidecars included; none where they are not known, or not of this stack. */
export function digestsOf(route: Resource, color: Color, resources: readonly Resource[]): ReadonlySet<string> {
  // A component of ours says its image itself, where its task definition is not known before the update.
  const image = text(environment(color, resources)?.inputs.image);
  const images = image === undefined ? imagesBehind(route, color, resources) : [image];
  return new Set(images.flatMap((one) => digestOf(one) ?? []));
}

function imagesBehind(route: Resource, color: Color, resources: readonly Resource[]): string[] {
  const state = stateOf(resources);
  const end = endOf(route, color, resources);
  const answerers = new Set(end ? answerersOf(end, state) : []);
  const tasks = tasksBehindBalancers(state).filter(({ service }) => answerers.has(service));
  const containers = [
    ...tasks.flatMap(({ task }) => containersOfTask(task)),
    ...[...answerers].filter(isWorkload).flatMap(containersOf),
  ];
  return containers.flatMap((container) => text(at(container, "image")) ?? []);
}

/** What the rollouts of a stack say was taken back. */
export function rejectionsIn(resources: readonly Resource[]): Rejection[] {
  return stateOf(resources)
    .ofType(ROLLOUT)
    .flatMap(({ inputs }) => list(inputs.rejected) as Rejection[]);
}
