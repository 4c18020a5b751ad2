import { AwsCallError } from "../../live/asked";
import { type Shares, sameShares } from "../../traffic";

/** In milliseconds, from one call to the next: AWS throttles `DescribeRules` for all of an account and region. */
const APART = 10_000;

/**
 * Whether the live weights are others than those that are deployed, for who asks often: AWS is asked every ten seconds. A call
 * without an answer ends no stage: the next one may have one, and the end of the stage asks again.
 *
 * @param read the live shares; undefined where the cloud is not asked (a Gateway)
 */
export function weightsWatch(
  read: () => Promise<Shares | undefined>,
  deployed: Shares,
  now: () => number = Date.now,
): () => Promise<boolean> {
  let last = now();
  return async () => {
    // By a clock that is set back as well.
    if (Math.abs(now() - last) < APART) return false;
    last = now();
    try {
      const live = await read();
      return live !== undefined && !sameShares(live, deployed);
    } catch (error) {
      if (error instanceof AwsCallError) return false;
      throw error;
    }
  };
}
