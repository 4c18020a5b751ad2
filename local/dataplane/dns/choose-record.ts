import type { DesiredRecord } from "../desired";

/**
 * The record among those of one name and type that a query is answered with: Route 53 guide, "How Amazon Route 53 chooses records
 * when health checking is configured". A simple record is the only one.
 */
export function chooseRecord(
  records: readonly DesiredRecord[],
  isHealthy: (record: DesiredRecord) => boolean,
  random: () => number,
): DesiredRecord | undefined {
  const hasWeight = ({ weight = 1 }: DesiredRecord) => weight > 0;
  const healthy = records.filter(isHealthy);
  // "Route 53 initially considers only the nonzero weighted records, if any", and "If no record is healthy, all records are healthy".
  for (const candidates of [healthy.filter(hasWeight), healthy, records.filter(hasWeight)]) {
    if (candidates.length > 0) return byWeight(candidates, random);
  }
  return byWeight(records, random);
}

/** In proportion to the sum; where it is 0, "with equal probability" (Route 53 API, ResourceRecordSet, Weight). */
function byWeight(records: readonly DesiredRecord[], random: () => number): DesiredRecord | undefined {
  const sum = records.reduce((total, { weight = 1 }) => total + weight, 0);
  if (sum === 0) return records[Math.floor(random() * records.length)];
  let left = random() * sum;
  return records.find(({ weight = 1 }) => {
    left -= weight;
    return left < 0;
  });
}
