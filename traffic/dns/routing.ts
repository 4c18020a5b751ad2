import type { Routing } from "./records";

/** A record as Route 53 sees it when it picks one. */
export interface Candidate {
  routing: Routing;
  /** Whether Route 53 takes it for healthy is not certain. */
  uncertain: boolean;
}

/** Up to so many records of uncertain health or weight, all combinations are tried. */
const TRIED = 8;

/**
 * The shares of the clients that each record may get, one list for each way that what is uncertain may turn out.
 *
 * - Weights are in proportion to their sum; all of them 0: all alike (Route 53 API reference, `Weight`).
 * - Of several records only healthy ones are picked. Those of weight 0 are, when all others are unhealthy; when all are, health
 *   is left aside (Route 53 guide, "How Amazon Route 53 chooses records when health checking is configured").
 */
export function possibleShares(records: readonly Candidate[]): number[][] {
  const [one] = records;
  if (!one) return [];
  switch (one.routing.by) {
    case "simple":
    case "weight":
    case "chance":
      return byWeight(records);
    case "failover":
      return byFailover(records);
    // Each client gets one of them, and which is not known.
    case "place":
    case "nearness":
      return eachAlone(records);
  }
}

function byWeight(records: readonly Candidate[]): number[][] {
  const open = records.flatMap((r, i) => [
    ...(r.uncertain ? [{ i, healthy: false }] : []),
    ...(weightOf(r) === undefined ? [{ i, weight: Number.MAX_SAFE_INTEGER }] : []),
  ]);
  if (open.length > TRIED) return eachAlone(records);
  return Array.from({ length: 1 << open.length }, (_, set) => {
    const chosen = open.filter((_, bit) => (set >> bit) & 1);
    const is = (i: number) =>
      Object.assign({}, ...chosen.filter((c) => c.i === i)) as { healthy?: false; weight?: number };
    return shared(
      records.map((r, i) => ({ weight: weightOf(r) ?? is(i).weight ?? 0, healthy: is(i).healthy ?? true })),
    );
  });
}

function shared(records: readonly { weight: number; healthy: boolean }[]): number[] {
  const picked = records.some((r) => r.healthy) ? records.map((r) => r.healthy) : records.map(() => true);
  const weights = records.map(({ weight }, i) => (picked[i] ? weight : 0));
  const sum = weights.reduce((a, b) => a + b, 0);
  const count = picked.filter((is) => is).length;
  return weights.map((weight, i) => (sum > 0 ? weight / sum : picked[i] ? 1 / count : 0));
}

function weightOf({ routing }: Candidate): number | undefined {
  return routing.by === "weight" ? routing.weight : 1;
}

function byFailover(records: readonly Candidate[]): number[][] {
  const isPrimary = ({ routing }: Candidate) => routing.by === "failover" && routing.primary;
  const primaries = records.filter(isPrimary);
  const goesOver = primaries.length === 0 || primaries.some(({ uncertain }) => uncertain);
  return eachAlone(records).filter((_, i) => goesOver || isPrimary(records[i] as Candidate));
}

function eachAlone(records: readonly unknown[]): number[][] {
  return records.map((_, alone) => records.map((_, i) => (i === alone ? 1 : 0)));
}
