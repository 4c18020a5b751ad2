import type { Operation } from "../reference";
import { deploys, edges, groupsOf, type Run, type Thing, waits } from "../small-engine";
import { forwardOf, resourceOf } from "./reference-cloud";

/** A way of the engine as calls of the cloud's API, each at a time. */
export interface TimedWay {
  operations: Operation[];
  /** When the last call is made, in seconds. */
  last: number;
}

/** In [0, 1). */
export type Draw = () => number;

/** The first call: until then all is as it was. */
const START = 3;

/** The longest that new targets take until they are healthy on every node, with the simulator's timing, in seconds. */
const STEADY = { service: 60, scaling: 120 };

/** The longest that a task takes until it runs, in seconds. */
const RUNNING = 35;

/** How long the deletion of something that drains takes, in seconds. */
const DRAINED = 25;

/** How the engine goes through its steps: as fast as it can, with some calls throttled, or one at a time (`--parallel 1`). */
type Pace = "fast" | "throttled" | "one by one";

function anyPace(draw: Draw): Pace {
  return (["fast", "fast", "throttled", "one by one"] as const)[Math.floor(draw() * 4)] ?? "fast";
}

/**
 * Puts a way of the engine on the clock: a call starts when all that it waits for has ended, in the order of the way, and others
 * may be under way then. A way ends where a step waits for targets that nobody checks.
 */
export function timed(way: readonly Run[], draw: Draw, pace = anyPace(draw)): TimedWay {
  const operations: Operation[] = [];
  const ends = new Map<string, number>();
  let now = START;
  let allEnd = START;
  for (const [i, run] of way.entries()) {
    const before = way[i - 1];
    if (!before) continue;
    const change = changeBetween(before, run);
    const { by } = run;
    const waitsFor = by ? [...edges(by), by.name].map((name) => ends.get(name) ?? START) : [allEnd];
    const start = Math.max(now, ...waitsFor, ...(pace === "one by one" ? [allEnd] : []));
    if (start === Number.POSITIVE_INFINITY) break;
    now = change ? start + draw() * (pace === "throttled" && draw() < 0.3 ? 4 : 0.1) : start;
    if (change) operations.push({ at: now, kind: change.kind, resource: resourceOf(change.id, change.thing) });
    const end = change ? endOf(change, now, way.slice(i), draw) : start;
    if (by) ends.set(by.name, end);
    allEnd = Math.max(allEnd, end);
  }
  return { operations, last: operations.at(-1)?.at ?? START };
}

interface Change {
  kind: Operation["kind"];
  id: string;
  thing: Thing;
  /** Before an update. */
  old?: Thing;
}

/** A step changes one thing, or nothing. */
function changeBetween(before: Run, after: Run): Change | undefined {
  for (const [id, thing] of after.cloud) {
    const old = before.cloud.get(id);
    if (!old) return { kind: "create", id, thing };
    if (JSON.stringify(old.inputs) !== JSON.stringify(thing.inputs)) return { kind: "update", id, thing, old };
  }
  for (const [id, thing] of before.cloud) if (!after.cloud.has(id)) return { kind: "delete", id, thing };
  return undefined;
}

/** When the provider reports a step as done. */
function endOf({ kind, thing, old }: Change, start: number, rest: readonly Run[], draw: Draw): number {
  const quick = start + 0.3 + draw() * 1.2;
  const { kind: what } = thing.item;
  const runs = what === "service" || what === "scaling";
  if (kind === "delete") return runs ? start + DRAINED : quick;
  const count = Number(thing.inputs.desiredCount ?? thing.inputs.desiredCapacity ?? 0);
  if (!runs || !waits(thing.inputs) || count === 0) return quick;
  if (old && !deploys(old.inputs, thing.inputs)) return start + RUNNING;
  // What no rule forwards to is not checked, and so never known to be healthy.
  const [now] = rest;
  const isChecked = now && groupsOf(thing.inputs).every((group) => isForwardedTo(group, now));
  return isChecked ? start + STEADY[what] + draw() * 10 : Number.POSITIVE_INFINITY;
}

function isForwardedTo(group: string, { cloud }: Run): boolean {
  return [...cloud.values()].some(({ inputs }) => forwardOf(inputs)?.targetGroups.some(({ arn }) => arn === group));
}
