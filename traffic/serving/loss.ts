import { clustersOf, inCluster } from "../kubernetes/clusters";
import type { Resource } from "../resource";
import { keptEntity } from "../update/entity";
import { entryPoints } from "../update/entry-points";
import { momentAfter } from "../update/moment";
import { carriesTraffic } from "../update/moves-traffic";

/** How an entry point fares in a state at rest. */
export interface Loss {
  /** The resource that takes the requests in. */
  urn: string;
  /** A phrase such as `the requests of rule "shop"`. */
  requests: string;
  /** The share of them that nobody answers, 0 to 1. */
  lost: number;
  why: readonly string[];
  /** The program asks for that: a balancer's own 404 for what no rule takes, for one. */
  refused: boolean;
}

/**
 * The loss of each entry point of a state, with its reason. What the state holds is taken to work: tasks that are asked for run,
 * and groups that get requests and that nothing in it fills are filled by somebody else.
 */
export function lossOf(state: readonly Resource[]): Loss[] {
  const clusters = clustersOf(state);
  const met = state.filter(({ custom, type }) => custom && carriesTraffic(type));
  const entities = met.map((resource) => inCluster(keptEntity(resource), clusters));
  const rest = momentAfter(() => true);
  return entryPoints(entities, { atRest: true }).map(({ urn, requests, answer }) => {
    const { share, why, retired } = answer(rest);
    return { urn, requests, lost: 1 - share, why, refused: retired };
  });
}
