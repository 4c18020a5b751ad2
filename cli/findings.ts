import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { nameOf } from "../traffic";
import { type EngineEvent, readEvent } from "../traffic/sources/engine-events";
import type { Operation } from "../traffic/sources/engine-step";
import { Unreadable } from "../traffic/sources/unreadable";
import { Failure } from "./failure";

/** A comment on GitHub holds 65,536 characters, the summary of a step 1 MiB. One item alone must not fill them. */
const LONGEST_ITEM = 4000;
const LEAST_SPACE = 2000;

const WORDS: Record<Operation, string> = {
  create: "to create",
  update: "to update",
  replace: "to replace",
  delete: "to delete",
  import: "to import",
  "import-replacement": "to import in place of others",
  read: "to read",
  "read-replacement": "to read in place of others",
  refresh: "to refresh",
  discard: "to forget",
  same: "unchanged",
  // The steps that a replacement or an earlier update's rest is made of.
  "create-replacement": "",
  "delete-replaced": "",
  "discard-replaced": "",
  "remove-pending-replace": "",
};

interface Finding {
  policy: string;
  urn: string;
  message: string;
}

/** What one preview says. */
export interface Preview {
  result: "passes" | "refused" | "failed";
  /** Whether the policies saw the whole stack. Where they did not, there may be more to find. */
  judged: boolean;
  refusals: Finding[];
  advice: Finding[];
  errors: string[];
  warnings: string[];
  changes: { urn: string; what: string; diffs: string[] }[];
  counts: Partial<Record<Operation, number>>;
}

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

/** Deletions and replacements come first: they are what a reader looks for. */
function isLoss(what: string): boolean {
  return what === "replace" || what.startsWith("delete");
}

/** The preview as Markdown that fits into `max` bytes: what refuses first, and what does not fit is counted. */
export function renderPreview(preview: Preview, { stack, max }: { stack: string; max: number }): string {
  if (max < LEAST_SPACE) throw new Failure(`--max must be ${LEAST_SPACE} or more`, 2);
  if (!/^[\w./-]{1,200}$/.test(stack)) throw new Failure(`${JSON.stringify(stack)} is no name of a stack`, 2);
  const { result, judged, refusals, advice, errors, warnings, changes } = preview;
  const head = [`### ${stack}: ${result}`, countsOf(preview)];
  if (!judged) head.push("The preview stopped before the policies saw the whole stack: there may be more to find.");
  const sections = [
    section("Refused by the policies", refusals.map(findingText)),
    section("Advice of the policies", advice.map(findingText)),
    section("Errors", errors),
    section("Warnings", warnings),
    section("Changes", changes.map(changeText)),
  ];
  // Each section may need its title although nothing of it fits.
  let left = max - Buffer.byteLength(head.join("\n\n")) - 150 * sections.length;
  const blocks = [...head];
  for (const { title, items, fence } of sections.filter(({ items }) => items.length > 0)) {
    let room = left - 2 * fence.length;
    const fitting = items.filter((item) => {
      const size = Buffer.byteLength(item) + 1;
      if (size > room) return false;
      room -= size;
      return true;
    });
    const count =
      fitting.length === items.length ? `${items.length}` : `${items.length}, of which ${fitting.length} fit here`;
    blocks.push(`**${title}: ${count}**`);
    if (fitting.length === 0) continue;
    blocks.push([`${fence}text`, ...fitting, fence].join("\n"));
    left = room;
  }
  return `${blocks.join("\n\n")}\n`;
}

function countsOf({ counts, result }: Preview): string {
  const words = (Object.keys(WORDS) as Operation[])
    .filter((op) => counts[op] && WORDS[op])
    .map((op) => `${counts[op]} ${WORDS[op]}`);
  return `${words.join(", ") || "Nothing to change"}${result === "failed" ? ", as far as the preview came" : ""}.`;
}

/** What others wrote stays text: in a fence that is longer than any in it, nothing is a link, a mention or HTML. */
function section(title: string, texts: string[]) {
  const items = texts.map(plain);
  const longest = Math.max(2, ...items.flatMap((item) => item.match(/`+/g) ?? []).map(({ length }) => length));
  return { title, items, fence: "`".repeat(longest + 1) };
}

/** One item's text, cut where it is too long, with everything that a reader would not see made visible. */
function plain(text: string): string {
  const lines = text.replace(/\r\n?/g, "\n").trimEnd();
  const visible = lines.replace(/[^\P{C}\n\t]|[\u2028\u2029]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
  const points = [...visible];
  return points.length <= LONGEST_ITEM ? visible : `${points.slice(0, LONGEST_ITEM).join("")}… (cut)`;
}

function findingText({ policy, urn, message }: Finding): string {
  return `${policy}  (${label(urn)})\n${message.trimEnd().replace(/^/gm, "  ")}`;
}

function changeText({ urn, what, diffs }: Preview["changes"][number]): string {
  return `${what}  ${label(urn)}${diffs.length > 0 ? `  [${diffs.join(", ")}]` : ""}`;
}

/** Type and name, as the engine's own display has them: `aws:lb:TargetGroup shop-blue`. */
function label(urn: string): string {
  if (urn === "") return "the stack";
  const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
  return `${type.replace(/^([^:]+:[^:/]+)\/[^:]+:/, "$1:")} ${nameOf(urn)}`;
}
