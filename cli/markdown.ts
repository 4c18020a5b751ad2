import { nameOf } from "../traffic";
import type { Operation } from "../traffic/sources/engine-step";
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
  /** What it means for users, a paragraph for each route. */
  outlook?: string[];
  changes: { urn: string; what: string; diffs: string[] }[];
  counts: Partial<Record<Operation, number>>;
}

/** Deletions and replacements come first: they are what a reader looks for. */
export function isLoss(what: string): boolean {
  return what === "replace" || what.startsWith("delete");
}

/** The preview as Markdown that fits into `max` bytes: what refuses first, and what does not fit is counted. */
export function renderPreview(preview: Preview, { stack, max }: { stack: string; max: number }): string {
  if (max < LEAST_SPACE) throw new Failure(`--max must be ${LEAST_SPACE} or more`, 2);
  if (!/^[\w./-]{1,200}$/.test(stack)) throw new Failure(`${JSON.stringify(stack)} is no name of a stack`, 2);
  const { result, judged, refusals, advice, errors, warnings, changes, outlook = [] } = preview;
  const head = [`### ${stack}: ${result}`, countsOf(preview)];
  if (!judged) head.push("The preview stopped before the policies saw the whole stack: there may be more to find.");
  const sections = [
    section("Refused by the policies", refusals.map(findingText)),
    section("Advice of the policies", advice.map(findingText)),
    section("Errors", errors),
    section("Warnings", warnings),
    section("What it means for users", outlook),
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
export function label(urn: string): string {
  if (urn === "") return "the stack";
  const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
  return `${type.replace(/^([^:]+:[^:/]+)\/[^:]+:/, "$1:")} ${nameOf(urn)}`;
}
