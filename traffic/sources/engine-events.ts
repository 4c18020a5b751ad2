import { z } from "zod";
import { type EngineStep, operation, streamed, streamedStep } from "./engine-step";
import { Unreadable } from "./unreadable";

const step = z.object({ metadata: streamedStep });

/** The kinds of events that an engine writes (pulumi/sdk, `apitype.EngineEvent`), with the shape of those that are read here. */
const EVENTS = {
  summaryEvent: z.object({
    result: z.enum(["succeeded", "failed", "canceled"]),
    isPreview: z.boolean(),
    resourceChanges: z.partialRecord(operation, z.number()).nullable(),
    PolicyPacks: z.record(z.string(), z.string()).nullable(),
  }),
  resourcePreEvent: step,
  resOutputsEvent: step,
  resOpFailedEvent: step,
  policyEvent: z.object({
    resourceUrn: z.string().default(""),
    message: z.string(),
    policyName: z.string(),
    enforcementLevel: z.enum(["advisory", "mandatory", "remediate"]),
  }),
  policyRemediationEvent: z.object({ resourceUrn: z.string().default(""), policyName: z.string() }),
  diagnosticEvent: z.object({
    urn: z.string().default(""),
    message: z.string(),
    severity: z.enum(["debug", "info", "info#err", "warning", "error"]),
    ephemeral: z.boolean().default(false),
  }),
  errorEvent: z.object({ error: z.string() }),
  policyAnalyzeStackSummaryEvent: z.object({}),
  cancelEvent: z.object({}),
  preludeEvent: z.object({ config: z.record(z.string(), z.string()).nullish() }),
  stdoutEvent: null,
  policyLoadEvent: null,
  policyAnalyzeSummaryEvent: null,
  policyRemediateSummaryEvent: null,
  startDebuggingEvent: null,
  progressEvent: null,
} as const;
type Kind = keyof typeof EVENTS;

export type EngineEvent = { [K in Kind]?: (typeof EVENTS)[K] extends z.ZodType ? z.infer<(typeof EVENTS)[K]> : never };

/**
 * Reads one line of the stream of `pulumi preview --json`. All of it must be understood: what is not could be a refusal.
 * @throws Unreadable where it is cut, or written by an engine that says more than is known here.
 */
export function readEvent(line: string, number: number): EngineEvent {
  let object: unknown;
  try {
    object = JSON.parse(line);
  } catch {
    throw new Unreadable(`line ${number} is no whole event: ${JSON.stringify(line.slice(0, 60))}`);
  }
  return toEvent(object, `line ${number}`);
}

function toEvent(object: unknown, where: string): EngineEvent {
  const kinds = Object.keys(object ?? {}).filter((key) => key !== "sequence" && key !== "timestamp");
  const [kind = "nothing"] = kinds;
  if (kinds.length !== 1 || !Object.hasOwn(EVENTS, kind)) {
    throw new Unreadable(`${where} is of a kind that is not known here: ${kinds.slice(0, 5).join(", ") || kind}`);
  }
  const read = EVENTS[kind as Kind]?.safeParse((object as Record<string, unknown>)[kind]);
  if (read?.success === false) {
    const reason = z.prettifyError(read.error).replace(/\s+/g, " ");
    throw new Unreadable(`${where}, ${kind}, is not written as by the engine that is known here: ${reason}`);
  }
  return { [kind]: read?.data } as EngineEvent;
}

/**
 * The steps of a preview by its events: the lines that the engine writes, or a list of them as the Automation API hands them out.
 * @throws Unreadable where it is not the whole of one preview that succeeded.
 */
export function stepsOfEvents(events: readonly EngineEvent[]): EngineStep[] {
  const summaries = events.flatMap(({ summaryEvent }) => summaryEvent ?? []);
  const [summary] = summaries;
  if (!summary)
    throw new Unreadable("the preview has no result: it was cut off, or the engine ended before it had one");
  if (summaries.length > 1) throw new Unreadable("it holds more than one preview");
  if (!summary.isPreview) throw new Unreadable("these are the events of an update, not of a preview");
  if (summary.result !== "succeeded")
    throw new Unreadable(`the preview ${summary.result}, so its steps are not all there`);
  const outputs = new Map(
    events.flatMap(({ resOutputsEvent }) =>
      resOutputsEvent ? [[key(resOutputsEvent.metadata), resOutputsEvent]] : [],
    ),
  );
  return events.flatMap(({ resourcePreEvent }) => {
    if (!resourcePreEvent) return [];
    const { metadata } = resourcePreEvent;
    // What a provider foretells of the outputs comes after the step.
    const told = outputs.get(key(metadata))?.metadata.new?.outputs;
    return streamed(metadata.new && told ? { ...metadata, new: { ...metadata.new, outputs: told } } : metadata);
  });
}

function key({ op, urn }: { op: string; urn: string }): string {
  return `${op} ${urn}`;
}

/** Reads the events of a list. */
export function readEvents(list: readonly unknown[]): EngineEvent[] {
  return list.map((event, index) => toEvent(event, `event ${index + 1}`));
}
