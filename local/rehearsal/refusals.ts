import { type Refused, refusalLabel } from "../../load/report";
import { IDLE, otherColor } from "../../traffic";
import type { RehearsedStack } from "./rehearsed-stack";
import type { Scene } from "./step";

/** A change that would lose requests, as lines of the stack config, and the policy that must refuse it. */
export interface Refusal {
  change: string;
  policy: string;
  edit: Record<string, unknown>;
}

/** Must be refused by its policy; and with that policy off it must pass, or something else would have refused it. */
export async function tryRefusal({ change, policy, edit }: Refusal, scene: Scene): Promise<Refused> {
  const { stack, load, progress } = scene;
  progress.event(`tried: ${change}`);
  const message = await stack.refused(policy, edit);
  load.note(refusalLabel({ change, policy }));
  progress.event(`refused by ${policy}, and by it alone:\n${message.replace(/^/gm, "  ")}`);
  return { change, policy, message };
}

/** In the order of a release: the first can be tried at its first stage, the last once it is finished. */
export const BEHIND_BALANCER = [skippedStage, otherPort, newImage, inPlace, removed];

/** With another port pods get another version too, and that alone would be refused. */
export const PODS_BEHIND_BALANCER = [skippedStage, singlePod, newImage, inPlace, removed];

/** With another port instances get another version too. */
export const INSTANCES_BEHIND_BALANCER = [skippedStage, newImage, inPlace, removed];

/** Nothing of the way there is replaced by a line of config, and the Gateway is somebody else's. */
export const BEHIND_GATEWAY = [skippedStage, singlePod, newImage, removed];

/** Where one environment gets each version in place. */
export const ROLLED = [withoutDrain, inPlace];

/** Without a drain pods are refused by the config itself. */
export const PODS_ROLLED = [singlePod, inPlace];

/** The Gateway is somebody else's. */
export const PODS_ROLLED_BEHIND_GATEWAY = [singlePod];

function otherPort({ file }: RehearsedStack): Refusal {
  const { stable } = file.config().rollout;
  return {
    change: `another port for ${stable}, which serves`,
    policy: "serving-replacement",
    edit: { [stable]: { image: file.get(stable), port: 9090 } },
  };
}

function singlePod({ file }: RehearsedStack): Refusal {
  const { stable } = file.config().rollout;
  return {
    change: `a single pod for ${stable}, which serves`,
    policy: "capacity",
    edit: { [stable]: { image: file.get(stable), replicas: 1 } },
  };
}

function newImage({ file }: RehearsedStack): Refusal {
  const { stable } = file.config().rollout;
  return {
    change: `a new image on ${stable}, which serves`,
    policy: "release-without-canary",
    edit: { [stable]: file.get(otherColor(stable)) },
  };
}

function withoutDrain({ file }: RehearsedStack): Refusal {
  const { stable } = file.config().rollout;
  return {
    change: `no drain for ${stable}, which serves`,
    policy: "drain",
    edit: { service: { ...(file.get("service") as object), drain: "0s" } },
  };
}

function removed({ file }: RehearsedStack): Refusal {
  const { stable } = file.config().rollout;
  return {
    change: `remove ${stable}, which serves, together with its way back`,
    policy: "serving-deletion",
    edit: { stable: otherColor(stable), [stable]: undefined },
  };
}

export function skippedStage({ file }: RehearsedStack): Refusal {
  const [, , skipped] = file.config().rollout.stages;
  return { change: `from idle to ${skipped?.name} in one step`, policy: "stage-order", edit: { stage: skipped?.name } };
}

/** What no balancer can become: it is replaced. */
export function inPlace({ file }: RehearsedStack): Refusal {
  return {
    change: "move the balancer to the inside of the network",
    policy: "serving-replacement",
    edit: { service: { ...(file.get("service") as object), internal: true } },
  };
}

/** At `full`, where the old edge has just lost its weight: not even in one edit with the finish. */
export function removedTooSoon({ file }: RehearsedStack): Refusal {
  const { stable } = file.config().rollout;
  return {
    change: `remove ${stable}'s edge together with the finish`,
    policy: "hold-time",
    edit: { stable: otherColor(stable), stage: IDLE, [stable]: undefined },
  };
}
