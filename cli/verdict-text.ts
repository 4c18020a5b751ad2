import { headroomLines } from "./headroom-text";
import { label } from "./markdown";
import { outlookLines } from "./outlook-text";
import type { Change, Verdict } from "./verdict";

type Found = Verdict["findings"][number];

/** The verdict for somebody at a terminal: what changes, what it means for users, what is refused, what was not seen. */
export function verdictText(verdict: Verdict): string {
  const { findings, changes, unseen, outdated } = verdict;
  const refused = findings.filter(({ advisory, accepted }) => !advisory && !accepted);
  const blocks = [
    `${verdict.stack}: ${verdict.result}${refused.length > 0 ? ` (${refused.length})` : ""}`,
    changesText(verdict),
    ...meaningTexts(verdict),
    ...section("Refused", refused.map(findingText)),
    ...section("Accepted by the baseline", findings.filter(({ accepted }) => accepted).map(findingText)),
    ...section("Advice", findings.filter(({ advisory }) => advisory).map(findingText)),
    ...section(
      "Not seen",
      unseen.map((phrase) => `  ${phrase}`),
    ),
  ];
  if (outdated > 0) blocks.push(`The baseline has ${outdated} that are no more: write it anew.`);
  if (changes.length === 0 && refused.length === 0) blocks[1] = "Nothing changes.";
  return `${blocks.join("\n\n")}\n`;
}

/** What an update means: for the users of each route, and for the room in AWS. */
export function meaningTexts({ outlook, headroom }: Verdict): string[] {
  return [...outlook.map(outlookLines), ...(headroom ? [headroomLines(headroom)] : [])].map((lines) =>
    lines.join("\n"),
  );
}

function changesText({ changes, unchanged }: Verdict): string {
  const words = [...new Set(changes.map(({ what }) => what))].map(
    (what) => `${changes.filter((change) => change.what === what).length} to ${what}`,
  );
  return [[...words, `${unchanged} unchanged`].join(", "), ...changes.map(changeText)].join("\n");
}

function changeText({ urn, what, properties, serves }: Change): string {
  const shown = properties.length > 0 ? `  [${properties.join(", ")}]` : "";
  return `  ${what.padEnd(7)} ${label(urn)}${shown}${serves ? `: it ${serves}` : ""}`;
}

function findingText({ policy, urn, what, why, instead }: Found): string {
  return [`  ${policy}  (${label(urn)})`, ...[what, why, instead].map((line) => `    ${line}`)].join("\n");
}

function section(title: string, items: readonly string[]): string[] {
  return items.length > 0 ? [[`${title}:`, ...items].join("\n")] : [];
}
