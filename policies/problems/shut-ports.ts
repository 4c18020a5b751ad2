import { at, list, number, type PlannedChange, type Resource, text } from "../../traffic";
import type { Plan } from "../plan";
import type { Finding } from "../policy";
import { carriersOn, listenersOn } from "../reading/edges";
import { forwarded } from "../reading/forwards";
import { groupBy } from "../reading/group-by";
import {
  admits,
  type Direction,
  guards,
  inlineRules,
  type Port,
  SECURITY_GROUP,
  separateRules,
} from "../reading/security-groups";
import { type State, setting, stateOf } from "../reading/state";
import { BALANCER, ECS_SERVICE, GROUP } from "../reading/types";
import { named } from "../reading/words";

/** Something that serves by connections which its security groups let through. */
interface Door {
  of: Resource;
  direction: Direction;
  port: Port;
  /** A phrase such as `in to port 443 of`. */
  words: string;
}

/**
 * The last rule of security groups that lets through what serves, and would be taken away. What no rule of any group of a resource
 * allows is dropped (VPC guide, "Security groups"): tracked connections go on until they time out, new ones are not made (EC2
 * guide, "Security group connection tracking"). Of groups and rules of other stacks nothing is known: with one of these at the
 * door nothing is said.
 */
export function shutPorts(plan: Plan): Finding[] {
  const changed = new Map(plan.changes.flatMap((change) => ("before" in change ? [[change.before, change]] : [])));
  // Most updates touch no group.
  if (![...changed.keys()].some(({ type }) => guards(type))) return [];
  const doors = [...plan.serving.keys()].flatMap((of) => doorsOf(of, stateOf(plan.prior)));
  const shut = doors.flatMap((door) => {
    const cause = causeOf(door, plan, changed);
    return cause ? [{ door, cause }] : [];
  });
  return [...groupBy(shut, ({ cause }) => [cause])].map(([cause, all]) =>
    finding(cause, [
      ...new Set(all.map(({ door: { of, words } }) => `${words} ${named(of)}, which ${plan.serving.get(of)?.why}`)),
    ]),
  );
}

function doorsOf(of: Resource, state: State): Door[] {
  if (of.type === BALANCER) return [...listenerDoors(of, state), ...wayToTargets(of, state)];
  if (of.type !== ECS_SERVICE) return [];
  return list(setting(of, "loadBalancers")).flatMap((entry): Door[] => {
    const [group] = state.referred(of, "loadBalancers", at(entry, "targetGroupArn"), GROUP);
    return door(of, at(entry, "containerPort"), group && setting(group, "protocol"));
  });
}

function listenerDoors(balancer: Resource, state: State): Door[] {
  return listenersOn(balancer, state).flatMap((one) => door(balancer, setting(one, "port"), setting(one, "protocol")));
}

function door(of: Resource, port: unknown, protocol: unknown): Door[] {
  const known = number(port);
  if (known === undefined) return [];
  const words = `in to port ${known} of`;
  return [{ of, direction: "ingress", port: { protocols: transports(protocol), number: known }, words }];
}

/** HTTP, HTTPS, TLS and TCP are all TCP. */
function transports(protocol: unknown): string[] {
  const name = text(protocol) ?? "";
  return [...(/^(UDP|QUIC)$/.test(name) ? [] : ["tcp"]), ...(/UDP|QUIC/.test(name) ? ["udp"] : [])];
}

/** On which ports the targets are is not asked: each may have its own. A function is not reached by way of the groups. */
function wayToTargets(balancer: Resource, state: State): Door[] {
  const groups = carriersOn(balancer, state).flatMap((carrier) =>
    forwarded(carrier, state).flatMap(({ ends }) => ends),
  );
  if (!groups.some((group) => setting(group, "targetType") !== "lambda")) return [];
  return [{ of: balancer, direction: "egress", port: { protocols: ["tcp", "udp"] }, words: "out to the targets of" }];
}

/** What of the plan shuts the door; undefined where it stays open, or was not known to be, or may be open by another stack. */
function causeOf(door: Door, plan: Plan, changed: ReadonlyMap<Resource, PlannedChange>): PlannedChange | undefined {
  const [prior, desired] = [stateOf(plan.prior), stateOf(plan.desired)];
  const heir = desired.heirOf(door.of);
  if (!heir || !doorsOf(heir, desired).some((one) => isSame(one, door))) return undefined;
  const [before, after] = [groupsOf(door.of, prior), groupsOf(heir, desired)];
  if (!before || !after) return undefined;
  const cause = before
    .flatMap((group) => openers(door, group, prior))
    .map((opener) => changed.get(opener))
    .find((change) => change !== undefined);
  if (!cause) return undefined;
  const deletedFirst = new Set(
    plan.changes.flatMap((one) => (one.kind === "replace" && one.deletedFirst ? [one.after] : [])),
  );
  const former = (group: Resource) => before.find((one) => desired.heirOf(one) === group);
  const left = after.flatMap((group) => openers(door, group, desired, former(group)));
  return left.some((opener) => !deletedFirst.has(opener)) ? undefined : cause;
}

function isSame(one: Door, { direction, port }: Door): boolean {
  return one.direction === direction && one.port.number === port.number;
}

/** The security groups of a balancer or a service; undefined where one is not of this stack, or none is known. */
function groupsOf(of: Resource, state: State): Resource[] | undefined {
  const property = of.type === BALANCER ? "securityGroups" : "networkConfiguration";
  const value = of.type === BALANCER ? setting(of, property) : at(setting(of, property), "securityGroups");
  const groups = list(value).map((id) => state.referred(of, property, id, SECURITY_GROUP));
  return groups.length > 0 && groups.every((found) => found.length > 0) ? groups.flat() : undefined;
}

/** What of a group lets through: its rules, and itself by those that it has inline. */
function openers({ direction, port }: Door, group: Resource, state: State, before?: Resource): Resource[] {
  const separate = separateRules(group, direction, state).filter(({ inputs }) => admits(inputs, port));
  return inlineRules(group, direction, before).some((rule) => admits(rule, port)) ? [group, ...separate] : separate;
}

const DONE: Record<PlannedChange["kind"], string> = {
  create: "made",
  update: "changed",
  replace: "replaced",
  delete: "deleted",
};

function finding(change: PlannedChange, ways: readonly string[]): Finding {
  const of = "after" in change ? change.after : change.before;
  return {
    urn: of.urn,
    what: `${named(of)} would be ${DONE[change.kind]}, and with it goes the last rule of this stack that lets anybody ${ways.join(", and ")}.`,
    why:
      change.kind === "replace"
        ? "The old rule is deleted before the new one is there: what would connect in between is dropped, and for good where the update stops there."
        : "A security group drops what no rule allows: connections that are there go on until they time out, and no new one is made.",
    instead:
      "Make the rule that is to stand in its place first, beside it, and take this one away in the update after; on a rename, give the new one aliases. If nobody is to come this way any more, take away first what serves there, or let it go by crossfade:breakGlass.",
  };
}
