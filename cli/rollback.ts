import { progressTo } from "../load/progress";
import { isWanted } from "./ask";
import { Failure, failedBy } from "./failure";
import { commitEdit } from "./rollback/commit-edit";
import { type CommitWords, commitWords } from "./rollback/commit-words";
import { recordEdit } from "./rollback/record-edit";
import { hasMoved, type RolledBack, rollBack } from "./rollback/roll-back";
import { stopSignal } from "./stop-signal";

export interface RollbackFlags {
  commit?: boolean;
  force?: boolean;
  yes?: boolean;
  reason?: string;
  configFile?: string;
  json?: boolean;
}

/** What the command has done, as `--json` prints it. */
type Told = RolledBack & { stack: string; commit?: CommitWords & { made?: string } };

/**
 * Takes the release of a stack back, at once and in any state that it is in, and prints the commit to make. The exit code is 1
 * where something is left to do: the weights are on stable then all the same.
 */
export async function rollback(stack: string, flags: RollbackFlags): Promise<number> {
  const progress = progressTo(process.stderr);
  const stopped = stopSignal(new Failure("stopped by a signal"));
  const say = (line: string) => progress.event(line);
  try {
    const confirm = (question: string) => asked(question, flags.yes === true);
    const { configFile, force, reason } = flags;
    const done = await rollBack({ stack, configFile, force, reason, say, confirm, signal: stopped.signal });
    const told: Told = { stack, ...done, ...(done.isRecorded && { commit: await committed(stack, done, flags, say) }) };
    process.stdout.write(flags.json ? `${JSON.stringify(told)}\n` : textOf(told));
    return done.problem === undefined ? 0 : 1;
  } catch (error) {
    if (flags.json) process.stdout.write(`${JSON.stringify({ stack, ...failedBy(error) })}\n`);
    throw error;
  } finally {
    progress.end();
    stopped.end();
  }
}

/** The commit to make, and what was made of it. */
async function committed(
  stack: string,
  done: RolledBack,
  { commit }: RollbackFlags,
  say: (line: string) => void,
): Promise<Told["commit"]> {
  const words = commitWords(stack, done);
  const [first] = done.routes;
  if (!commit || !words || !first) return words;
  const edit = { stable: first.to, rejected: done.rejected };
  try {
    return { ...words, made: await commitEdit(done.file, (version) => void recordEdit(version, edit), words.message) };
  } catch (error) {
    say((error as Error).message);
    return words;
  }
}

function textOf(told: Told): string {
  const { stack, result, routes, rejected, isRecorded, problem, commit } = told;
  if (result === "nothing to do") return `${stack}: nothing to roll back\n`;
  const lines = routes.map((one) => {
    const { route, to, from, had } = one;
    if (hasMoved(one, told)) return `${route}: ${to} has all new requests; ${from} had ${had} %`;
    return `${route}: NOT MOVED: ${from} had ${had} %, and keeps what it has`;
  });
  for (const { digest } of rejected) lines.push(`rejected: ${digest}`);
  if (!isRecorded) {
    const areLive = routes.every((one) => hasMoved(one, told));
    const live = areLive ? "the weights are live as said above" : "see above what has moved";
    const where = result === "not moved" ? "and no weight was moved" : live;
    lines.push(`NOT RECORDED, ${where}: ${problem}`, `Then run it again: crossfade rollback ${stack}`);
  } else if (problem !== undefined) lines.push(`recorded, but: ${problem}`);
  if (commit?.made) lines.push(`committed: ${commit.made.slice(0, 12)} ${commit.message}`, "To do: git push");
  else if (commit) lines.push("To do, or the next commit of the file has the release again:", `  ${commit.command}`);
  return `${lines.join("\n")}\n`;
}

async function asked(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw new Failure(`${question} Nobody can be asked here: --yes says so`, 2);
  if (!(await isWanted(question))) throw new Failure("not wanted. No weight was moved");
}
