import { at, type Color, list, type Resource, text } from "../../traffic";
import { writtenPlaces } from "./forwards";
import { byColor, environmentGroup, type RouteKind, sharesByColor } from "./route-kind";
import { stateOf } from "./state";
import { GROUP, RULE } from "./types";

/** A route by the weights of a listener's rule. */
export const albRoute: RouteKind = {
  type: "crossfade:index:WeightedAlbRoute",
  carriersOf: (route, state) => state.filter((r) => r.type === RULE && r.parent === route.urn && !r.pendingDelete),
  sharesOf: (route, [rule], state) => {
    const groups = list(at(list(rule?.outputs.actions)[0], "forward", "targetGroups"));
    const weights = groups.map((group) => [at(group, "arn"), Number(at(group, "weight"))] as const);
    return sharesByColor(weights, (color) => arnOf(route, color, state));
  },
  placesOf: (route, state) =>
    albRoute
      .carriersOf(route, state)
      .flatMap((rule) =>
        writtenPlaces(rule).map((ends) => ({ carriers: [rule], known: byColor(route.inputs.groups), ends })),
      ),
  keepsClients: ([rule]) => at(list(rule?.outputs.actions)[0], "forward", "stickiness", "enabled") === true,
  has: ({ inputs }, color) => at(inputs.groups, color) !== undefined,
  endOf: (route, color, state) => {
    const arn = arnOf(route, color, state);
    // In a preview a new group is there and its ARN is not.
    if (arn === undefined) return environmentGroup(color, state);
    const [group, ...others] = stateOf(state).referred(route, "groups", arn, GROUP);
    return others.length > 0 ? undefined : group;
  },
};

/** Not all are of this stack. */
function arnOf({ inputs }: Resource, color: Color, state: readonly Resource[]): string | undefined {
  return text(at(inputs.groups, color)) ?? text(environmentGroup(color, state)?.outputs.arn);
}
