import { type Color, otherColor } from "../../traffic";
import type { RouteNow } from "../rollout-now";
import type { CountedVersion, CountedVersions } from "./source";

/** Where the events of both versions of a route are counted. */
export function countedVersions(route: RouteNow): CountedVersions {
  const { candidate } = route;
  return { candidate: countedVersion(route, candidate), stable: countedVersion(route, otherColor(candidate)) };
}

/** Where those of one color are. */
export function countedVersion({ environments, targetGroups, balancers }: RouteNow, color: Color): CountedVersion {
  return {
    color,
    environment: environments[color],
    targetGroupArn: targetGroups[color],
    balancerArn: balancers[color],
  };
}
