import { Failure } from "../failure";
import { commitWords } from "../rollback/commit-words";
import { rollBack as takeBack } from "../rollback/roll-back";
import type { Scene } from "./scene";

/**
 * Takes the candidate back as `crossfade rollback` does: by the API at once, then into the file and the state.
 * @throws Failure where something of it is left to do: the next run of the command goes on with it
 */
export async function rollBack({ stack, progress, force, signal }: Scene, why: string): Promise<void> {
  progress.event(`rolls back: ${why}`);
  const done = await takeBack({
    stack: stack.name,
    configFile: stack.file.path,
    reason: why,
    force,
    say: (line) => progress.event(line),
    confirm: async () => {
      throw new Failure("the version that is stable has all requests: a promotion does not take that back");
    },
    signal,
  });
  const { result, isRecorded, problem } = done;
  if (result === "not moved") {
    throw new Failure(
      `the roll back has moved NO weight: ${problem}. Run the same command again, or crossfade rollback`,
    );
  }
  if (result === "nothing to do")
    throw new Failure(`${why}; and what is live has nothing to take back. Look at it: crossfade status`);
  if (!isRecorded) throw new Failure(`the roll back is not recorded: ${problem}. Run the same command again`);
  if (problem !== undefined) progress.event(`recorded, but: ${problem}`);
  if (done.rejected.length === 0) {
    progress.event(
      "both versions run one image, so nothing is rejected: this command would release it again. Change its line first",
    );
  }
  const commit = commitWords(stack.name, done);
  if (commit) progress.event(`To do, or the next commit of the file has the release again: ${commit.command}`);
}
