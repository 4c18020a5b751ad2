import { setTimeout as sleep } from "node:timers/promises";
import type { AwsClients } from "../live/aws-clients";
import { findTask, readTask, runTask, stopTask, type TaskOrder } from "../live/task";
import type { LiveTask } from "../traffic";

/** A migration that is to be run once. */
export interface Job {
  /** The migration's. */
  name: string;
  to: number;
  /** Of the files that it runs. */
  digest: string;
  /** Seconds that it may take. */
  patience: number;
}

/** Seconds between two questions, at most: most jobs are short, and are asked after sooner. */
const ASK_EVERY = 5;

/**
 * Runs a migration's job on ECS, and comes back when it is done. One that an update has left running, as it was killed, is waited for
 * and not started a second time; should two run after all, the tool's lock lets one wait for the other.
 *
 * @param say is told how it goes on
 * @throws Error where it did not end well; what its files have done by then is whole, and the next update goes on from there
 */
export async function runJob(
  { name, to, digest, patience }: Job,
  place: Omit<TaskOrder, "startedBy">,
  clients: AwsClients,
  { say, askEvery = ASK_EVERY }: { say: (line: string) => void; askEvery?: number },
): Promise<void> {
  const { cluster } = place;
  const startedBy = `crossfade/${name.replace(/[^\w-]/g, "-").slice(0, 60)}/${digest.slice(0, 40)}`;
  const left = await findTask(clients, cluster, startedBy);
  if (left) say(`waiting for the job that an earlier update has left running: ${idOf(left)}`);
  let task = left ?? (await runTask(clients, { ...place, startedBy }));
  if (!left) say(`schema ${to} is made by ${idOf(task)}`);
  const began = Date.now();
  while (task.status !== "STOPPED") {
    const seconds = (Date.now() - began) / 1000;
    if (seconds > patience) {
      const words = `it took longer than ${patience} s`;
      await stopTask(clients, cluster, task.arn, `crossfade: ${words}`);
      throw new Error(`${failed(task)}: ${words}, and was stopped. ${NEXT}`);
    }
    await sleep(Math.min(askEvery, 0.5 + seconds / 10) * 1000);
    const now = await readTask(clients, cluster, task.arn);
    if (now.status !== task.status) say(`${idOf(now)} is ${now.status}`);
    task = now;
  }
  if (task.exitCode === 0) return;
  const code = task.exitCode === undefined ? "it never ran" : `exit code ${task.exitCode}`;
  throw new Error(`${failed(task)}: ${code}${task.reason ? `, ${task.reason}` : ""}. ${NEXT}`);

  function failed(of: LiveTask): string {
    return `the job ${idOf(of)}, which was to bring "${name}" to schema ${to}, has failed`;
  }
}

const NEXT =
  "Its log, in the log group of the migration, says why. What its files had done by then is kept and whole, and no weight has moved: mend it and run the update again";

function idOf({ arn }: LiveTask): string {
  return `task ${arn.split("/").at(-1)}`;
}
