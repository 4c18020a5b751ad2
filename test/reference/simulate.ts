import { Clients } from "./clients";
import { Clock } from "./clock";
import { type Context, TIMING, type Timing } from "./context";
import type { Behaviors } from "./fleet-plans";
import { Inventory } from "./inventory";
import type { Load } from "./load";
import { type Outcome, Tally } from "./outcome";
import { Random } from "./random";
import type { Resource } from "./resources";
import type { SwitchableRule } from "./rules";
import { World } from "./world";

/** One of an engine's steps. An update stopped in the middle is a shorter list. */
export interface Operation {
  /** When the engine makes the call, in seconds. An update and a deletion begin to take effect then. */
  readonly at: number;
  readonly kind: "create" | "update" | "delete";
  readonly resource: Resource;
  /** How long a creation takes; what is created is there after it. */
  readonly seconds?: number;
}

export interface Simulation {
  /** The cloud before the change, steady. */
  readonly cloud: readonly Resource[];
  readonly operations?: readonly Operation[];
  readonly load: Load;
  readonly seed: number;
  /** When it ends, in seconds. Requests that are open then count as answered. */
  readonly until: number;
  readonly behaviors?: Behaviors;
  readonly timing?: Partial<Timing>;
  /** Rules switched off, to see that they matter. */
  readonly without?: readonly SwitchableRule[];
}

/** Runs clients against a cloud while it changes, and says what became of their requests. */
export function simulate(given: Simulation): Outcome {
  const { cloud, operations = [], load, seed, until, behaviors = {}, timing, without = [] } = given;
  const clock = new Clock();
  const off = new Set<SwitchableRule>(without);
  const context: Context = {
    clock,
    random: new Random(seed),
    inventory: new Inventory(),
    timing: { ...TIMING, ...timing },
    holds: (rule) => !off.has(rule),
  };
  const world = new World(context, behaviors, load.resolvers);
  const tally = new Tally();
  world.load(cloud);
  new Clients(context, world.balancing, world.dns, tally).start(load);

  let refused: Outcome["refused"];
  for (const { at, kind, resource, seconds = 0 } of operations) {
    clock.at(kind === "create" ? at + seconds : at, () => {
      // After a failed step the engine starts no other; a step that was called before it goes on.
      if (refused && refused.at <= at) return;
      const because = world[kind](resource);
      if (because) refused ??= { at: clock.now, urn: resource.urn, because };
    });
  }
  clock.runUntil(until);

  const { entries } = tally;
  const sum = (part: "sent" | "answered" | "lost") =>
    Object.values(entries).reduce((total, entry) => total + entry[part], 0);
  return { sent: sum("sent"), answered: sum("answered"), lost: sum("lost"), entries, ...(refused && { refused }) };
}
