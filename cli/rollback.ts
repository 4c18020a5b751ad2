import { relative } from "node:path";
import { createInterface } from "node:readline/promises";
import { progressTo } from "../load/progress";
import { Failure } from "./failure";
import { commitEdit } from "./rollback/commit-edit";
import { recordEdit } from "./rollback/record-edit";
import { type RolledBack, rollBack } from "./rollback/roll-back";
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
type Told = RolledBack & { stack: string; commit?: { message: string; command: string; made?: string } };

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
    if (flags.json && error instanceof Failure) {
      const { message: why, exitCode } = error;
      process.stdout.write(`${JSON.stringify({ stack, result: "failed", why, exitCode })}\n`);
    }
    throw error;
  } finally {
    progress.end();
    stopped.end();
  }
}

/** The commit to make, and what was made of it. */
async function committed(
  stack: string,
  { routes: [first], rejected, file }: RolledBack,
  { commit }: RollbackFlags,
  say: (line: string) => void,
): Promise<Told["commit"]> {
  if (!first) return undefined;
  const { to, from } = first;
  const versions = rejected.map(({ digest }) => digest.slice(0, 19)).join(", ");
  const message = `Roll ${stack} back to ${to}${versions ? `: ${versions} of ${from} is rejected` : ""}`;
  const command = `git commit -m "${message}" -- ${relative(process.cwd(), file)}`;
  if (!commit) return { message, command };
  try {
    const made = await commitEdit(file, (version) => void recordEdit(version, { stable: to, rejected }), message);
    return { message, command, made };
  } catch (error) {
    say((error as Error).message);
    return { message, command };
  }
}

function textOf({ stack, result, routes, rejected, isRecorded, problem, commit }: Told): string {
  if (result === "nothing to do") return `${stack}: nothing to roll back\n`;
  const lines = routes.map(({ route, to, from, had }) => `${route}: ${to} has all new requests; ${from} had ${had} %`);
  for (const { digest } of rejected) lines.push(`rejected: ${digest}`);
  if (!isRecorded) {
    const where = routes.every(({ by }) => by === "api")
      ? "the weights are live as said above"
      : "see above what has moved";
    lines.push(`NOT RECORDED, ${where}: ${problem}`, `Then run it again: crossfade rollback ${stack}`);
  } else if (problem !== undefined) lines.push(`recorded, but: ${problem}`);
  if (commit?.made) lines.push(`committed: ${commit.made.slice(0, 12)} ${commit.message}`, "To do: git push");
  else if (commit) lines.push("To do, or the next commit of the file has the release again:", `  ${commit.command}`);
  return `${lines.join("\n")}\n`;
}

async function asked(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw new Failure(`${question} Nobody can be asked here: --yes says so`, 2);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure("not wanted. No weight was moved");
}
