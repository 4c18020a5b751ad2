import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { type EngineEvent, readEvent } from "../traffic/sources/engine-events";
import type { Operation } from "../traffic/sources/engine-step";
import { Unreadable } from "../traffic/sources/unreadable";
import { Failure } from "./failure";
import { isLoss, label, type Preview, renderPreview } from "./markdown";

/**
 * Prints what a preview says, as Markdown. The exit code is 1 where it was refused or failed.
 * @throws Failure with exit code 2 where that cannot be told.
 */
export async function findings(options: { stack: string; max: number }): Promise<number> {
  if (process.stdin.isTTY) throw new Failure('the stream of a preview is read from stdin: put "< preview.jsonl"', 2);
  const preview = await readPreview(process.stdin);
  process.stdout.write(renderPreview(preview, options));
  return preview.result === "passes" ? 0 : 1;
}

/**
 * Reads the stream of `pulumi preview --json`. All of it must be understood: what is not could be a refusal.
 * @throws Failure where the stream is cut, or written by an engine that says more than is known here.
 */
export async function readPreview(stream: Readable): Promise<Preview> {
  const preview: Omit<Preview, "result"> = {
    judged: false,
    refusals: [],
    advice: [],
    errors: [],
    warnings: [],
    changes: [],
    counts: {},
  };
  const operations = new Map<string, { ops: Set<Operation>; diffs: string[] }>();
  let summary: EngineEvent["summaryEvent"];
  let ended = false;
  let number = 0;
  for await (const line of createInterface({ input: stream })) {
    number++;
    if (line.trim() === "") continue;
    if (ended) throw unreadable(`line ${number} comes after the stream's end: it must hold one preview`);
    const event = understood(line, number);
    if (event.summaryEvent) summary = event.summaryEvent;
    if (event.cancelEvent) ended = true;
    if (event.policyAnalyzeStackSummaryEvent) preview.judged = true;
    if (event.errorEvent) preview.errors.push(event.errorEvent.error);
    if (event.resOpFailedEvent) preview.errors.push(`${label(event.resOpFailedEvent.metadata.urn)}: the step failed`);
    if (event.policyEvent) {
      const { policyName: policy, resourceUrn: urn, message, enforcementLevel } = event.policyEvent;
      (enforcementLevel === "advisory" ? preview.advice : preview.refusals).push({ policy, urn, message });
    }
    if (event.policyRemediationEvent) {
      const { policyName: policy, resourceUrn: urn } = event.policyRemediationEvent;
      preview.advice.push({ policy, urn, message: "This policy itself changes the resource's inputs." });
    }
    if (event.diagnosticEvent && !event.diagnosticEvent.ephemeral) {
      const { severity, urn, message } = event.diagnosticEvent;
      const text = `${urn && `${label(urn)}: `}${message.trim()}`;
      if (severity === "error") preview.errors.push(text);
      if (severity === "warning") preview.warnings.push(text);
    }
    if (event.resourcePreEvent) {
      const { urn, op, diffs } = event.resourcePreEvent.metadata;
      const seen = operations.get(urn) ?? { ops: new Set(), diffs: [] };
      operations.set(urn, { ops: seen.ops.add(op), diffs: diffs?.length ? diffs : seen.diffs });
    }
  }
  if (number === 0)
    throw unreadable("nothing was read: the engine ended before the preview began, and said why on stderr");
  if (!ended) throw unreadable(`the stream is cut after line ${number}`);
  if (!summary) throw unreadable("the engine ended before the preview had a result, and said why on stderr");
  if (!summary.isPreview) throw unreadable("this is the stream of an update, not of a preview");
  if (Object.keys(summary.PolicyPacks ?? {}).length === 0) {
    throw unreadable('no policy pack was asked: put "--policy-pack policies"');
  }
  if (summary.result === "succeeded" && !preview.judged) throw unreadable("no policy judged the stack as a whole");
  preview.counts = summary.resourceChanges ?? {};
  for (const [urn, { ops, diffs }] of operations) {
    const what = operationOf(ops);
    if (what) preview.changes.push({ urn, what, diffs });
  }
  preview.changes.sort((one, other) => Number(isLoss(other.what)) - Number(isLoss(one.what)));
  const failed = summary.result !== "succeeded";
  // The engine's last words after a refusal, which say nothing more.
  if (preview.refusals.length > 0) preview.errors = preview.errors.filter((error) => error !== "preview failed");
  const result = preview.refusals.length > 0 ? "refused" : failed ? "failed" : "passes";
  return { result, ...preview };
}

function understood(line: string, number: number): EngineEvent {
  try {
    return readEvent(line, number);
  } catch (error) {
    if (number === 1 && line.trim() === "{") {
      throw unreadable(
        'this is the document of "pulumi preview --json", which has no results of policies: ' +
          "set PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true",
      );
    }
    throw error instanceof Unreadable ? unreadable(error.message) : error;
  }
}

function unreadable(reason: string): Failure {
  return new Failure(`what the policies say of this preview cannot be told, so it does not pass: ${reason}`, 2);
}

/** One word for the steps of a resource; undefined where nothing happens to it. */
function operationOf(ops: Set<Operation>): string | undefined {
  if (ops.has("replace")) return "replace";
  // No count of the engine's has it: an earlier update stopped between the new one and the deletion of the old one.
  if (ops.has("delete-replaced")) return "delete what an earlier update left";
  return [...ops].find((op) => op !== "same");
}
