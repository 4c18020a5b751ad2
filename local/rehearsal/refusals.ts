import type { Load } from "../../load/load";
import { type Report, refusalLabel } from "../../load/report";
import { otherColor } from "../../traffic";
import type { Progress } from "./progress";
import type { RehearsedStack } from "./rehearsed-stack";

/** A change that would lose requests, as lines of the stack config, and the policy that must refuse it. */
interface Refusal {
  change: string;
  policy: string;
  edit: Record<string, unknown>;
}

/**
 * Tries what must not be done. Each change must be refused by its policy; and with that policy off it must pass, or something
 * else would have refused it.
 */
export async function tryRefusals(stack: RehearsedStack, load: Load, progress: Progress): Promise<Report["refused"]> {
  const refused: Report["refused"] = [];
  for (const { change, policy, edit } of refusalsFor(stack)) {
    progress.event(change);
    const message = await stack.refused(policy, edit);
    load.note(refusalLabel({ change, policy }));
    await stack.passesWithout(policy, edit);
    progress.event(`refused by ${policy}, and by it alone:\n${message.replace(/^/gm, "  ")}`);
    refused.push({ change, policy, message });
  }
  return refused;
}

function refusalsFor({ file }: RehearsedStack): Refusal[] {
  const { rollout } = file.config();
  const { stable, stages } = rollout;
  const other = otherColor(stable);
  const [, , skipped] = stages;
  return [
    {
      change: `another port for ${stable}, which serves`,
      policy: "serving-replacement",
      edit: { [stable]: { image: file.get(stable), port: 9090 } },
    },
    {
      change: `a new image on ${stable}, which serves`,
      policy: "release-without-canary",
      edit: { [stable]: file.get(other) },
    },
    {
      change: `from idle to ${skipped?.name} in one step`,
      policy: "stage-order",
      edit: { stage: skipped?.name },
    },
    {
      change: `remove ${stable}, which serves, together with its way back`,
      policy: "serving-deletion",
      edit: { stable: other, [stable]: undefined },
    },
    {
      change: "move the balancer to the inside of the network",
      policy: "serving-replacement",
      edit: { service: { ...(file.get("service") as object), internal: true } },
    },
  ];
}
