import { z } from "zod";
import { at, containsUnknown, IDLE, list, nameOf, number, otherColor, type Resource } from "../traffic";
import type { Plan } from "./plan";
import { type Finding, policy } from "./policy";
import { behindRecord } from "./reading/edges";
import { forwarding, places } from "./reading/forwards";
import { isService, isWorkload } from "./reading/kubernetes";
import { answerersOf, endsOf } from "./reading/members";
import { differs } from "./reading/paths";
import { recordSets } from "./reading/record-sets";
import { endOf, routeChanges } from "./reading/rollouts";
import { one, type State, setting, stateOf } from "./reading/state";
import { ECS_SERVICE, SCALING_GROUP } from "./reading/types";

/** What of each type is the version that it runs. */
const VERSION: Record<string, readonly string[]> = {
  [ECS_SERVICE]: ["taskDefinition"],
  [SCALING_GROUP]: ["launchTemplate", "launchConfiguration", "mixedInstancesPolicy"],
};
const PODS = ["spec.template.spec"];

export const releaseWithoutCanary = policy({
  name: "release-without-canary",
  description: "Refuses a new version on an environment that has weight, or that gets all of it by a rollback.",
  mechanism:
    'The version is rolled out to all of that environment\'s users at once, with no stage to hold it back and no environment to return to (SRE workbook, "Canarying Releases"). Where the environment is the only one of its route there is no other way: there it is said and not refused, and not even said of an Auto Scaling group whose instances are exchanged in batches with stops between them. A Service of Kubernetes whose selector changes moves all requests in one step, past readiness gates and drains (argo-rollouts, "Zero-Downtime Updates with AWS TargetGroups"). At `full` the stable color has no weight, and is what a rollback gives all requests to: a new version there is one that nobody has tried.',
  safeWay: "Give the new version to the color that has no weight, and promote it.",
  hazards: ["34", "42", "A2"],
  settings: z.strictObject({}),
  wholePlanOnly: true,
  judge: (plan) => {
    const prior = stateOf(plan.prior);
    return [...inPlace(plan, prior), ...selectorSwaps(plan), ...onTheWayBack(plan, prior)];
  },
});

/** What would run another version, in place or made anew. */
function newVersions({ changes }: Plan) {
  return changes.flatMap((change) => {
    if (change.kind !== "update" && change.kind !== "replace") return [];
    const version = isWorkload(change.after) ? PODS : VERSION[change.after.type];
    return version && differs(change.before, change.after, version) ? [change] : [];
  });
}

function inPlace(plan: Plan, prior: State): Finding[] {
  // A replacement that users would notice has a policy of its own.
  const replaced = new Set(plan.changes.flatMap((change) => (change.kind === "replace" ? [change.before] : [])));
  const isNoticed = (before: Resource) => replaced.has(before) && !plan.spare.has(before);
  return newVersions(plan).flatMap(({ before, after }) => {
    if (isNoticed(before) || endsOf(before, prior).some(isNoticed)) return [];
    const serving = plan.serving.get(before);
    if (!serving || leavesItsGroups(before, after)) return [];
    const isDivided = hasSibling(before, prior);
    if (!isDivided && comesInBatches(after, stateOf(plan.desired))) return [];
    return newVersion(after, `it ${serving.why}`, isDivided);
  });
}

/** Another group has other users, and who serves those of its own is for other policies; on another port it keeps them. */
function leavesItsGroups(before: Resource, after: Resource): boolean {
  const groups = ({ inputs }: Resource) => list(inputs.loadBalancers).map((balancer) => at(balancer, "targetGroupArn"));
  const [had, has] = [groups(before), groups(after)];
  return had.length > 0 && !containsUnknown(after.inputs.loadBalancers) && had.every((arn) => !has.includes(arn));
}

function newVersion(after: Resource, serves: string, hasSibling: boolean): Finding {
  return {
    urn: after.urn,
    what: `"${nameOf(after.urn)}" would get a new version in place, and ${serves}.`,
    why: "All its users get it at once, and the version to return to is gone.",
    instead: "Put the new version on the color that has no weight, and promote it stage by stage.",
    advisory: !hasSibling,
  };
}

/**
 * At `full` stable has no weight, and gets it all in one step by a rollback: a version that is put there would have it unseen. Who
 * forgot the finish and releases the next version does just that.
 */
function onTheWayBack(plan: Plan, prior: State): Finding[] {
  return routeChanges(plan).flatMap(({ route, before, asked, wire }): Finding[] => {
    const { stable } = asked;
    const candidate = otherColor(stable);
    if (!before || before.inputs.stable !== stable || wire?.[candidate] !== 100) return [];
    const end = endOf(before, stable, plan.prior);
    const runs = new Set(end ? answerersOf(end, prior) : []);
    return newVersions(plan).flatMap(({ before: ran, after }): Finding[] => {
      if (!runs.has(ran)) return [];
      return [
        {
          urn: after.urn,
          what: `"${nameOf(after.urn)}" would get a new version, and all requests of "${nameOf(route.urn)}" go back to it from full.`,
          why: `${candidate} has them all, and ${stable} is still stable: a rollback would give them in one step to a version that nobody has tried, and the one to return to is gone.`,
          instead: `Finish first, by stable: ${candidate} and stage: ${IDLE}. Then the new version is ${stable}'s, and is promoted stage by stage.`,
        },
      ];
    });
  });
}

function selectorSwaps({ changes, serving }: Plan): Finding[] {
  return changes.flatMap((change) => {
    if (change.kind !== "update" || !isService(change.after) || !serving.has(change.before)) return [];
    if (!differs(change.before, change.after, ["spec.selector"])) return [];
    return {
      urn: change.after.urn,
      what: `"${nameOf(change.after.urn)}" would select other pods, and users' requests reach it.`,
      why: "All of them move in one step, whether the new pods are healthy in the balancer or not, and those under way are cut with the old pods.",
      instead: "Give each color a Service whose selector never changes, and move weights between them.",
    };
  });
}

/**
 * Whether the version comes to an Auto Scaling group in batches that never take its capacity, each with a stop after it: by our
 * component, or by the provider's instance refresh, which without its own percentage has the group's policy or 90 %.
 */
function comesInBatches(group: Resource, desired: State): boolean {
  if (group.type !== SCALING_GROUP) return false;
  const home = group.parent === undefined ? undefined : desired.get(group.parent);
  if (home && list(at(home.inputs.rolling, "batches")).length > 1) return true;
  const preferences = one(at(one(setting(group, "instanceRefresh")), "preferences"));
  const least =
    at(preferences, "minHealthyPercentage") ??
    at(one(setting(group, "instanceMaintenancePolicy")), "minHealthyPercentage");
  return list(at(preferences, "checkpointPercentages")).length > 1 && (number(least ?? 90) ?? 0) >= 90;
}

/** Whether what leads to an end of it, or a weighted record that leads to its edge, has another to lead to as well. */
function hasSibling(member: Resource, prior: State): boolean {
  const isDivided = endsOf(member, prior).some((end) =>
    forwarding(end, prior).some((carrier) =>
      places(carrier, prior).some((place) => place.length > 1 && place.some(({ ends }) => ends.includes(end))),
    ),
  );
  if (isDivided) return true;
  const split = recordSets(prior).filter((set) => set.filter(({ isWeighted }) => isWeighted).length > 1);
  return split.some((set) => set.some(({ resource }) => behindRecord(resource, prior).has(member)));
}
