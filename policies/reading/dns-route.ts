import { at, COLORS, number, type Resource, type Shares, text } from "../../traffic";
import { behindRecord } from "./edges";
import { environmentGroup, type RouteKind } from "./route-kind";
import { one, read, stateOf } from "./state";
import { GROUP, RECORD } from "./types";

/** The record types of which a color has one each; a CNAME stands for both others. */
const TYPES = ["A", "AAAA", "CNAME"];

/**
 * A route by the weights of a name's records. The records of a color move in steps of their own: where an update stopped between
 * them, the candidate has the larger of its shares.
 */
export const dnsRoute: RouteKind = {
  type: "crossfade:index:WeightedDnsRoute",
  carriersOf: (route, state) =>
    state.filter((r) => r.type === RECORD && r.parent === route.urn && !r.pendingDelete && colorOf(r) !== undefined),
  sharesOf: ({ inputs }, carriers) => {
    const all = TYPES.flatMap((type) => {
      const shares = sharesIn(carriers.filter((record) => read(record, "type") === type));
      return shares ? [shares] : [];
    });
    const candidate = COLORS.find((color) => color !== inputs.stable) ?? "green";
    const larger = (a: Shares, b: Shares) => ((b[candidate] ?? 0) > (a[candidate] ?? 0) ? b : a);
    return all.reduce(larger, all[0] ?? {});
  },
  placesOf: (route, state) =>
    TYPES.flatMap((type) => {
      const carriers = dnsRoute.carriersOf(route, state).filter((record) => read(record, "type") === type);
      if (carriers.length === 0) return [];
      const ends = carriers.map(
        (record) => [colorOf(record), weightIn(read(record, "weightedRoutingPolicies"))] as const,
      );
      const known = Object.fromEntries(ends.map(([color]) => [color, color]));
      return [{ carriers, known, ends }];
    }),
  // What is kept is kept by caches, which no weight turns off: see hold-time.
  keepsClients: () => false,
  has: ({ inputs }, color) => at(inputs.edges, color) !== undefined,
  endOf: (route, color, resources) => {
    const state = stateOf(resources);
    const records = dnsRoute.carriersOf(route, resources).filter((record) => colorOf(record) === color);
    const behind = records.flatMap((record) => [...behindRecord(record, state)].filter(({ type }) => type === GROUP));
    const [group, ...others] = new Set(behind);
    if (others.length > 0) return undefined;
    return group ?? environmentGroup(color, resources);
  },
};

/** The color of a weighted record; a preview host's record has none. */
function colorOf(record: Resource): string | undefined {
  return text(read(record, "setIdentifier"));
}

/** Undefined where the records have no weight at all. */
function sharesIn(records: readonly Resource[]): Shares | undefined {
  // What the cloud has: after a failed update the program asked for something else.
  const policyOf = ({ inputs, outputs }: Resource) => outputs.weightedRoutingPolicies ?? inputs.weightedRoutingPolicies;
  const weights = records.map((record) => [colorOf(record), weightIn(policyOf(record)) ?? 0] as const);
  const sum = weights.reduce((total, [, weight]) => total + weight, 0);
  if (sum === 0) return undefined;
  return Object.fromEntries(weights.map(([color, weight]) => [color, (weight * 100) / sum]));
}

function weightIn(policy: unknown): number | undefined {
  return number(at(one(policy), "weight"));
}
