import { z } from "zod";
import { nameOf, type PlannedChange, sameValue } from "../traffic";
import { policy } from "./policy";
import { askedCount, partsOf } from "./reading/entry-point-parts";
import { raises } from "./reading/raises";
import { stateOf } from "./reading/state";

/** What of each type decides which version answers, and where; the weights themselves are the one change that may be. */
const CARRYING: Record<string, readonly string[]> = {
  "aws:lb/listenerRule:ListenerRule": ["conditions", "listenerArn", "priority"],
  "aws:lb/listener:Listener": ["port", "protocol"],
  "aws:lb/targetGroup:TargetGroup": [],
  "aws:ecs/service:Service": ["taskDefinition", "loadBalancers", "networkConfiguration"],
  "aws:autoscaling/group:Group": ["launchTemplate", "mixedInstancesPolicy", "targetGroupArns", "vpcZoneIdentifiers"],
};

export const oneChange = policy({
  name: "one-change",
  description: "Refuses another traffic-carrying change of the same entry point beside a raise.",
  mechanism:
    "A stage tells something because one thing is new at it. With another version, another network or a scale-in in the same update, nobody can tell which of the two the errors come from, and the way back of the one is not the way back of the other (Kayenta compares a canary with a baseline of the same age for the same reason). Other entry points, tags, logs and scale-outs do not count.",
  safeWay: "Two updates: the other change first, then the weight.",
  hazards: ["41"],
  settings: z.strictObject({}),
  wholePlanOnly: true,
  judge: (plan) => {
    const prior = stateOf(plan.prior);
    return raises(plan).flatMap(({ urn, carrier, ours, what }) => {
      const parts = partsOf(carrier, prior);
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
  },
});

function isCarrying(change: PlannedChange): boolean {
  if (change.kind !== "update") return change.kind !== "create";
  const { before, after } = change;
  const [had, has] = [askedCount(before), askedCount(after)];
  if (had !== undefined && has !== undefined && has < had) return true;
  return (CARRYING[after.type] ?? []).some((key) => !sameValue(before.inputs[key], after.inputs[key]));
}

function said(change: PlannedChange): string {
  const resource = "before" in change ? change.before : change.after;
  const does = { create: "made", update: "changed", replace: "replaced", delete: "deleted" }[change.kind];
  return `"${nameOf(resource.urn)}" (${resource.type}) is ${does}`;
}
