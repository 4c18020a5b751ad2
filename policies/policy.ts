import type { z } from "zod";
import {
  type PendingOperation,
  type PlannedChange,
  plannedChange,
  plannedChanges,
  type Resource,
  type Served,
  type Serving,
  servingResources,
  spare,
} from "../traffic";

/** What a policy judges: a stack before and after, and what lies between. */
export interface Plan {
  prior: readonly Resource[];
  desired: readonly Resource[];
  changes: readonly PlannedChange[];
  /** What an earlier update was doing when it was stopped. */
  pending?: readonly PendingOperation[];
  /** Who serves in the prior state. */
  serving: Serving;
  /** Those who serve and would go, without whom nobody loses a request. */
  spare: ReadonlySet<Resource>;
  /** When it is judged. */
  now: Date;
}

/** One thing that a policy refuses. */
export interface Finding {
  urn: string;
  /** What would happen. */
  what: string;
  /** Why it matters: the mechanism. */
  why: string;
  /** What to do instead. */
  instead: string;
  /** Said, and not refused. */
  advisory?: boolean;
}

/** What a policy says of itself; `policies/README.md` is made of it. */
interface About {
  /** As it is switched off, exempted and configured. */
  name: string;
  /** One line: what it refuses. */
  description: string;
  /** How requests are lost by it, with the source of each statement. */
  mechanism: string;
  /** How the same is done without loss. */
  safeWay: string;
  /** The numbers of the hazards that it stands against, as `hazards.ts` has them. */
  hazards: readonly string[];
}

/**
 * A rule as a function of plain data. One file each.
 *
 * All of them judge the way from the prior state to the desired one, never a state alone: what was so before an update does not
 * stop it, so that the pack can be switched on for any stack.
 */
export interface Policy extends About {
  /** What a team can set by `--policy-pack-config`, each with its default. */
  settings: z.ZodObject;
  /** It judges all changes of an update together, so in a preview only. */
  wholePlanOnly: boolean;
  /** @throws ZodError where the settings are none. */
  judge(plan: Plan, settings?: unknown): Finding[];
}

/** Makes a policy; its settings are read before it judges. */
export function policy<S extends z.ZodObject>(
  given: About & { settings: S; wholePlanOnly?: boolean; judge(plan: Plan, settings: z.output<S>): Finding[] },
): Policy {
  const { judge, wholePlanOnly = false, settings, ...about } = given;
  return {
    ...about,
    settings,
    wholePlanOnly,
    judge: (plan, raw = {}) => judge(plan, settings.parse(raw)),
  };
}

/** The plan of a whole stack. */
export function planOf(prior: readonly Resource[], desired: readonly Resource[], now?: Date): Plan {
  return planFrom({ prior, desired, changes: plannedChanges(prior, desired) }, now);
}

/** The part of a plan that one resource shows: no deletion, and nothing of the others. */
export function planOfOne(prior: readonly Resource[], after: Resource, now?: Date): Plan {
  const change = plannedChange(prior, after);
  return planFrom({ prior, desired: [after], changes: change ? [change] : [] }, now);
}

/** A plan whose changes are known already. */
export function planFrom(
  { prior, desired, changes, pending }: Pick<Plan, "prior" | "desired" | "changes" | "pending">,
  now = new Date(),
): Plan {
  const serving = servingIn(prior);
  const going = changes.flatMap((change) =>
    (change.kind === "replace" || change.kind === "delete") && serving.has(change.before) ? [change.before] : [],
  );
  const unmissed = going.length > 0 ? spare(prior, changes, new Set(going)) : new Set<Resource>();
  return { prior, desired, changes, pending, serving, spare: unmissed, now };
}

/** In an update every resource is judged on its own, beside the same prior state. */
const servings = new WeakMap<readonly Resource[], Serving>();

function servingIn(prior: readonly Resource[]): Serving {
  const serving = servings.get(prior) ?? servingResources(prior);
  servings.set(prior, serving);
  return serving;
}

/**
 * How what would be replaced or deleted serves, where that loses requests. What others only stand on, such as a certificate, can
 * be exchanged: the new one is made first, they are led to it, and the old one goes last.
 */
export function servesUntil(change: PlannedChange, { serving, spare, changes }: Plan): Served | undefined {
  if ((change.kind !== "replace" && change.kind !== "delete") || spare.has(change.before)) return undefined;
  const served = serving.get(change.before);
  if (!served?.movableFor) return served;
  if (change.kind === "replace") return change.deletedFirst ? served : undefined;
  const led = new Set(changes.flatMap((other) => ("before" in other ? [other.before] : [])));
  return served.movableFor.every((standing) => led.has(standing)) ? undefined : served;
}
