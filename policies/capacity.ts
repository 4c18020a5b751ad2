import { z } from "zod";
import { borneByOne, HEADROOM, nameOf, neededTargets, type Resource, scalingGroupSize, text } from "../traffic";
import type { Plan } from "./plan";
import { type Finding, policy } from "./policy";
import { kubernetesCapacityProblems, replicasLeftOut } from "./problems/capacity-kubernetes";
import { ratchet } from "./ratchet";
import { answerersBehind, divisions } from "./reading/divisions";
import { askedCount, liveCount } from "./reading/entry-point-parts";
import { routeChanges } from "./reading/rollouts";
import { read, type State, stateOf } from "./reading/state";
import { ECS_SERVICE, SCALING_GROUP } from "./reading/types";

const AUTOSCALER = "aws:appautoscaling/target:Target";
const SCALING_POLICY = "aws:autoscaling/policy:Policy";

const settings = z.strictObject({
  headroom: z
    .number()
    .min(0)
    .default(HEADROOM)
    .describe("How much more load one target may get than one is known to bear, as a part of it: 0.1 is 10 %."),
});

export const capacity = policy({
  name: "capacity",
  description: "Refuses weight on an environment that cannot carry it.",
  mechanism:
    'What can be known of a plan: how many targets share which part of the requests now, and how many would after it. What one target bears is taken to be what the busiest has now, or its part of all requests in the largest environment; more is untried, and an overloaded target queues, times out and is taken for dead (SRE book, "Addressing Cascading Failures"). Counts are the live ones where an autoscaler has them, for it scales an environment in as its weight falls; a program that writes `desiredCount` puts it back (service-auto-scaling guide). The targets\' size is not compared. On the way back too few targets are told and not refused: too few good ones are better than enough bad ones.',
  safeWay: "Scale out first, in an update of its own; keep a floor under both colors while a rollout is on.",
  hazards: ["2", "13", "30", "31", "38", "39", "A4", "A6"],
  settings,
  wholePlanOnly: true,
  judge: (plan, { headroom }) => [
    ...overloads(plan, headroom),
    ...putBack(plan),
    ...replicasLeftOut(plan),
    ...ratchet(plan, kubernetesCapacityProblems),
  ],
});

/** Groups and edges that would get more requests for each target than one is known to bear. */
function overloads(plan: Plan, headroom: number): Finding[] {
  const [prior, desired] = [stateOf(plan.prior), stateOf(plan.desired)];
  const waysBack = new Set(
    routeChanges(plan).flatMap(({ route, transition }) =>
      transition.kind === "rollback" || transition.kind === "return" ? [route.urn] : [],
    ),
  );
  return divisions(plan).flatMap(({ carrier, of, had, has }) => {
    const running = [...had].flatMap(([urn, share]) => {
      const targets = targetsOf(urn, prior, liveCount);
      return targets ? [{ targets, share }] : [];
    });
    const borne = borneByOne(running);
    if (borne === undefined) return [];
    return [...has].flatMap(([urn, share]) => {
      const targets = targetsOf(urn, desired, (member) => countAfter(member, prior));
      if (targets === undefined || share <= (had.get(urn) ?? 0)) return [];
      const needed = neededTargets(share, borne, headroom);
      if (targets >= needed) return [];
      return {
        urn: carrier.urn,
        what: `"${nameOf(urn)}" would carry ${percent(share)} of the requests of ${of} with ${targets} ${targets === 1 ? "target" : "targets"}, and one is known to bear ${percent(borne)}.`,
        why: `It needs ${needed} for that. What one bears is read from the busiest now, and from the largest environment, which carries all alone.`,
        instead: `Scale "${nameOf(urn)}" out to ${needed} in an update of its own, and move the weight then.`,
        advisory: waysBack.has(carrier.parent ?? ""),
      };
    });
  });
}

/** What holds the number that an autoscaler moves, by the type that has it, and what runs in it. */
const COUNTED: Record<string, { property: string; what: string }> = {
  [ECS_SERVICE]: { property: "desiredCount", what: "tasks" },
  [SCALING_GROUP]: { property: "desiredCapacity", what: "instances" },
};

/** Services and groups whose number an autoscaler has raised, and that the program would put back. */
function putBack(plan: Plan): Finding[] {
  const prior = stateOf(plan.prior);
  return plan.changes.flatMap((change) => {
    const counted = change.kind === "update" ? COUNTED[change.after.type] : undefined;
    if (change.kind !== "update" || !counted || !plan.serving.has(change.before)) return [];
    const { property, what } = counted;
    // A group that names no number keeps its own.
    if (change.after.inputs[property] === undefined || !hasAutoscaler(change.before, prior)) return [];
    const [live, asked] = [liveCount(change.before), askedCount(change.after)];
    const isLeftAlone = change.after.ignoreChanges?.includes(property);
    if (live === undefined || asked === undefined || asked >= live || isLeftAlone) return [];
    return {
      urn: change.after.urn,
      what: `"${nameOf(change.after.urn)}" runs ${live} ${what} by its autoscaler, and the update would put it back to ${asked}.`,
      why: "The autoscaler raised it because the load asked for it; it takes minutes to raise it again.",
      instead: `Leave the number to the autoscaler: ignoreChanges: ["${property}"].`,
    };
  });
}

function hasAutoscaler(counted: Resource, state: State): boolean {
  const name = text(counted.outputs.name);
  if (name === undefined) return false;
  if (counted.type === SCALING_GROUP) {
    return state.ofType(SCALING_POLICY).some((policy) => read(policy, "autoscalingGroupName") === name);
  }
  return state.ofType(AUTOSCALER).some((target) => text(read(target, "resourceId"))?.endsWith(`/${name}`) === true);
}

/** What a member runs after the update: what is asked for anew, else what there is now. */
function countAfter(member: Resource, prior: State): number | undefined {
  const before = prior.get(member.urn);
  const asked = askedCount(member);
  const count = before && askedCount(before) === asked ? liveCount(before) : asked;
  return member.type === SCALING_GROUP && count !== undefined ? scalingGroupSize(member.inputs, count) : count;
}

/** How many targets a group or an edge has; undefined where others fill it or a number is not known. */
function targetsOf(urn: string, state: State, count: (member: Resource) => number | undefined): number | undefined {
  const end = state.get(urn);
  const counts = end ? answerersBehind(end, state).map(count) : [];
  if (counts.length === 0 || counts.some((n) => n === undefined)) return undefined;
  return counts.reduce<number>((sum, n) => sum + (n ?? 0), 0);
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
