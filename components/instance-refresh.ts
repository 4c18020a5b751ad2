import { setTimeout as sleep } from "node:timers/promises";
import type * as pulumi from "@pulumi/pulumi";
import type { AwsClients } from "../live/aws-clients";
import { latestRefresh, readScalingGroup, rollBackRefresh, startRefresh } from "../live/scaling-group";
import {
  at,
  isRunning,
  type LiveRefresh,
  list,
  longestStandstill,
  refreshMove,
  spokenDuration,
  text,
} from "../traffic";
import type { RollingArgs } from "./rolling-args";

/** How the instances of a group are exchanged. */
export interface RefreshArgs {
  /** @default all in one go, within the group's bounds */
  rolling?: RollingArgs;
  /** Seconds that one instance may take from its launch until the one that it replaces is gone. */
  patience: number;
}

/** Seconds between two questions. */
const ASK_EVERY = 5;

/**
 * Exchanges a group's instances before its new launch template is saved on it, and comes back when all have it.
 *
 * The provider would save the template first, start the refresh and not wait. AWS rolls back to what is saved, so that a failed
 * refresh would be rolled back to the version that failed (terraform-provider-aws#34189); and a second `up` would cancel it. Here
 * the update fails where the refresh does, and the state has what the instances have.
 *
 * @param say is told how it goes on
 */
export async function exchangeInstances(
  { id: group, newInputs, oldInputs }: Pick<pulumi.ResourceHookArgs, "id" | "newInputs" | "oldInputs">,
  args: RefreshArgs,
  clients: AwsClients,
  { say = () => {}, askEvery = ASK_EVERY }: { say?: (line: string) => void; askEvery?: number } = {},
): Promise<void> {
  const template = {
    id: text(at(newInputs, "launchTemplate", "id")),
    version: text(at(newInputs, "launchTemplate", "version")),
  };
  if (group === undefined || template.id === undefined || template.version === undefined) return;
  const wanted = { id: template.id, version: template.version };
  const alike = versionsAlike(wanted.version, newInputs, oldInputs);
  for (;;) {
    const next = refreshMove(await readScalingGroup(clients, group), alike);
    switch (next.move) {
      case "done":
        return;
      case "refuse":
        throw new Error(
          `"${group}" is in the middle of a release of another version (${progressOf(next.refresh)}): a second one would leave three versions serving. Wait until it is over, or go back to the version before it; then release this one`,
        );
      case "let end":
        say(`waiting for the end of what is under way: ${progressOf(next.refresh)}`);
        await watch(next.refresh);
        break;
      case "take back":
        say(`taking back what an earlier update has left unfinished: ${progressOf(next.refresh)}`);
        await rollBackRefresh(clients, group);
        await watch({ ...next.refresh, status: "RollbackInProgress" });
        break;
      case "start":
        await startRefresh(clients, group, { template: wanted, ...stopsOf(args.rolling) });
        await arrive();
        break;
      case "watch":
        say(`going on with what an earlier update has left unfinished: ${progressOf(next.refresh)}`);
        await arrive();
    }
  }

  /** The refresh to the wanted version, until it is over. @throws where not all instances have it then */
  async function arrive(): Promise<void> {
    const first = await latestRefresh(clients, group ?? "");
    const last = first && (await watch(first));
    if (last?.status === "Successful") return;
    const how = last ? progressOf(last) : "it is not there any more";
    throw new Error(
      `the release of version ${wanted.version} to "${group}" did not get through: ${how}. ${outcome(last)} Nothing of this update was saved on the group: the next one tries again, or goes back`,
    );
  }

  /** Follows a refresh to its end, and takes it back where it stands still. */
  async function watch(first: LiveRefresh): Promise<LiveRefresh | undefined> {
    let seen = first;
    let movedAt = Date.now();
    for (;;) {
      await sleep(askEvery * 1000);
      const now = await latestRefresh(clients, group ?? "");
      if (!now || now.id !== first.id || !isRunning(now)) return now;
      if (now.percent !== seen.percent || now.status !== seen.status) {
        say(progressOf(now));
        movedAt = Date.now();
      }
      seen = now;
      const { batches = [], pause = 0 } = args.rolling ?? {};
      const limit = longestStandstill(now, { batches, pause, patience: args.patience });
      if (now.status !== "InProgress" || Date.now() < movedAt + limit * 1000) continue;
      say(`no instance got healthy in ${spokenDuration(limit)}: rolling back`);
      await rollBackRefresh(clients, group ?? "");
    }
  }
}

/** The template's versions that are the wanted one: where the update goes back to what the state has, also that. */
function versionsAlike(wanted: string, newInputs: unknown, oldInputs: unknown): string[] {
  const before = text(at(oldInputs, "launchTemplate", "version"));
  const isSame = versionTag(newInputs) !== undefined && versionTag(newInputs) === versionTag(oldInputs);
  return isSame && before !== undefined ? [wanted, before] : [wanted];
}

/** The key of the tag by which a group and its instances tell their version. */
export const VERSION_TAG = "crossfade:version";

function versionTag(inputs: unknown): string | undefined {
  const tag = list(at(inputs, "tags")).find((one) => at(one, "key") === VERSION_TAG);
  return text(at(tag, "value"));
}

function stopsOf(rolling: RollingArgs | undefined) {
  if (!rolling) return {};
  return { checkpoints: rolling.batches, checkpointDelay: rolling.pause, alarms: rolling.alarms };
}

function progressOf({ status, percent, reason }: LiveRefresh): string {
  return `${status} at ${percent} %${reason ? `, ${reason.replace(/\.$/, "")}` : ""}`;
}

function outcome(last: LiveRefresh | undefined): string {
  if (last?.status === "RollbackSuccessful") return "All instances have the version before.";
  return "See the group's instance refreshes for what its instances have now.";
}
