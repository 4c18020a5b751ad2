import type { DesiredTask } from "../../dataplane";
import { type Images, noCommand, toProcess } from "../image";
import type { Records } from "../record";
import type { KubernetesObject } from "../types/kubernetes-objects";
import { environment } from "./to-cluster";

/** What a Job's pod runs, its container's own command where it has one, or why it cannot. */
export function toJobTask(
  { id, namespace, spec }: KubernetesObject,
  records: Records,
  images: Images,
): DesiredTask | string {
  const [{ image, command, env: variables = [] }] = spec.template.spec.containers;
  const { env, missing } = environment(variables, namespace, records);
  const run = toProcess(image, env, images);
  if (missing) return missing;
  if (!run) return `[ErrImagePull] ${noCommand(image)}`;
  return { revision: id, ...run, ...(command && { command }), stopTimeout: 30 };
}
