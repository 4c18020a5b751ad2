import type { BaselineConfig } from "../../components/analysis";
import { type Color, otherColor } from "../../traffic";
import type { RouteNow } from "../rollout-now";
import type { CountedVersion, CountedVersions } from "./source";

/** Where the events of both versions of a route are counted, or those of a baseline in stable's place. */
export function countedVersions(route: RouteNow, baseline?: BaselineConfig): CountedVersions {
  const candidate = countedVersion(route, route.candidate);
  if (baseline) return { candidate, stable: baseline, hasBaseline: true };
  return { candidate, stable: countedVersion(route, otherColor(route.candidate)) };
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
