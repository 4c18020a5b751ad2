import { at, type Color, digestOf, list, type Rejection, type Resource, text } from "../../traffic";
import { containersOf, isWorkload } from "./kubernetes";
import { templatesOf } from "./launch-templates";
import { answerersOf } from "./members";
import { endOf, homeOf } from "./rollouts";
import { environment } from "./route-kind";
import { setting, stateOf } from "./state";
import { containersOfTask, tasksBehindBalancers } from "./task-definitions";
import { ROLLOUT } from "./types";

/** The digests that a color of a route runs, sidecars included; none where they are not known, or not of this stack. */
export function digestsOf(route: Resource, color: Color, resources: readonly Resource[]): ReadonlySet<string> {
  const end = endOf(route, color, resources);
  const home = end ? homeOf(end, resources) : environment(color, resources);
  // A component of ours says its image itself, where its task definition is not known before the update.
  const image = text(home?.inputs.image);
  const images = image === undefined ? imagesBehind(end, resources) : [image];
  return new Set(images.flatMap((one) => digestOf(one) ?? []));
}

function imagesBehind(end: Resource | undefined, resources: readonly Resource[]): string[] {
  const state = stateOf(resources);
  const answerers = new Set(end ? answerersOf(end, state) : []);
  const tasks = tasksBehindBalancers(state).filter(({ service }) => answerers.has(service));
  const machines = [...answerers].flatMap((answerer) => templatesOf(answerer, state));
  const containers = [
    ...tasks.flatMap(({ task }) => containersOfTask(task)),
    ...[...answerers].filter(isWorkload).flatMap(containersOf),
  ];
  const ofContainers = containers.map((container) => at(container, "image"));
  const ofMachines = machines.map((template) => setting(template, "imageId"));
  return [...ofContainers, ...ofMachines].flatMap((image) => text(image) ?? []);
}

/** What the rollouts of a stack say was taken back. */
export function rejectionsIn(resources: readonly Resource[]): Rejection[] {
  return stateOf(resources)
    .ofType(ROLLOUT)
    .flatMap(({ inputs }) => list(inputs.rejected) as Rejection[]);
}
