import type { z } from "zod";
import type { Plan } from "./plan";

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
