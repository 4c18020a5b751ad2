import { didYouMean } from "../components/config-problem";
import { progressTo } from "../load/progress";
import { isWanted } from "./ask";
import { Failure, failedBy } from "./failure";
import { outlookLines } from "./outlook-text";
import { settingsIn } from "./policy-settings";
import { openJudging } from "./promote/judging";
import { FINISH } from "./promote/next-move";
import { type Ended, release } from "./promote/release";
import { rollBack } from "./promote/roll-back";
import type { Scene } from "./promote/scene";
import { ProjectStack } from "./stack";
import { stopSignal } from "./stop-signal";
import type { Verdict } from "./verdict";
import { verdictText } from "./verdict-text";

export interface PromoteFlags {
  to: string;
  from?: string;
  yes?: boolean;
  force?: boolean;
  /** False by `--no-analysis`. */
  analysis: boolean;
  configFile?: string;
  policyPackConfig?: string;
  json?: boolean;
}

/** 0: the target is reached and has held. 1: refused, failed, or rolled back. 2: wrong usage. 3: inconclusive at the deadline. */
const EXIT_CODES: Record<Ended["result"], number> = { done: 0, "rolled back": 1, inconclusive: 3 };

/**
 * Releases the candidate of a stack stage by stage, judged at each, and takes it back when it does worse than stable. It does what
 * a person would do by editing one line and running `pulumi up`, and keeps nothing of its own: killed, the same command goes on.
 */
export async function promote(name: string, flags: PromoteFlags): Promise<number> {
  if (!flags.yes && !process.stdin.isTTY) {
    throw new Failure("nobody can be asked here: give it --yes, which answers for the whole way", 2);
  }
  const settings = flags.policyPackConfig === undefined ? {} : settingsIn(flags.policyPackConfig);
  const { configFile, policyPackConfig } = flags;
  const stack = await ProjectStack.open(name, { configFile, policySettings: policyPackConfig });
  const progress = progressTo(process.stderr);
  const stopped = stopSignal(
    new Failure("stopped. What is deployed stays as it is; the same command goes on from there"),
  );
  try {
    assertStage(stack, flags.to, [FINISH]);
    if (flags.from !== undefined) assertStage(stack, flags.from, []);
    const scene: Scene = {
      stack,
      progress,
      signal: stopped.signal,
      settings,
      force: flags.force === true,
      show: showing((text) => progress.event(text)),
      confirm: confirmOnce(name, flags),
    };
    const ended = await release(scene, {
      target: flags.to,
      from: flags.from,
      judgingOf: async (looked) => (flags.analysis ? openJudging(looked) : undefined),
      rollBack: (why) => rollBack(scene, why),
    });
    progress.end();
    const exitCode = EXIT_CODES[ended.result];
    const said = flags.json
      ? JSON.stringify({ stack: name, ...ended, exitCode })
      : `${name}: ${ended.result}: ${ended.why}`;
    process.stdout.write(`${said}\n`);
    return exitCode;
  } catch (error) {
    progress.end();
    if (flags.json) process.stdout.write(`${JSON.stringify({ stack: name, stages: [], ...failedBy(error) })}\n`);
    throw error;
  } finally {
    stopped.end();
    stack.close();
  }
}

/** A stage of the stack file, or one of the others. */
function assertStage({ file }: ProjectStack, name: string, others: readonly string[]): void {
  file.assertEditable();
  const { stages } = file.config(process.env.CROSSFADE_LOCAL !== undefined).rollout;
  const known = [...stages.map((stage) => stage.name), ...others];
  if (known.includes(name)) return;
  throw new Failure(`there is no stage "${name}".${didYouMean(name, known)} Known: ${known.join(", ")}`, 2);
}

/** All that `check` says of the first update and of one that is refused; of the others what they mean for users. */
function showing(tell: (text: string) => void): (verdict: Verdict) => void {
  let shown = 0;
  return (verdict) => {
    const isWhole = shown++ === 0 || verdict.result === "refused";
    const lines = verdict.outlook.map((outlook) => outlookLines(outlook).join("\n"));
    tell(isWhole ? verdictText(verdict).trimEnd() : lines.join("\n"));
  };
}

/** Asks before the first update; the answer is for all of them. */
function confirmOnce(stack: string, { yes, to }: PromoteFlags): (next: string) => Promise<void> {
  let isSaid = yes === true;
  return async (next) => {
    if (isSaid) return;
    isSaid = await isWanted(`Promote ${stack} to ${next}, and on to ${to} stage by stage?`);
    if (!isSaid) throw new Failure("not wanted. Nothing was changed");
  };
}
