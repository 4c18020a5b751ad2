import { list, type Resource, text } from "../../traffic";
import { blocks, oncePerState, setting } from "./state";
import { ECS_SERVICE, TASK_DEFINITION } from "./types";

/** The services whose tasks a balancer sends requests to, each with its task definition where this stack has it. */
export const tasksBehindBalancers = oncePerState((state): { service: Resource; task: Resource }[] => {
  return state.ofType(ECS_SERVICE).flatMap((service) => {
    if (blocks(service, "loadBalancers").length === 0) return [];
    const tasks = state.referred(service, "taskDefinition", setting(service, "taskDefinition"), TASK_DEFINITION);
    return tasks.map((task) => ({ service, task }));
  });
});

/** The containers of a task definition; none where they are not known before the update, or the text is no JSON. */
export function containersOfTask(task: Resource): unknown[] {
  const definitions = text(setting(task, "containerDefinitions"));
  if (definitions === undefined) return [];
  try {
    return list(JSON.parse(definitions));
  } catch {
    return []; // the provider refuses it in the preview
  }
}
