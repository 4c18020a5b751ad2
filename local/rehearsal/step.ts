import { setTimeout as sleep } from "node:timers/promises";
import type { Load } from "../../load/load";
import type { Progress } from "../../load/progress";
import type { RehearsalCloud } from "./cloud";
import type { RehearsedStack } from "./rehearsed-stack";

/** What a release is rehearsed with. */
export interface Scene {
  stack: RehearsedStack;
  load: Load;
  progress: Progress;
  /** Seconds that each stage is held after the balancers have adopted it. */
  bakeSeconds: number;
  /** Aborted by a Ctrl-C. */
  signal: AbortSignal;
  cloud: Pick<RehearsalCloud, "env" | "settled" | "assertAlive">;
}

/** One edit of the stack config, and one `pulumi up`. */
export interface Step {
  stage: string;
  /** The candidate's weight when the step is done, in percent. */
  weight: number;
  /** What the candidate's answers call themselves. */
  candidate?: string;
  /** The lines of the stack config that it edits. */
  edit: Record<string, unknown>;
}

/** Takes a step and holds it, and does `meanwhile` in that time; the next step comes when both are done. */
export async function take(step: Step, scene: Scene, meanwhile?: () => Promise<unknown>): Promise<void> {
  await edit(step, scene);
  await hold(scene, meanwhile);
}

/** Holds a stage whose update is done. */
export async function hold(scene: Scene, meanwhile?: () => Promise<unknown>): Promise<void> {
  const { load, progress, bakeSeconds, signal } = scene;
  await scene.cloud.settled();
  load.settled();
  await Promise.all([sleep(bakeSeconds * 1000, undefined, { signal }), meanwhile?.()]);
  scene.cloud.assertAlive();
  const { sent, lost } = load.snapshot();
  progress.event(`done: ${sent} requests so far, ${lost} lost`);
}

/** The edit and its update alone. */
export async function edit(step: Step, scene: Scene): Promise<void> {
  announce(step, scene);
  scene.stack.set(step.edit);
  await scene.stack.up().finally(() => scene.cloud.assertAlive());
}

/** Says what is edited, and counts requests under the step from here on. */
export function announce({ stage, weight, candidate, edit }: Step, { load, progress }: Scene): void {
  load.mark({ name: stage, weight, candidate });
  progress.at(`${candidate ? `${candidate} ` : ""}${stage}, ${100 - weight}/${weight}`);
  const lines = Object.entries(edit).map(([key, value]) => `crossfade:${key}: ${spoken(value)}`);
  progress.event(lines.join(", "));
}

function spoken(value: unknown): string {
  if (value === undefined) return "removed";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
