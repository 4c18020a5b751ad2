import { at, handling, list, number, type Resource } from "../../traffic";
import { groupBy } from "./group-by";
import { kindOf, ROUTE_KINDS, routesOf, servicesMeant, usersBackendsOf } from "./kubernetes";
import { leavesOut, oncePerState, one, read, type State, setting } from "./state";
import { GROUP, LISTENER, RULE } from "./types";

/** One of what a carrier leads requests to. */
export interface Forwarded {
  /**
   * The ends of this stack that the reference can mean, target groups or Services of Kubernetes: none where it is elsewhere,
   * several where it is not known yet.
   */
  ends: readonly Resource[];
  /** Undefined where it is not known. */
  weight: number | undefined;
}

/** What leads requests on by weights: listeners and their rules, routes of the Gateway API. */
export function carriersIn(state: State): Resource[] {
  return [...state.ofType(LISTENER, RULE), ...routesOf(state)];
}

export function isCarrier(resource: Resource): boolean {
  return [LISTENER, RULE].includes(resource.type) || ROUTE_KINDS.includes(kindOf(resource) ?? "");
}

/**
 * The places where a carrier divides requests, each by what it leads to: a balancer's rule is one, a route has one for each of
 * its rules that users can meet.
 */
export function places(carrier: Resource, state: State): Forwarded[][] {
  const property = weightsProperty(carrier);
  const endsOf = (target: unknown) =>
    property === "spec" ? servicesMeant(target, carrier, state) : state.referred(carrier, property, target, GROUP);
  return writtenPlaces(carrier).map((place) => place.map(([target, weight]) => ({ ends: endsOf(target), weight })));
}

/** What a place leads to as it is written: the ARN of a target group or a backend of Kubernetes, and its weight where that is known. */
export type Written = readonly [target: unknown, weight: number | undefined];

/** The same places, as they are written. */
export function writtenPlaces(carrier: Resource): Written[][] {
  const property = weightsProperty(carrier);
  if (property === "spec") {
    return usersBackendsOf(setting(carrier, property)).map((backends) =>
      backends.map((backend) => [backend, weightOf(backend)]),
    );
  }
  const does = handling(read(carrier, property));
  return does.does === "forward" ? [does.groups.map(({ arn, weight }) => [arn, weight])] : [];
}

/** All that a carrier leads requests to. */
export function forwarded(carrier: Resource, state: State): Forwarded[] {
  return places(carrier, state).flat();
}

/** What leads requests to an end. */
export function forwarding(end: Resource, state: State): readonly Resource[] {
  return carriersByEnd(state).get(end) ?? [];
}

const carriersByEnd = oncePerState((state) =>
  groupBy(carriersIn(state), (carrier) => new Set(forwarded(carrier, state).flatMap(({ ends }) => ends))),
);

/** Gateway API: a weight that is left out is 1 (`HTTPBackendRef`). */
export function weightOf(backend: unknown): number | undefined {
  return leavesOut(backend, "weight") ? 1 : number(at(backend, "weight"));
}

/** A forward to target groups with weights, as a rule or a listener writes it. */
export interface Split {
  /** The rule or the listener. */
  from: Resource;
  targets: readonly {
    /** The groups of this stack that it can mean. */
    groups: readonly Resource[];
    /** Undefined where it is not known; 1 where it is left out, which is the provider's default. */
    weight: number | undefined;
    isLeftOut: boolean;
  }[];
  /** Group stickiness: a client stays with its group, whatever the weights are. */
  sticky: { isOn: boolean; seconds: number | undefined };
}

/** All forwards of a state that are written with weights. */
export const splits = oncePerState((state): Split[] => {
  return state.ofType(LISTENER, RULE).flatMap((from) =>
    actionsOf(from).flatMap((action) => {
      const targets = list(at(action, "forward", "targetGroups"));
      if (targets.length === 0) return [];
      const stickiness = one(at(action, "forward", "stickiness"));
      return {
        from,
        targets: targets.map((target) => {
          const isLeftOut = leavesOut(target, "weight");
          return {
            groups: state.referred(from, actionsProperty(from), at(target, "arn"), GROUP),
            weight: isLeftOut ? 1 : number(at(target, "weight")),
            isLeftOut,
          };
        }),
        sticky: { isOn: at(stickiness, "enabled") === true, seconds: number(at(stickiness, "duration")) },
      };
    }),
  );
});

/** Where a carrier's weights are written. */
export function weightsProperty(from: Resource): "actions" | "defaultActions" | "spec" {
  return [LISTENER, RULE].includes(from.type) ? actionsProperty(from) : "spec";
}

/** Where its actions are written: a listener has default ones. */
export function actionsProperty({ type }: Resource): "actions" | "defaultActions" {
  return type === RULE ? "actions" : "defaultActions";
}

export function actionsOf(from: Resource): unknown[] {
  return list(setting(from, actionsProperty(from)));
}
