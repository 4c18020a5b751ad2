import { at, dnsNameOf, isOfDnsRoute, isPreview, list, number, type Resource, text, UNKNOWN } from "../../traffic";
import { LISTENER, RULE } from "./forwards";
import { groupBy } from "./group-by";
import { oncePerState, one, type State, setting } from "./state";

export const RECORD = "aws:route53/record:Record";
export const BALANCER = "aws:lb/loadBalancer:LoadBalancer";

/** The balancers of this stack that a record leads its clients to: by an alias, or by a name. */
export function balancersOf(record: Resource, state: State): Resource[] {
  const aliases = setting(record, "aliases");
  const isAlias = aliases === UNKNOWN || list(aliases).length > 0;
  const property = isAlias ? "aliases" : "records";
  const name = isAlias ? at(one(aliases), "name") : list(setting(record, "records"))[0];
  const balancers = state.ofType(BALANCER);
  if (name === UNKNOWN) {
    const made = record.propertyDependencies?.[property] ?? [];
    return balancers.filter(({ urn }) => made.includes(urn));
  }
  const asked = text(name);
  if (asked === undefined) return [];
  return balancers.filter(({ outputs }) => dnsNameOf(text(outputs.dnsName) ?? "") === dnsNameOf(asked));
}

/** The listeners of a balancer, and their rules but those for previews. */
export function carriersOn(balancer: Resource, state: State): Resource[] {
  const listeners = state.ofType(LISTENER).filter((listener) => refersTo(listener, "loadBalancerArn", balancer, state));
  const rules = state
    .ofType(RULE)
    .filter((rule) => listeners.some((listener) => refersTo(rule, "listenerArn", listener, state)));
  return [...listeners, ...rules.filter((rule) => !isPreview(setting(rule, "conditions")))];
}

/** What users that a record leads to an edge meet there: its balancer, listeners, rules, groups, and what is in these. */
export function behindRecord(record: Resource, state: State): Set<Resource> {
  const balancers = balancersOf(record, state);
  const carriers = balancers.flatMap((balancer) => carriersOn(balancer, state));
  const groups = carriers.flatMap((carrier) => state.forwarded(carrier).flatMap((forwarded) => forwarded.groups));
  return new Set([...balancers, ...carriers, ...groups, ...groups.flatMap((group) => state.membersOf(group))]);
}

/** The balancers that only a DNS route of ours leads to, and with weight 0 or for a preview: their users are known, and are none. */
export const idleEdges = oncePerState((state): ReadonlySet<Resource> => {
  const led = groupBy(state.ofType(RECORD), (record) => balancersOf(record, state));
  const idle = [...led].filter(([, records]) => records.every((record) => isOfDnsRoute(record) && isDark(record)));
  return new Set(idle.map(([balancer]) => balancer));
});

/**
 * Whether an update takes all weight from a balancer that only a DNS route of ours leads to, as far as the update is shown: of a
 * balancer that is shown alone, before its own step, its records are not; the preview has seen them.
 */
export function isLeft(balancer: Resource, prior: State, desired: State): boolean {
  const records = prior.ofType(RECORD).filter((record) => balancersOf(record, prior).includes(balancer));
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

function refersTo(from: Resource, property: string, to: Resource, state: State): boolean {
  return state.referred(from, property, setting(from, property)).includes(to);
}
