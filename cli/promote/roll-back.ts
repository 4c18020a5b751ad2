import { Failure } from "../failure";
import { rollBack as takeBack } from "../rollback/roll-back";
import type { Scene } from "./scene";

/**
 * Takes the candidate back as `crossfade rollback` does: by the API at once, then into the file and the state.
 * @throws Failure where something of it is left to do: the next run of the command goes on with it
 */
export async function rollBack({ stack, progress, force, signal }: Scene, why: string): Promise<void> {
  progress.event(`rolls back: ${why}`);
  const { isRecorded, problem } = await takeBack({
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
  if (!isRecorded && problem !== undefined) {
    throw new Failure(`the roll back is not recorded: ${problem}. Run the same command again`);
  }
}
