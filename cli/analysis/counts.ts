/** Of so many events, so many were bad: errors of all answers, answers over a second of all answers, any such pair. */
export interface Counts {
  bad: number;
  all: number;
}

/** What both versions did in the same stretch of time: a minute of CloudWatch, a second of a load of our own. */
export interface Block {
  /** In milliseconds since 1970, or since any moment that all blocks share. */
  startMs: number;
  candidate: Counts;
  stable: Counts;
}

/** Both versions over all blocks. */
export function totals(blocks: readonly Block[]): Pick<Block, "candidate" | "stable"> {
  const sum = (version: "candidate" | "stable") => ({
    bad: blocks.reduce((bad, block) => bad + block[version].bad, 0),
    all: blocks.reduce((all, block) => all + block[version].all, 0),
  });
  return { candidate: sum("candidate"), stable: sum("stable") };
}

/** Throws where blocks cannot be what was counted: such figures prove nothing, and must not pass for good ones. */
export function checkBlocks(blocks: readonly Block[]): void {
  blocks.forEach((block, index) => {
    const before = blocks[index - 1];
    if (!Number.isFinite(block.startMs)) throw new RangeError(`block ${index + 1} begins at ${block.startMs}: no time`);
    if (before && block.startMs <= before.startMs) {
      throw new RangeError(
        `block ${index + 1} begins at ${block.startMs}, not after the one before it (${before.startMs}): ` +
          "counted twice, it would be evidence twice. Give each block once, in order of time",
      );
    }
    checkCounts(block.candidate, "the candidate", block.startMs);
    checkCounts(block.stable, "stable", block.startMs);
  });
}

function checkCounts({ bad, all }: Counts, version: string, startMs: number): void {
  const where = `${version} in the block from ${startMs}`;
  for (const count of [bad, all]) {
    if (Number.isSafeInteger(count) && count >= 0) continue;
    const hint = count < 0 ? ": has its counter been set back? Leave out the block in which that was" : "";
    throw new RangeError(`${where}: ${count} is no count of events${hint}`);
  }
  if (bad > all) {
    throw new RangeError(
      `${where}: ${bad} bad of ${all} events: the two are not counted over the same time, or not of the same events`,
    );
  }
}
