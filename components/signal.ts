import type { Color } from "../traffic";
import type { Rollout } from "./rollout";

/** What tasks are told of a rollout, as JSON. */
export function signalOf({ plan: { stable, stage }, shares }: Rollout): string {
  return JSON.stringify({ stable, stage, shares });
}

/** By which variables a task knows itself, and where it is told the rest. */
export function signalVariables(color: Color, where: string): Record<string, string> {
  return { CROSSFADE_COLOR: color, CROSSFADE_SIGNAL: where };
}

/** The file by which pods are told. */
export const SIGNAL_FILE = "role.json";
