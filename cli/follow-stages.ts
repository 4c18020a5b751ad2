import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Load } from "../load/load";
import type { Progress } from "../load/progress";

/** In seconds: how often the stack is asked for its shares. */
const LOOK_EVERY = 5;

type Shares = Record<string, number>;

/**
 * Counts the load's requests under the shares that the stack's outputs tell, as its owner changes them, until the time is over or
 * the signal comes. The candidate is whose share is the smaller one when it is first told.
 */
export async function followStages(
  stack: string,
  seconds: number,
  load: Load,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const until = load.nowMs() + seconds * 1000;
  let last: string | undefined;
  let candidate: string | undefined;
  while (load.nowMs() < until && !signal.aborted) {
    const shares = await sharesOf(stack, signal).catch((error: Error) => {
      if (last === undefined && !signal.aborted) {
        progress.event(
          `the report has one stage only, for the stack's shares cannot be read: ${error.message}. They are told by \`export const { shares } = rollout\``,
        );
      }
      last ??= "";
      return undefined;
    });
    const name =
      shares &&
      Object.entries(shares)
        .map(([color, share]) => `${color} ${share}`)
        .join(", ");
    if (shares && name && name !== last) {
      candidate ??= candidateOf(shares);
      const weight = (candidate && shares[candidate]) || 0;
      load.mark({ name, weight });
      progress.at(name);
      progress.event("the stack's shares");
      last = name;
    }
    await sleep(Math.min(LOOK_EVERY * 1000, Math.max(0, until - load.nowMs())), undefined, { signal }).catch(() => {});
  }
}

/** Of a stack with one color nobody is it yet. */
function candidateOf(shares: Shares): string | undefined {
  const [smaller, ...others] = Object.entries(shares).sort(([, a], [, b]) => a - b);
  return others.length > 0 ? smaller?.[0] : undefined;
}

async function sharesOf(stack: string, signal: AbortSignal): Promise<Shares> {
  const args = ["stack", "output", "shares", "--json", "--stack", stack, "--non-interactive"];
  try {
    const { stdout } = await promisify(execFile)("pulumi", args, { signal });
    return JSON.parse(stdout) as Shares;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(
      (stderr || message)
        .trim()
        .split("\n")[0]
        ?.replace(/^error: /, ""),
    );
  }
}
