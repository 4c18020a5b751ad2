import { setTimeout as sleep } from "node:timers/promises";
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
 * Where one route's cannot be looked at or written, the others' are all the same.
 * @throws what came last, where it goes on for ten looks: the cloud does not answer any more, or a rule is another one by now
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
    let wasRaised = false;
    const look = async (writer: WeightWriter) => {
      if (await writer.isDone()) return;
      await writer.write();
      wasRaised = true;
      onRaised(writer.name);
    };
    const looks = await Promise.allSettled(writers.map(look));
    const failed = looks.find(({ status }) => status === "rejected") as PromiseRejectedResult | undefined;
    failures = failed ? failures + 1 : 0;
    if (failed && failures === FAILURES) throw failed.reason;
    if (last && !failed && !wasRaised) return;
  }
}
