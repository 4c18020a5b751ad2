import { liveCount } from "../../policies/reading/entry-point-parts";
import { one, type State, setting } from "../../policies/reading/state";
import { at, number, type PlannedChange, type Resource, sameValue, scalingGroupSize, UNKNOWN } from "../../traffic";
import { type Addition, subnetIds } from "./addition";
import { growth } from "./growth";

type Change = Exclude<PlannedChange, { kind: "delete" }>;

/** What an instance is launched with: a change of it starts a refresh, where the group has one (provider, `instanceRefresh`). */
const LAUNCHED_WITH = ["launchTemplate", "mixedInstancesPolicy", "launchConfiguration"];

/** The instances that an Auto Scaling group runs more, each with one address at the least. Their vCPUs are not counted. */
export function instancesAdded(change: Change, desired: State): Addition {
  const { after: resource } = change;
  const subnets = subnetIds(setting(resource, "vpcZoneIdentifiers"));
  return { resource, what: "instances", count: countOf(change, desired), subnets, vcpus: {} };
}

function countOf(change: Change, desired: State): number | undefined {
  const had = change.kind === "create" ? 0 : liveCount(change.before);
  const wanted = wantedOf(change, had);
  if (had === undefined || wanted === undefined) return undefined;
  if (change.kind === "create") return wanted;
  if (change.kind === "replace") return change.deletedFirst ? growth({ had, wanted }) : wanted;
  const bounds = isRefreshed(change, desired) ? boundsOf(change.after) : undefined;
  return growth({ had, wanted, ...(bounds && { most: mostInstances(wanted, bounds) }) });
}

/** A group that names no capacity keeps its own, between its bounds. */
function wantedOf({ kind, after, ...change }: Change, had: number | undefined): number | undefined {
  const [asked, least] = [after.inputs.desiredCapacity, after.inputs.minSize];
  if (asked === undefined) {
    const min = least === undefined ? 0 : number(least);
    return min === undefined || had === undefined ? undefined : scalingGroupSize(after.inputs, Math.max(min, had));
  }
  const isKept = kind === "update" && "before" in change && sameValue(change.before.inputs.desiredCapacity, asked);
  return isKept ? had : number(asked);
}

/** Those of ours are exchanged by a refresh of our own. */
function isRefreshed({ before, after }: Change & { kind: "update" }, desired: State): boolean {
  const refreshes = desired.isOurs(after) || setting(after, "instanceRefresh") !== undefined;
  return refreshes && LAUNCHED_WITH.some((property) => !sameValue(before.inputs[property], after.inputs[property]));
}

interface Bounds {
  least: number;
  most: number;
}

/**
 * In percent; undefined where none are set: "Auto Scaling terminates an instance and launches its replacement simultaneously".
 */
function boundsOf(group: Resource): Bounds | undefined {
  const preferences = one(at(one(setting(group, "instanceRefresh")), "preferences"));
  const policy = one(setting(group, "instanceMaintenancePolicy"));
  const of = (property: string) => {
    const found = at(preferences, property) ?? at(policy, property);
    return found === UNKNOWN ? undefined : number(found);
  };
  const [least, most] = [of("minHealthyPercentage"), of("maxHealthyPercentage")];
  return most === undefined ? undefined : { least: least ?? most - 100, most };
}

/**
 * "The maximum percentage of the group that can be in service and healthy, or pending"; where it is "mathematically impossible to
 * replace instances while honoring both … bounds", one more is launched (Auto Scaling API, RefreshPreferences).
 */
function mostInstances(wanted: number, { least, most }: Bounds): number {
  return Math.max(Math.floor((wanted * most) / 100), Math.ceil((wanted * least) / 100) + 1);
}
