import type { DnsTail } from "../../load/dns-report";
import type { Refused } from "../../load/report";
import type { RollBack } from "../../load/roll-back";
import type { Kind } from "./kinds";
import { tryRefusal } from "./refusals";
import type { RehearsedStack, Version } from "./rehearsed-stack";
import { type Scene, type Step, take } from "./step";

/** What a script did besides the load. */
export interface Played {
  refused: Refused[];
  rollBacks: RollBack[];
  tails?: DnsTail[];
}

/** The steps of a release from its first line to its last, by the stack's own stages. */
export function stepsOf(stack: RehearsedStack, { image, version }: Version): Step[] {
  const { stages } = stack.file.config().rollout;
  const steps = stages.map(({ name, weight }, i) => {
    return { stage: name, weight, edit: i === 0 ? { green: image } : { stage: name } };
  });
  const finish = { stage: "finish", weight: 100, edit: { stable: "green", stage: "idle" } };
  return [...steps, finish].map((step) => ({ ...step, candidate: version }));
}

/**
 * A release as it should be. While its stages are held, what would lose requests is tried, one change a stage and the rest
 * once it is finished, and must be refused.
 */
export async function release(steps: Step[], scene: Scene, tried: Kind["refusals"]): Promise<Refused[]> {
  const refused: Refused[] = [];
  const ahead = [...tried];
  for (const step of steps) {
    await take(step, scene, async () => {
      const due = step === steps.at(-1) ? ahead.splice(0) : ahead.length > 1 ? ahead.splice(0, 1) : [];
      for (const refusal of due) refused.push(await tryRefusal(refusal(scene.stack), scene));
    });
  }
  return refused;
}
