import { z } from "zod";
import { at, isAmi, list, type Resource, text } from "../traffic";
import { policy } from "./policy";
import { registryProblems } from "./problems/image-registry";
import { launchTemplateProblems } from "./problems/launch-template";
import { type Problem, ratchet } from "./ratchet";
import { containersOf, exposedWorkloads, podOf } from "./reading/kubernetes";
import { type State, stateOf } from "./reading/state";
import { containersOfTask, tasksBehindBalancers } from "./reading/task-definitions";
import { TASK_DEFINITION } from "./reading/types";
import { named } from "./reading/words";

export const imageDigest = policy({
  name: "image-digest",
  description: "Refuses images by tag where requests are served.",
  mechanism:
    'A tag is another image tomorrow: a task or a pod that is started anew, by a scale-out or after a crash, then runs a version that nobody released, and a rollback to the tag is no rollback. An image that the registry has thrown away starts nothing, and the version to return to is gone (ECR user guide, "Lifecycle policies"). An AMI is known by its id, which never means another one; a launch template by `$Latest`, or by an image from a parameter, is a tag as well.',
  safeWay:
    "Name images by digest (`repository@sha256:…`) or AMI id and launch templates by number, and keep as many in the registry as you would return to.",
  hazards: ["48"],
  settings: z.strictObject({
    keep: z
      .int()
      .min(1)
      .default(10)
      .describe("How many images a registry's lifecycle policy keeps at least, so that there is one to return to."),
  }),
  judge: (plan, { keep }) => {
    // In an update a task definition is shown without its service: which of them serve is in the prior state.
    const served = new Set(tasksBehindBalancers(stateOf(plan.prior)).map(({ task }) => task.urn));
    return ratchet(plan, (state) => [
      ...taskProblems(state, served),
      ...environmentProblems(state),
      ...podProblems(state),
      ...launchTemplateProblems(state),
      ...registryProblems(state, keep),
    ]);
  },
});

/** What is not known before the update is judged in it, before its own step. */
function taskProblems(state: State, served: ReadonlySet<string>): Problem[] {
  const behind = new Set(tasksBehindBalancers(state).map(({ task }) => task));
  return state
    .ofType(TASK_DEFINITION)
    .filter((task) => behind.has(task) || served.has(task.urn))
    .flatMap((task) =>
      byTag(
        task,
        containersOfTask(task).map((container) => at(container, "image")),
      ),
    );
}

/** A component of ours says its image itself, where its task definition is not known before the update. */
function environmentProblems(state: State): Problem[] {
  return state.resources
    .filter(({ type }) => type.startsWith("crossfade:"))
    .flatMap((environment) => byTag(environment, [environment.inputs.image]));
}

function podProblems(state: State): Problem[] {
  return exposedWorkloads(state).flatMap(({ workload }) => {
    const containers = [...containersOf(workload), ...list(at(podOf(workload), "initContainers"))];
    return byTag(
      workload,
      containers.map((container) => at(container, "image")),
    );
  });
}

function byTag(of: Resource, images: readonly unknown[]): Problem[] {
  const tagged = images.filter(
    (image): image is string => text(image)?.includes("@sha256:") === false && !isAmi(String(image)),
  );
  if (tagged.length === 0) return [];
  return [
    {
      urn: of.urn,
      kind: "tag",
      badness: tagged.length,
      practice: true,
      what: `${named(of)} runs ${tagged.join(", ")}, which is no digest.`,
      why: "The same tag may be another image when the next task starts, and no way back when it is needed.",
      instead: "Write the image as repository@sha256:<digest>; the registry tells it when the image is pushed.",
    },
  ];
}
