import { type EngineEvent, readEvent, readEvents, stepsOfEvents } from "./engine-events";
import type { EngineStep } from "./engine-step";
import { parsePlanFile, stepsOfPlan } from "./plan-file";
import { type Planned, planned } from "./planned";
import { readDocument } from "./preview-document";
import { parseState, type State } from "./state";
import { Unreadable } from "./unreadable";

export type { Planned } from "./planned";
export { Unreadable } from "./unreadable";

/** What is planned, with the config that it was planned with: values as their text, objects as JSON, secrets blinded. */
export interface Previewed extends Planned {
  config: Readonly<Record<string, string>>;
}

/** The texts that a planned change is read from; a preview, or a plan with the state beside it, is the least. */
export interface Sources {
  /** What `pulumi preview --json` prints: the document, or the stream of events. */
  preview?: string;
  /** What `pulumi stack export` prints. */
  state?: string;
  /** The file of `pulumi preview --save-plan`. */
  plan?: string;
}

/**
 * What a preview would change, as far as its sources tell.
 * @throws Unreadable where they are not whole, not of one stack, or leave out who is there and does not change.
 */
export function readPlanned(sources: Sources): Previewed {
  const state = sources.state === undefined ? undefined : parseState(sources.state);
  const plan = sources.plan === undefined ? undefined : parsePlanFile(sources.plan);
  const preview = sources.preview === undefined ? undefined : readPreview(sources.preview);
  if (!preview && !(plan && state)) throw new Unreadable("a plan has differences only: the state beside it is needed");
  if (preview?.missing.includes("--show-sames") && !state) {
    throw new Unreadable(
      "the preview leaves out what does not change, so who serves is not known. " +
        "Give it --show-sames and --show-replacement-steps, or the state beside it",
    );
  }
  const steps = preview?.steps ?? (plan && state ? stepsOfPlan(plan, state) : []);
  const phrases = unseen(state, preview, plan !== undefined);
  return { ...planned(steps, state, plan), unseen: phrases, config: preview?.config ?? {} };
}

interface SeenPreview {
  steps: EngineStep[];
  kind: "document" | "events";
  missing: readonly string[];
  config: Record<string, string>;
}

function readPreview(text: string): SeenPreview {
  if (text.trim() === "") throw new Unreadable("nothing was read: the engine ended before the preview began");
  let whole: unknown;
  try {
    whole = JSON.parse(text);
  } catch {
    const lines = text.split("\n");
    // A document that was cut begins with a line that is no event.
    if (lines[0]?.trim() === "{") throw new Unreadable("the document of the preview is cut off");
    const events = lines.flatMap((line, i) => (line.trim() === "" ? [] : readEvent(line, i + 1)));
    return ofEvents(events);
  }
  if (Array.isArray(whole)) return ofEvents(readEvents(whole));
  const isEvent = typeof whole === "object" && whole !== null && "sequence" in whole;
  if (isEvent) return ofEvents(readEvents([whole]));
  return { kind: "document", ...readDocument(whole) };
}

function ofEvents(events: readonly EngineEvent[]): SeenPreview {
  const config = events.find(({ preludeEvent }) => preludeEvent)?.preludeEvent?.config ?? {};
  return { kind: "events", steps: stepsOfEvents(events), missing: [], config };
}

function unseen(state: State | undefined, preview: SeenPreview | undefined, hasPlan: boolean): string[] {
  const phrases: string[] = [];
  if (!state) phrases.push("what an update that was stopped was doing: it is in the state only");
  if (!state && preview?.missing.includes("--show-replacement-steps")) {
    phrases.push("what an earlier update left to delete: --show-replacement-steps or the state tell it");
  }
  if (!state && preview?.kind === "events") phrases.push("how old each resource is: the state tells it");
  if (preview?.kind === "events" && !hasPlan) {
    phrases.push("what each resource waits for, so all is taken to run at once: --save-plan tells it");
  }
  if (!preview)
    phrases.push("which property makes a replacement, and what --target leaves as it is: the preview tells it");
  if (state && state.sealed > 0) {
    phrases.push(`the secrets in ${state.sealed} of the resources: whether they change is the engine's word`);
  }
  return phrases;
}
