import { at, number, type PlannedChange, type Resource, scalingGroupSize } from "../../traffic";
import { behindRecord } from "./edges";
import { forwarded } from "./forwards";
import { isWorkload } from "./kubernetes";
import { membersOf } from "./members";
import { read, type State } from "./state";
import { ECS_SERVICE, RECORD, SCALING_GROUP } from "./types";

/**
 * All that the requests of a rule, a listener, a record or a route of Kubernetes go through: itself, its listener and balancer,
 * its groups or Services and their members.
 */
export function partsOf(carrier: Resource, state: State): Set<Resource> {
  if (carrier.type === RECORD) return new Set([carrier, ...behindRecord(carrier, state)]);
  const listeners = state.referred(carrier, "listenerArn", read(carrier, "listenerArn"));
  const balancers = [carrier, ...listeners].flatMap((listener) =>
    state.referred(listener, "loadBalancerArn", read(listener, "loadBalancerArn")),
  );
  const ends = forwarded(carrier, state).flatMap((forwarded) => forwarded.ends);
  return new Set([carrier, ...listeners, ...balancers, ...ends, ...ends.flatMap((end) => membersOf(end, state))]);
}

/** How many targets a program asks for; undefined where it leaves that open or the type counts none. */
export function askedCount({ type, inputs }: Resource): number | undefined {
  if (isWorkload({ type })) return number(at(inputs.spec, "replicas"));
  const counted: Record<string, unknown> = {
    [ECS_SERVICE]: inputs.desiredCount,
    [SCALING_GROUP]: scalingGroupSize(inputs),
  };
  return number(counted[type]);
}

/** How many targets there are before an update: the cloud's number, where the state has it. */
export function liveCount(resource: Resource): number | undefined {
  const { type, outputs } = resource;
  if (isWorkload({ type })) return number(at(outputs.spec, "replicas")) ?? askedCount(resource);
  const live = type === ECS_SERVICE ? outputs.desiredCount : outputs.desiredCapacity;
  return number(live) ?? askedCount(resource);
}

/** Whether the program asks for fewer targets than it did. */
export function isScaledIn({ before, after }: PlannedChange & { kind: "update" }): boolean {
  const [had, has] = [askedCount(before), askedCount(after)];
  return had !== undefined && has !== undefined && has < had;
}
