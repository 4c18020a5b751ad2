/** How a version comes to one environment that serves: in batches, with a pause after each but the last. */
export interface Rolling {
  /** Percent of the targets that have the new version after each batch: whole numbers from 1 on, rising, the last one 100. */
  batches: readonly number[];
  /** Seconds between a batch that is healthy and the next one. */
  pause: number;
}

/** What is wrong with a list of batches, each with its place; an empty answer means nothing. */
export function batchProblems(batches: readonly number[]): { index: number; reason: string }[] {
  if (batches.length === 0) return [{ index: 0, reason: "there is no batch: one at least, and the last one is 100" }];
  return batches.flatMap((batch, index) => {
    const before = batches[index - 1] ?? 0;
    if (!Number.isInteger(batch) || batch < 1 || batch > 100) {
      return [{ index, reason: `${batch} is no batch: a whole number of percent, 1 to 100` }];
    }
    if (batch <= before) {
      return [{ index, reason: `${batch} comes after ${before}: each batch has those before it, so the numbers rise` }];
    }
    if (index === batches.length - 1 && batch !== 100) {
      return [
        { index, reason: `the last batch is ${batch}, and it must be 100, or the rest would keep the old version` },
      ];
    }
    return [];
  });
}

/** How many of so many targets each batch makes new; a percentage is rounded up, as EC2 Auto Scaling's checkpoints are. */
export function batchSizes(size: number, batches: readonly number[]): number[] {
  const sums = batches.map((batch) => Math.ceil((size * batch) / 100));
  return sums.map((sum, index) => sum - (sums[index - 1] ?? 0));
}

/** Why so many targets cannot be split so; undefined where they can. */
export function splitProblem(size: number, batches: readonly number[]): string | undefined {
  const empty = batchSizes(size, batches).indexOf(0);
  if (empty < 0) return undefined;
  const [small, large] = [batches[empty - 1] ?? 0, batches[empty] ?? 0];
  let enough = size + 1;
  while (enough < LARGEST && batchSizes(enough, batches).includes(0)) enough++;
  return `of ${size} the batches of ${small} % and ${large} % are the same ${Math.ceil((size * large) / 100)}: run ${enough} at least, or leave one of the two out`;
}

/** Chosen here: the most tasks that a service may have (ECS quota). */
const LARGEST = 5000;
