import { z } from "zod";
import { COLORS, nameOf, type PlannedChange } from "../traffic";
import type { Plan } from "./plan";
import { type Finding, policy } from "./policy";
import { isScaledIn, partsOf } from "./reading/entry-point-parts";
import { kindOf } from "./reading/kubernetes";
import { differs } from "./reading/paths";
import { raises } from "./reading/raises";
import { type RouteChange, routeChanges } from "./reading/rollouts";
import { stateOf } from "./reading/state";
import { isBetween, otherTiers } from "./reading/tiers";
import { BALANCER, ECS_SERVICE, GROUP, LISTENER, RECORD, RULE, SCALING_GROUP } from "./reading/types";

/**
 * What of each type, or kind of Kubernetes, decides which version answers, and where; the weights themselves are the one change
 * that may be.
 */
const CARRYING: Record<string, readonly string[]> = {
  [RECORD]: ["zoneId", "name", "type", "setIdentifier", "aliases", "records"],
  [BALANCER]: ["subnets", "securityGroups", "ipAddressType"],
  [RULE]: ["conditions", "listenerArn", "priority"],
  [LISTENER]: ["port", "protocol"],
  [GROUP]: [],
  [ECS_SERVICE]: ["taskDefinition", "loadBalancers", "networkConfiguration"],
  [SCALING_GROUP]: ["launchTemplate", "mixedInstancesPolicy", "targetGroupArns", "vpcZoneIdentifiers"],
  Deployment: ["spec.template.spec"],
  StatefulSet: ["spec.template.spec"],
  DaemonSet: ["spec.template.spec"],
  Service: ["spec.selector", "spec.ports"],
  TargetGroupBinding: ["spec.targetGroupARN", "spec.serviceRef"],
  HTTPRoute: ["spec.parentRefs", "spec.hostnames", "spec.rules.matches"],
  GRPCRoute: ["spec.parentRefs", "spec.hostnames", "spec.rules.matches"],
};

export const oneChange = policy({
  name: "one-change",
  description: "Refuses another traffic-carrying change of the same entry point beside a raise.",
  mechanism:
    "A stage tells something because one thing is new at it. With another version, another network or a scale-in in the same update, nobody can tell which of the two the errors come from, and the way back of the one is not the way back of the other (Kayenta compares a canary with a baseline of the same age for the same reason). Nor can they while another route splits the same requests, in front of this one or behind it: DNS between edges of which one is in the middle of a rollout of its own. Other entry points, tags, logs and scale-outs do not count.",
  safeWay:
    "Two updates: the other change first, then the weight. Of two routes that split the same requests, one at a time.",
  hazards: ["41"],
  settings: z.strictObject({}),
  wholePlanOnly: true,
  judge: (plan) => [...besideRaises(plan), ...twoShifts(plan)],
});

function besideRaises(plan: Plan): Finding[] {
  const prior = stateOf(plan.prior);
  return raises(plan).flatMap(({ urn, carriers, ours, what }) => {
    const parts = new Set(carriers.flatMap((carrier) => [...partsOf(carrier, prior)]));
    const beside = plan.changes.filter(
      (change) => "before" in change && parts.has(change.before) && isCarrying(change),
    );
    if (beside.length === 0) return [];
    return {
      urn,
      what: `${what} while ${beside.map(said).join(" and ")}.`,
      why: "If errors come, nobody can tell from which of the two, and going back takes back only one.",
      instead: "Make two updates of it: the other change first, then the weight.",
      advisory: !ours,
    };
  });
}

/** A raise of one tier while the other is split, or moves as well. */
function twoShifts(plan: Plan): Finding[] {
  const all = routeChanges(plan);
  return all.flatMap((change) => {
    if (change.transition.kind !== "promote") return [];
    const [other] = otherTiers(change, all, plan).filter((tier) => isBetween(tier) || MOVES.has(tier.transition.kind));
    if (!other) return [];
    const name = nameOf(other.route.urn);
    return {
      urn: change.route.urn,
      what: `"${nameOf(change.route.urn)}" goes to ${change.asked.stage} while "${name}", which splits the same requests, ${doing(other)}.`,
      why: "If errors come, nobody can tell from which of the two shifts, and the share of who meets a new version is that of both together.",
      instead: `Bring "${name}" to an end first, by a finish or a rollback, and move this weight then.`,
    };
  });
}

const MOVES: ReadonlySet<string> = new Set(["promote", "rollback", "return"]);

function doing({ wire, asked, transition }: RouteChange): string {
  if (MOVES.has(transition.kind)) return `goes to ${asked.stage} in the same update`;
  return `has ${COLORS.map((color) => `${wire?.[color] ?? 0} %`).join(" and ")}`;
}

function isCarrying(change: PlannedChange): boolean {
  if (change.kind !== "update") return change.kind !== "create";
  const { before, after } = change;
  if (isScaledIn(change)) return true;
  return differs(before, after, CARRYING[kindOf(after) ?? after.type] ?? []);
}

function said(change: PlannedChange): string {
  const resource = "before" in change ? change.before : change.after;
  const does = { create: "made", update: "changed", replace: "replaced", delete: "deleted" }[change.kind];
  return `"${nameOf(resource.urn)}" (${resource.type}) is ${does}`;
}
