import { setTimeout as sleep } from "node:timers/promises";
import { AwsCallError } from "../../live/asked";
import type { WeightWriter } from "./weight-writer";

export interface HoldOptions {
  /** Called when somebody has written other weights, which were written over. */
  onRaised: (name: string) => void;
  /** Milliseconds from one look to the next. AWS bounds how often an account may ask. @default 500 */
  lookMs?: number;
}

/** So many looks in a row may fail. */
const FAILURES = 10;

/**
 * Looks at the weights again and again, and writes them anew where somebody has written others: the last writer of a rule wins, and
 * an update that is being stopped still finishes its step. It comes to its end when `over` has and the weights are as they must be.
 * @throws AwsCallError where the cloud does not answer any more
 */
export async function holdWeights(
  writers: readonly WeightWriter[],
  over: Promise<unknown>,
  { onRaised, lookMs = 500 }: HoldOptions,
): Promise<void> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  over.then(end, end);
  for (let failures = 0; ; await Promise.race([sleep(lookMs), ...(isOver ? [] : [over.catch(() => {})])])) {
    const last: boolean = isOver;
    try {
      const raised = await written(writers);
      for (const { name } of raised) onRaised(name);
      if (last && raised.length === 0) return;
      failures = 0;
    } catch (error) {
      if (!(error instanceof AwsCallError) || ++failures === FAILURES) throw error;
    }
  }
}

/** Those that had to be written. */
async function written(writers: readonly WeightWriter[]): Promise<WeightWriter[]> {
  const wrong = await Promise.all(writers.map(async (writer) => ((await writer.isDone()) ? [] : [writer])));
  await Promise.all(wrong.flat().map((writer) => writer.write()));
  return wrong.flat();
}
