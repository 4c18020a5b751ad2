import type { Problem } from "../ratchet";
import { groupBy } from "../reading/group-by";
import { backendsOf, routesOf } from "../reading/kubernetes";
import { entriesOf } from "../reading/route-entries";
import type { State } from "../reading/state";
import { named } from "../reading/words";

/** Routes of the Gateway API of which another one takes the requests: who has the weights is then chance. */
export function routeClashes(state: State): Problem[] {
  const byEntry = groupBy(routesOf(state), (route) => new Set(entriesOf(route, state)));
  const clashes = new Map<string, Problem>();
  for (const routes of byEntry.values()) {
    // The last by name of those that split: the order of a state changes from run to run.
    const [split, ...others] = [...routes].sort(
      (a, b) => Number(splits(b)) - Number(splits(a)) || (a.urn < b.urn ? 1 : -1),
    );
    const [other] = others;
    if (!split || !other || !splits(split)) continue;
    clashes.set(split.urn, {
      urn: split.urn,
      kind: "clash",
      what: `${named(split)} splits requests that ${named(other)} takes as well: both have the same parent, host and match.`,
      why: "The older of the two gets all of them (Gateway API, HTTPRouteRule, `matches`): the weights of the other have no effect, neither a promotion nor a rollback.",
      instead: `Lead these requests by one route: take the rule out of ${named(other)}, or give it another host or match.`,
    });
  }
  return [...clashes.values()];
}

function splits(route: Parameters<typeof backendsOf>[0]): boolean {
  return backendsOf(route).some((backends) => backends.length > 1);
}
