let given = 0;

/** A base port for a local cloud that no other test file has: those of a worker run one after another, each counts from 0. */
export function freshPort(): number {
  const worker = Number(process.env.VITEST_POOL_ID ?? 0);
  return 12_000 + 1000 * (worker % 8) + 100 * (given++ % 10);
}
