import { existsSync, readFileSync } from "node:fs";
import type { Mirror } from "../policies/problems/unlike-mirror";
import { loadParserFor } from "../policies/reading/migrations";
import { readPlanned, type Sources, Unreadable } from "../traffic/sources";
import { parseState } from "../traffic/sources/state";
import { readBaseline, writeBaseline } from "./baseline";
import { Failure } from "./failure";
import { findProject } from "./find-stack-file";
import { isLoss, type Preview, renderPreview } from "./markdown";
import { withSight } from "./outlook-sight";
import { settingsIn } from "./policy-settings";
import { verdictSarif } from "./sarif";
import { exportStack, ProjectStack } from "./stack";
import { type Verdict, verdictOf } from "./verdict";
import { withHeadroom } from "./verdict-headroom";
import { meaningTexts, verdictText } from "./verdict-text";

export interface CheckFlags {
  state?: string;
  plan?: string;
  configFile?: string;
  policyPackConfig?: string;
  baseline?: string;
  writeBaseline?: boolean;
  mirror?: string;
  rate?: number;
  markdown?: boolean;
  json?: boolean;
  sarif?: boolean;
  max: number;
}

/**
 * Judges a preview by the policies, outside of the engine, and prints the verdict. The exit code is 1 where it is refused.
 * @throws Failure with exit code 2 where it cannot be judged: nothing passes that was not seen
 */
export async function check(what: string | undefined, flags: CheckFlags): Promise<number> {
  const formats = (["markdown", "json", "sarif"] as const).filter((format) => flags[format]);
  if (formats.length > 1) throw new Failure(`--${formats.join(" and --")} are two forms of one answer: choose one`, 2);
  if (flags.writeBaseline && flags.baseline === undefined) {
    throw new Failure("--write-baseline needs --baseline: the file to write", 2);
  }
  const settings = flags.policyPackConfig === undefined ? {} : settingsIn(flags.policyPackConfig);
  const baseline = flags.baseline === undefined || flags.writeBaseline ? [] : readBaseline(flags.baseline);
  const sources = await sourcesOf(what, flags);
  const previewed = understood(sources);
  await loadParserFor(previewed.desired);
  const mirror = flags.mirror === undefined ? undefined : await mirrorOf(flags.mirror);
  const judged = verdictOf(previewed, { settings, baseline, mirror });
  const seen = { rate: flags.rate, isStack: isStack(what, flags) };
  const outlook = await withSight(judged.outlook, previewed, seen);
  const verdict = await withHeadroom({ ...judged, outlook }, previewed, { ...seen, settings });
  if (flags.writeBaseline && flags.baseline !== undefined) {
    writeBaseline(flags.baseline, judged.findings);
    const count = judged.findings.filter(({ advisory }) => !advisory).length;
    process.stderr.write(`crossfade: ${flags.baseline} accepts ${count} from now on\n`);
  }
  process.stdout.write(rendered(verdict, formats[0], flags.max));
  return verdict.result === "passes" || flags.writeBaseline ? 0 : 1;
}

/** Else it is a file, or what comes on stdin. */
function isStack(what: string | undefined, { state }: CheckFlags): what is string {
  return what !== undefined && what !== "-" && !existsSync(what) && state === undefined;
}

async function sourcesOf(what: string | undefined, { state, plan, configFile }: CheckFlags): Promise<Sources> {
  const beside = { state: textOf(state), plan: textOf(plan) };
  if (what === undefined && state !== undefined && plan !== undefined) return beside;
  if (what === undefined || what === "-") {
    if (process.stdin.isTTY) {
      throw new Failure("what is to be checked? A stack's name, or the file of a preview's JSON, or that on stdin", 2);
    }
    return { preview: await stdin(), ...beside };
  }
  if (existsSync(what)) return { preview: textOf(what), ...beside };
  if (/\.jsonl?$/.test(what)) throw new Failure(`there is no file ${what}`, 2);
  if (state !== undefined || plan !== undefined) {
    throw new Failure(
      `${what} is no file, and of a stack the state and the plan are asked for: leave --state and --plan out`,
      2,
    );
  }
  return previewed(what, configFile);
}

async function previewed(name: string, configFile: string | undefined): Promise<Sources> {
  const stack = await ProjectStack.open(name, { configFile });
  try {
    return (await stack.preview()).sources;
  } catch (error) {
    throw new Failure(`nothing can be judged: ${(error as Error).message}`, 2);
  } finally {
    stack.close();
  }
}

/** A stack, or the file of its state, that the one which is checked is compared with. */
async function mirrorOf(name: string): Promise<Mirror> {
  try {
    const state = existsSync(name) ? textOf(name) : await exportStack(name, findProject(process.cwd(), name));
    return { name, resources: parseState(state).resources };
  } catch (error) {
    const reason = (error as Error).message;
    throw new Failure(`the mirror ${name} cannot be read, so nothing is compared and nothing passes: ${reason}`, 2);
  }
}

function understood(sources: Sources) {
  try {
    return readPlanned(sources);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    throw new Failure(`this preview cannot be judged, so it does not pass: ${error.message}`, 2);
  }
}

function rendered(verdict: Verdict, format: "markdown" | "json" | "sarif" | undefined, max: number): string {
  if (format === "json") return `${JSON.stringify(verdict)}\n`;
  if (format === "sarif") return `${JSON.stringify(verdictSarif(verdict))}\n`;
  return format === "markdown"
    ? renderPreview(asPreview(verdict), { stack: verdict.stack, max })
    : verdictText(verdict);
}

/** The verdict as the renderer of pull requests takes it. */
function asPreview(verdict: Verdict): Preview {
  const { result, findings, changes, unchanged, unseen, outdated } = verdict;
  const told = (isTold: (finding: Verdict["findings"][number]) => boolean) =>
    findings.filter(isTold).map(({ policy, urn, what, why, instead, accepted }) => ({
      policy: accepted ? `${policy} (accepted by the baseline)` : policy,
      urn,
      message: [what, why, instead].join("\n"),
    }));
  const counted = changes.filter(({ what }) => what !== "delete what an earlier update left");
  const counts: Preview["counts"] = { same: unchanged };
  for (const { what } of counted) {
    const op = what as "create" | "update" | "replace" | "delete";
    counts[op] = (counts[op] ?? 0) + 1;
  }
  const warnings = unseen.map((phrase) => `not seen: ${phrase}`);
  if (outdated > 0) warnings.push(`the baseline has ${outdated} that are no more: write it anew`);
  return {
    result,
    judged: true,
    refusals: told(({ advisory, accepted }) => !advisory && !accepted),
    advice: told(({ advisory, accepted }) => advisory === true || accepted),
    errors: [],
    warnings,
    outlook: meaningTexts(verdict),
    changes: changes
      .map(({ urn, what, properties }) => ({ urn, what, diffs: properties }))
      .sort((one, other) => Number(isLoss(other.what)) - Number(isLoss(one.what))),
    counts,
  };
}

function textOf(path: string): string;
function textOf(path: string | undefined): string | undefined;
function textOf(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Failure(`${path} cannot be read: ${(error as Error).message}`, 2);
  }
}

async function stdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
