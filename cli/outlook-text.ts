import { nameOf, spokenDuration } from "../traffic";
import { EXAMPLE_RATE, type NamedShares, type Outlook, type RolloutOutlook } from "./outlook";
import { sightLines } from "./sight-text";

const KINDS: Record<Outlook["kind"], string> = {
  install: "is installed",
  stay: "keeps its weights",
  promote: "is promoted",
  rollback: "is rolled back",
  finish: "is finished: the candidate becomes stable",
  return: "returns to the earlier version",
  refused: "would move as no rollout may",
  weights: "gets other weights",
};

/** What an update means for the users of a route, a line for each thing that one asks. What is not known is said. */
export function outlookLines({ urn, kind, before, after, atStake, rollout }: Outlook): string[] {
  const lines = [
    `${nameOf(urn)} ${KINDS[kind]}${rollout && kind === "promote" ? ` to ${rollout.stage}` : ""}`,
    row("serves", before || kind !== "install" ? `${shares(before)} -> ${shares(after)}` : shares(after)),
  ];
  if (atStake !== undefined)
    lines.push(row("at stake", `${percent(atStake)} of the requests get another version than before`));
  else if (kind !== "install") lines.push(row("at stake", "not known before the update"));
  return rollout ? [...lines, ...rolloutLines(rollout)] : lines;
}

function rolloutLines(rollout: RolloutOutlook): string[] {
  const { stage, candidate, exposure, ahead, sight, warmUp, wayBack, extraTasks } = rollout;
  const bakes = ahead.reduce((sum, { seconds }) => sum + seconds, 0);
  const toFull = bakes + (warmUp ?? 0);
  const parts = ahead.map(({ stage, seconds }) => `${stage} ${spokenDuration(seconds)}`);
  if (warmUp !== undefined && warmUp > 0) parts.push(`slow start ${spokenDuration(warmUp)}`);
  const lines = [
    row(
      "exposure",
      `where ${candidate} fails ${percent(EXAMPLE_RATE)} of its requests, ${percent(exposure * EXAMPLE_RATE)} of all fail (${percent(exposure)} x ${percent(EXAMPLE_RATE)}; SRE workbook, "Canarying Releases")`,
    ),
    row(
      "to full",
      stage === "full"
        ? `${candidate} has it all`
        : `${spokenDuration(toFull)} at least${parts.length > 0 ? ` (${parts.join(", ")})` : ""}, and the time that the updates take${warmUp === undefined ? "; the warm-up is not known before the update" : ""}`,
    ),
    row(
      "way back",
      wayBack.closedBy.length > 0
        ? `closed by this update: ${wayBack.closedBy.map((urn) => `"${nameOf(urn)}"`).join(", ")} of ${wayBack.to} would not be there as it is`
        : `stage: idle gives all to ${wayBack.to}; open until ${wayBack.notBefore.toISOString()} at least, and then while ${wayBack.to} stands`,
    ),
    ...(sight ? sightLines(sight).map((line, index) => row(index === 0 ? "sees" : "", line)) : []),
  ];
  const hours = extraTasks !== undefined && (extraTasks * toFull) / 3600;
  const tasks = extraTasks === 1 ? "1 task" : `${extraTasks} tasks`;
  lines.push(
    row(
      "extra",
      hours === false
        ? `how many tasks ${candidate} runs is not known before the update`
        : `${tasks} of ${candidate} beside ${wayBack.to} for ${spokenDuration(toFull)}: ${round(hours)} task-hours`,
    ),
  );
  return lines;
}

/** A line of what an update means, under its title. */
export function row(title: string, text: string): string {
  return `  ${title.padEnd(9)} ${text}`;
}

function shares(named: NamedShares | undefined): string {
  if (!named) return "(not known)";
  const parts = Object.entries(named).map(([name, share]) => `${name} ${percent(share / 100)}`);
  return parts.join(", ") || "nobody";
}

function percent(part: number): string {
  return `${round(part * 100)} %`;
}

/** To one decimal, and none where there is none. */
function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
