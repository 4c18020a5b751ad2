import type { Resource } from "../../traffic";
import { parseState } from "../../traffic/sources/state";
import { Locked, PlanViolated } from "../engine-failure";
import { Failure } from "../failure";
import type { ProjectStack } from "../stack";
import { unseenIn } from "./current-state";
import { type FreeOptions, freeLock } from "./free-lock";

/** How often it is begun: another update may come in between. */
const TRIES = 3;

export interface RecordOptions extends FreeOptions {
  /** An update was stopped after the state was looked at. */
  wasUpdated: boolean;
}

/**
 * Brings the state to what the stack file says of the routes, by an update of what carries their weights and of nothing else: what
 * else is changed in the program or in the file, or is refused by the policies, has to wait for another day.
 * @throws Failure where it is refused or fails
 */
export async function recordState(
  opening: Promise<ProjectStack>,
  routes: readonly string[],
  message: string,
  options: RecordOptions,
): Promise<void> {
  const stack = await opening;
  const { signal, wasUpdated } = options;
  for (let turn = 1; ; turn++) {
    try {
      const { resources } = parseState(await stack.export());
      const unseen = unseenIn(resources);
      if (unseen.length > 0 && (wasUpdated || turn > 1)) await stack.refresh(unseen);
      const targets = targetsIn(resources, routes);
      const preview = await stack.previewWithPack({ signal, targets });
      if (!("plan" in preview)) throw new Failure(`the policies refuse to record it: ${preview.refusals.join("\n")}`);
      await stack.update(preview.plan, message, { signal, targets });
      return;
    } catch (error) {
      if (turn === TRIES) throw error;
      // A preview takes no lock: somebody's update came and went between it and the update of its plan.
      if (error instanceof PlanViolated) continue;
      if (!(error instanceof Locked)) throw error;
      // One of another machine is waited for, however long it takes.
      if ((await freeLock(error, opening, options)) === "cannot be stopped from here") turn--;
    }
  }
}

/** The routes, the rollouts, and all that hangs on them: weights, stages, clocks. */
export function targetsIn(resources: readonly Resource[], routes: readonly string[]): string[] {
  const rollouts = resources.filter(({ type }) => type === "crossfade:index:Rollout").map(({ urn }) => urn);
  const targets = new Set([...routes, ...rollouts]);
  // A state has parents before their children.
  for (const { urn, parent } of resources) if (parent !== undefined && targets.has(parent)) targets.add(urn);
  return [...targets];
}
