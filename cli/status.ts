import { execFile } from "node:child_process";
import { relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Failure } from "./failure";
import { packFolder } from "./stack";
import { nextEdits, troubles } from "./status/route-words";
import { type StackStatus, stackStatus } from "./status/stack-status";
import { statusText } from "./status/status-text";
import { stopSignal } from "./stop-signal";

export interface StatusFlags {
  watch?: boolean;
  configFile?: string;
  json?: boolean;
}

/** In milliseconds: how often a stack that is watched is looked at. */
const LOOK_EVERY = 5000;
/** Where nobody says how wide it is, and at the most: longer lines are not read. */
const [WIDTH, MOST] = [80, 120];

/**
 * Shows how a stack stands: deployed, asked for and live. The exit code is 1 where somebody should look at it: drift, a version
 * that was rejected and has weight, nobody healthy, or something that could not be seen.
 */
export async function status(name: string | undefined, flags: StatusFlags): Promise<number> {
  const stack = name ?? (await selectedStack());
  const { configFile } = flags;
  const pack = relative(process.cwd(), packFolder());
  if (!flags.watch) {
    const now = await stackStatus(stack, { configFile });
    process.stdout.write(shown(now, pack, flags));
    return exitCodeOf(now);
  }
  const stopped = stopSignal(new Failure("stopped"));
  let exitCode = 0;
  let last = "";
  try {
    while (!stopped.signal.aborted) {
      const now = await stackStatus(stack, { configFile });
      const text = shown(now, pack, flags);
      exitCode = exitCodeOf(now);
      if (process.stdout.isTTY) process.stdout.write(`\x1b[H\x1b[J${text}`);
      else if (timeless(text) !== last) process.stdout.write(text);
      last = timeless(text);
      await sleep(LOOK_EVERY, undefined, { signal: stopped.signal }).catch(() => {});
    }
  } finally {
    stopped.end();
  }
  return exitCode;
}

function shown(status: StackStatus, pack: string, { json }: StatusFlags): string {
  if (!json) return statusText(status, pack, Math.min(MOST, process.stdout.columns || WIDTH));
  const routes = status.routes.map((route) => ({
    ...route,
    next: nextEdits(status.stack, pack, route),
    troubles: troubles(route, status.update),
  }));
  return `${JSON.stringify({ ...status, routes })}\n`;
}

function exitCodeOf({ routes, unseen, update }: StackStatus): number {
  return unseen.length > 0 || routes.some((route) => troubles(route, update).length > 0) ? 1 : 0;
}

/** What a look a moment later says too, where nothing has happened. */
function timeless(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z|\b(\d+[dhms] ?)+\b/g, "…");
}

async function selectedStack(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)("pulumi", ["stack", "--show-name", "--non-interactive"]);
    return stdout.trim();
  } catch {
    throw new Failure("no stack is named, and none is selected here: crossfade status STACK", 2);
  }
}
