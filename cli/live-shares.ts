import type { AwsClients } from "../live/aws-clients";
import { readRecords } from "../live/records";
import { readRule } from "../live/rule";
import { COLORS, type Color, type Shares } from "../traffic";
import type { RouteNow } from "./rollout-now";

/**
 * The share of each color as AWS says it now, in percent. Undefined behind a Gateway, whose weights are in the cluster and in no
 * API of AWS's.
 * @throws AwsCallError
 */
export async function liveShares(route: RouteNow, clients: AwsClients): Promise<Shares | undefined> {
  const [carrier] = route.carriers;
  if (!carrier || route.kind === "gateway") return undefined;
  if (route.kind === "alb") {
    const { groups } = await readRule(clients, carrier.id);
    const of = (color: Color) => groups.find(({ arn }) => arn === route.targetGroups[color])?.weight;
    return inPercent(of);
  }
  if (!route.records) return undefined;
  const records = await readRecords(clients, route.records);
  // The records of a color are one for each type; where they differ, the candidate has the larger of its shares.
  const types = [...new Set(records.filter(({ weight }) => weight !== undefined).map(({ type }) => type))];
  const all = types.map((type) =>
    inPercent((color) => records.find((r) => r.type === type && r.setIdentifier === color)?.weight),
  );
  const share = (shares: Shares) => shares[route.candidate] ?? 0;
  return all.reduce((most, shares) => (share(shares) > share(most) ? shares : most), all[0] ?? {});
}

function inPercent(weightOf: (color: Color) => number | undefined): Shares {
  const weights = COLORS.flatMap((color) => {
    const weight = weightOf(color);
    return weight === undefined ? [] : [[color, weight] as const];
  });
  const sum = weights.reduce((total, [, weight]) => total + weight, 0);
  return Object.fromEntries(weights.map(([color, weight]) => [color, sum === 0 ? 0 : (weight * 100) / sum]));
}
