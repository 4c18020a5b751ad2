import { handling } from "./forward";
import { registeredGroups } from "./group-members";
import { at, list, nameOf, type Properties, type Resource, UNKNOWN } from "./resource";
import { isPreview } from "./rule-conditions";

/** Why a resource serves: a phrase such as `receives 95 % of the requests of rule "shop"`. */
export type Serving = ReadonlyMap<Resource, string>;

/** The resources of a state that can receive a live user's request now, by its own weights and cookies. */
export function servingResources(state: readonly Resource[]): Serving {
  const serving = new Map<Resource, string>();
  const mark = (resource: Resource | undefined, why: string) => {
    if (resource && !serving.has(resource)) serving.set(resource, why);
  };
  const ofType = (type: string) => state.filter((r) => r.type === type);
  const byArn = (type: string, arn: unknown) => state.filter((r) => r.type === type && refersTo(r, arn));

  const rules = [
    ...ofType("aws:lb/listener:Listener").map((r) => ({
      r,
      what: "listener",
      actions: list(value(r, "defaultActions")),
    })),
    ...ofType("aws:lb/listenerRule:ListenerRule")
      .filter((r) => !isPreview(value(r, "conditions")))
      .map((r) => ({ r, what: "rule", actions: list(value(r, "actions")) })),
  ];
  for (const { r, what, actions } of rules) {
    const where = `${what} "${nameOf(r.urn)}"`;
    for (const { arn, why } of receivers(actions, where)) {
      for (const group of byArn("aws:lb/targetGroup:TargetGroup", arn)) mark(group, why);
    }
    if (actions.length === 0) continue;
    if (what === "listener" || !isRefusal(actions)) mark(r, `answers users as ${where}`);
    if (what === "rule") {
      for (const listener of byArn("aws:lb/listener:Listener", value(r, "listenerArn")))
        mark(listener, `carries ${where}`);
    }
  }
  for (const listener of ofType("aws:lb/listener:Listener")) {
    for (const balancer of byArn("aws:lb/loadBalancer:LoadBalancer", value(listener, "loadBalancerArn"))) {
      mark(balancer, `carries listener "${nameOf(listener.urn)}"`);
    }
  }
  markBehindGroups(state, serving, mark);
  markDns(state, mark);
  return serving;
}

type Mark = (resource: Resource | undefined, why: string) => void;

/** Compute serves when one of its target groups does; what it stands on serves with it. */
function markBehindGroups(state: readonly Resource[], serving: Serving, mark: Mark): void {
  const group = (arn: unknown) =>
    state.find((r) => r.type === "aws:lb/targetGroup:TargetGroup" && serving.has(r) && refersTo(r, arn));
  for (const r of state) {
    const behind = registeredGroups(r.type, (property) => value(r, property))
      .map(({ arn }) => group(arn))
      .find((g) => g !== undefined);
    if (!behind) continue;
    mark(r, `runs behind target group "${nameOf(behind.urn)}", which ${serving.get(behind)}`);
    if (r.type === "aws:ecs/service:Service") {
      const cluster = value(r, "cluster");
      mark(
        state.find((c) => c.type === "aws:ecs/cluster:Cluster" && refersTo(c, cluster)),
        `runs service "${nameOf(r.urn)}", which serves`,
      );
    }
    if (r.type === "aws:autoscaling/attachment:Attachment") {
      const name = value(r, "autoscalingGroupName");
      mark(
        state.find((g) => g.type === "aws:autoscaling/group:Group" && refersTo(g, name)),
        `is attached to target group "${nameOf(behind.urn)}", which serves`,
      );
    }
  }
}

/** A simple record answers always, a weighted one while its weight is positive or no weight of its set is. */
function markDns(state: readonly Resource[], mark: Mark): void {
  const records = state.filter(
    (r) => r.type === "aws:route53/record:Record" && ["A", "AAAA", "CNAME", "HTTPS"].includes(String(value(r, "type"))),
  );
  const key = (r: Resource) => [value(r, "zoneId"), value(r, "name"), value(r, "type")].join();
  const weight = (r: Resource) => at(list(value(r, "weightedRoutingPolicies"))[0], "weight");
  for (const r of records) {
    const set = records.filter((other) => key(other) === key(r));
    const answers = weight(r) === undefined || Number(weight(r)) > 0 || set.every((s) => Number(weight(s)) === 0);
    if (!answers) continue;
    mark(r, `answers for ${String(value(r, "name"))}`);
    mark(
      state.find((zone) => zone.type === "aws:route53/zone:Zone" && refersTo(zone, value(r, "zoneId"))),
      `holds record "${nameOf(r.urn)}"`,
    );
  }
}

/** The groups that actions can send a request to. */
function receivers(actions: unknown, where: string): { arn: unknown; why: string }[] {
  const handled = handling(actions);
  if (handled.does !== "forward") return [];
  if (!handled.weighted) return handled.groups.map(({ arn }) => ({ arn, why: `receives all requests of ${where}` }));
  const weights = handled.groups.map(({ weight }) => weight ?? 1); // an unknown weight may be any
  const sum = weights.reduce((a, b) => a + b, 0);
  return handled.groups.flatMap(({ arn }, index) => {
    const weight = weights[index] ?? 0;
    if (weight > 0) return [{ arn, why: `receives ${Math.round((weight / sum) * 100)} % of the requests of ${where}` }];
    return handled.sticky ? [{ arn, why: `may receive requests with a stickiness cookie of ${where}` }] : [];
  });
}

/**
 * A rule that turns every request away, as one does that is about to go, is missed by nobody. Of a listener that does the same
 * other stacks may have rules.
 */
function isRefusal(actions: unknown): boolean {
  const does = handling(actions);
  return does.does === "answer" && does.status >= 400;
}

/** Providers accept an ARN, an id or a name for most references. */
function refersTo(resource: Resource, reference: unknown): boolean {
  if (reference === undefined || reference === UNKNOWN) return false;
  const { arn, id, name } = resource.outputs as Properties;
  return [arn, id, name, resource.outputs.zoneId].includes(reference);
}

/** What the cloud has, before what the program asked for. */
function value(resource: Resource, property: string): unknown {
  return resource.outputs[property] ?? resource.inputs[property];
}
