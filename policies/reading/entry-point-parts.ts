import { number, type PlannedChange, type Resource } from "../../traffic";
import { behindRecord } from "./edges";
import { read, type State } from "./state";
import { ECS_SERVICE, RECORD, SCALING_GROUP } from "./types";

/**
 * All that the requests of a rule, a listener or a record go through: itself, its listener and balancer, its groups and their
 * members.
 */
export function partsOf(carrier: Resource, state: State): Set<Resource> {
  if (carrier.type === RECORD) return new Set([carrier, ...behindRecord(carrier, state)]);
  const listeners = state.referred(carrier, "listenerArn", read(carrier, "listenerArn"));
  const balancers = [carrier, ...listeners].flatMap((listener) =>
    state.referred(listener, "loadBalancerArn", read(listener, "loadBalancerArn")),
  );
  const groups = state.forwarded(carrier).flatMap((forwarded) => forwarded.groups);
  return new Set([carrier, ...listeners, ...balancers, ...groups, ...groups.flatMap((g) => state.membersOf(g))]);
}

/** How many targets a program asks for; undefined where it leaves that open or the type counts none. */
export function askedCount({ type, inputs }: Resource): number | undefined {
  const counted: Record<string, unknown> = {
    [ECS_SERVICE]: inputs.desiredCount,
    [SCALING_GROUP]: inputs.desiredCapacity ?? inputs.minSize,
  };
  return number(counted[type]);
}

/** How many targets there are before an update: the cloud's number, where the state has it. */
export function liveCount(resource: Resource): number | undefined {
  const { type, outputs } = resource;
  const live = type === ECS_SERVICE ? outputs.desiredCount : outputs.desiredCapacity;
  return number(live) ?? askedCount(resource);
}

/** Whether the program asks for fewer targets than it did. */
export function isScaledIn({ before, after }: PlannedChange & { kind: "update" }): boolean {
  const [had, has] = [askedCount(before), askedCount(after)];
  return had !== undefined && has !== undefined && has < had;
}
