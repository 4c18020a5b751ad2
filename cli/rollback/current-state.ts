import type { Resource } from "../../traffic";
import { parseState } from "../../traffic/sources/state";
import { Locked } from "../engine-failure";
import { findProject } from "../find-stack-file";
import { routesNow } from "../rollout-now";
import { exportStack, type ProjectStack } from "../stack";
import { type FreeOptions, freeLock } from "./free-lock";
import type { Stopped } from "./stop-update";
import { findLock } from "./update-lock";

/** How a stack stands when its release is to be taken back. */
export interface CurrentState {
  resources: readonly Resource[];
  /** A lock that is still to be freed. */
  lock?: Locked;
  /** How the update ended whose lock was freed already. */
  ended?: Stopped;
  /** The weights behind a Gateway could not be asked for: the cluster may have others than the state. */
  isUnseen?: boolean;
}

/**
 * Reads a stack's state, and who updates it. What carries weights behind a Gateway is refreshed first, but where an update runs: such
 * weights are told by no API of AWS's.
 * @param opening opens the stack, which takes a second: it is asked for where it is needed
 */
export async function currentState(
  stack: string,
  opening: () => Promise<ProjectStack>,
  free: FreeOptions,
): Promise<CurrentState> {
  const { resources } = parseState(await exportStack(stack, findProject(free.folder, stack)));
  const lock = findLock(free.folder, stack);
  const unseen = unseenIn(resources);
  if (unseen.length === 0 || (lock && !lock.isStale)) return { resources, lock };
  const ended = lock && (await freeLock(lock, opening(), free));
  const opened = await opening();
  try {
    await opened.refresh(unseen);
  } catch (error) {
    if (error instanceof Locked) return { resources, lock: error };
    free.say(`${(error as Error).message}\nSo the live weights are not known: all are moved, whatever the state has`);
    return { resources, ended, isUnseen: true };
  }
  return { resources: parseState(await opened.export()).resources, ended };
}

/**
 * What carries weights that no API of AWS's tells. The state may be behind it: an engine or a provider that is killed leaves there
 * what was before its call.
 */
export function unseenIn(resources: readonly Resource[]): string[] {
  return routesNow(resources).flatMap(({ kind, carriers }) =>
    kind === "gateway" ? carriers.map(({ urn }) => urn) : [],
  );
}
