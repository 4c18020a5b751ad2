import { at, COLORS, list, type Resource, type Shares, text } from "../../traffic";
import { environment, type RouteKind } from "./route-kind";
import { RULE } from "./types";

/** A route by the weights of a listener's rule. */
export const albRoute: RouteKind = {
  type: "crossfade:index:WeightedAlbRoute",
  carriersOf: (route, state) => state.filter((r) => r.type === RULE && r.parent === route.urn && !r.pendingDelete),
  sharesOf: (route, [rule], state) => {
    const groups = list(at(list(rule?.outputs.actions)[0], "forward", "targetGroups"));
    const weights = groups.map((group) => [at(group, "arn"), Number(at(group, "weight"))] as const);
    const sum = weights.reduce((total, [, weight]) => total + weight, 0);
    const shares: Shares = {};
    for (const color of COLORS) {
      const arn = albRoute.groupArn(route, color, state);
      const found = weights.find(([group]) => group === arn);
      if (found && sum > 0) shares[color] = (found[1] * 100) / sum; // in this order: 55 / 100 * 100 is not 55
    }
    return shares;
  },
  keepsClients: ([rule]) => at(list(rule?.outputs.actions)[0], "forward", "stickiness", "enabled") === true,
  has: ({ inputs }, color) => at(inputs.groups, color) !== undefined,
  groupArn: ({ inputs }: Resource, color, state) =>
    text(at(inputs.groups, color)) ?? text(environment(color, state)?.outputs.targetGroupArn),
};
