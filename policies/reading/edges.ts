import { at, dnsNameOf, isOfDnsRoute, isPreview, list, number, type Resource, text, UNKNOWN } from "../../traffic";
import { forwarded } from "./forwards";
import { groupBy } from "./group-by";
import { membersOf } from "./members";
import { oncePerState, one, type State, setting } from "./state";
import { BALANCER, LISTENER, RECORD, RULE } from "./types";

/** The balancers of this stack that a record leads its clients to: by an alias, or by a name. */
export function balancersOf(record: Resource, state: State): Resource[] {
  const aliases = setting(record, "aliases");
  const isAlias = aliases === UNKNOWN || list(aliases).length > 0;
  const property = isAlias ? "aliases" : "records";
  const name = isAlias ? at(one(aliases), "name") : list(setting(record, "records"))[0];
  if (name === UNKNOWN) {
    const made = (record.propertyDependencies?.[property] ?? []).flatMap((urn) => state.get(urn) ?? []);
    return made.filter(({ type }) => type === BALANCER);
  }
  const asked = text(name);
  return asked === undefined ? [] : (byName(state).get(dnsNameOf(asked)) ?? []);
}

const byName = oncePerState((state) =>
  groupBy(state.ofType(BALANCER), ({ outputs }) => (text(outputs.dnsName) ? [dnsNameOf(String(outputs.dnsName))] : [])),
);

/** The records of a state that lead to each balancer. */
const ledTo = oncePerState((state) => groupBy(state.ofType(RECORD), (record) => balancersOf(record, state)));

/** The listeners of a balancer, and their rules but those for previews. */
export function carriersOn(balancer: Resource, state: State): Resource[] {
  const listeners = listenersOn(balancer, state);
  return [...listeners, ...listeners.flatMap((listener) => liveRulesOn(listener, state))];
}

export function listenersOn(balancer: Resource, state: State): readonly Resource[] {
  return listenersOf(state).get(balancer) ?? [];
}

/** With those for previews. */
export function rulesOn(listener: Resource, state: State): readonly Resource[] {
  return rulesOf(state).get(listener) ?? [];
}

/** Those that a live user can meet. */
export function liveRulesOn(listener: Resource, state: State): Resource[] {
  return rulesOn(listener, state).filter((rule) => !isPreview(setting(rule, "conditions")));
}

const listenersOf = oncePerState((state) => referring(LISTENER, "loadBalancerArn", state));
const rulesOf = oncePerState((state) => referring(RULE, "listenerArn", state));

function referring(type: string, property: string, state: State): Map<Resource, Resource[]> {
  return groupBy(state.ofType(type), (from) => new Set(state.referred(from, property, setting(from, property))));
}

/** What users that a record leads to an edge meet there: its balancer, listeners, rules, groups, and what is in these. */
export function behindRecord(record: Resource, state: State): Set<Resource> {
  const balancers = balancersOf(record, state);
  const carriers = balancers.flatMap((balancer) => carriersOn(balancer, state));
  const groups = carriers.flatMap((carrier) => forwarded(carrier, state).flatMap(({ ends }) => ends));
  return new Set([...balancers, ...carriers, ...groups, ...groups.flatMap((group) => membersOf(group, state))]);
}

/** The balancers that only a DNS route of ours leads to, and with weight 0 or for a preview: their users are known, and are none. */
export const idleEdges = oncePerState((state): ReadonlySet<Resource> => {
  const idle = [...ledTo(state)].filter(([, records]) =>
    records.every((record) => isOfDnsRoute(record) && isDark(record)),
  );
  return new Set(idle.map(([balancer]) => balancer));
});

/**
 * Whether an update takes all weight from a balancer that only a DNS route of ours leads to, as far as the update is shown: of a
 * balancer that is shown alone, before its own step, its records are not; the preview has seen them.
 */
export function isLeft(balancer: Resource, prior: State, desired: State): boolean {
  const records = ledTo(prior).get(balancer) ?? [];
  const isLeftBy = (record: Resource) => {
    const heir = desired.heirOf(record);
    return isOfDnsRoute(record) && (heir === undefined || isDark(heir));
  };
  return records.length > 0 && records.every(isLeftBy);
}

function isDark(record: Resource): boolean {
  const policy = one(setting(record, "weightedRoutingPolicies"));
  return policy === undefined || number(at(policy, "weight")) === 0;
}
