import {
  at,
  COLORS,
  type Color,
  judgeTransition,
  list,
  nameOf,
  otherColor,
  type Properties,
  type Resource,
  type RolloutPlan,
  type Shares,
  text,
} from "../traffic";
import type { Plan, Policy } from "./policy";

const ROUTE = "crossfade:index:WeightedAlbRoute";
const ENVIRONMENT = "crossfade:index:FargateEnvironment";
const RULE = "aws:lb/listenerRule:ListenerRule";
const VERSION = "aws:ecs/taskDefinition:TaskDefinition";

/**
 * Refuses a rollout that skips a stage, moves on from weights that are no stage, or makes another color stable while that moves
 * requests.
 *
 * A canary limits what a bad version can do to the share of its stage (SRE workbook, "Canarying Releases"); a skipped stage
 * takes the limit away. Where a rollout stands is read from the rule's weights: after a failed update the components have
 * recorded a stage that the rule never reached. Rolling back is always legal.
 */
export const stageOrder: Policy = {
  name: "stage-order",
  description: "Refuses a rollout that skips a stage.",
  judge: (plan) =>
    plan.desired
      .filter((after) => after.type === ROUTE)
      .flatMap((after) => {
        const before = plan.prior.find(
          (r) => r.type === ROUTE && [after.urn, ...(after.aliases ?? [])].includes(r.urn),
        );
        const asked = after.inputs as unknown as RolloutPlan;
        const verdict = judgeTransition({
          wire: before && sharesOnTheWire(before, plan.prior),
          recorded: before && (before.inputs as unknown as RolloutPlan),
          asked,
          older: before && olderColor(before, plan),
        });
        if (verdict.kind !== "refused") return [];
        return {
          urn: after.urn,
          what: `"${nameOf(after.urn)}" cannot go to stable: ${asked.stable}, stage: ${asked.stage}: ${verdict.reason}.`,
          why: "Each stage bounds how many users a bad version can reach; without it the first to notice are all of them.",
          instead: `Legal from here: ${verdict.legal}.`,
        };
      }),
};

/** The share that each color's target group has in the route's rule; undefined where there is no rule yet. */
function sharesOnTheWire(route: Resource, prior: readonly Resource[]): Shares | undefined {
  const rule = prior.find((r) => r.type === RULE && r.parent === route.urn && !r.pendingDelete);
  if (!rule) return undefined;
  const groups = list(at(list(rule.outputs.actions)[0], "forward", "targetGroups"));
  const weights = groups.map((group) => [at(group, "arn"), Number(at(group, "weight"))] as const);
  const sum = weights.reduce((total, [, weight]) => total + weight, 0);
  const shares: Shares = {};
  for (const color of COLORS) {
    const arn = groupArn(route, color, prior);
    const found = weights.find(([group]) => group === arn);
    if (found && sum > 0) shares[color] = (found[1] * 100) / sum; // in this order: 55 / 100 * 100 is not 55
  }
  return shares;
}

/** Which group is a color's: the environment's own, or what the route was given for it. */
function groupArn(route: Resource, color: Color, prior: readonly Resource[]): string | undefined {
  return text(at(route.inputs.groups, color)) ?? text(environment(color, prior)?.outputs.targetGroupArn);
}

/**
 * The color whose version was made first: after a finish it is the one that carried all before. A version is as old as its task
 * definition, which any change of the version makes anew and a tag does not.
 */
function olderColor(route: Resource, { prior, changes }: Plan): Color | undefined {
  const made = (color: Color) => {
    const group = groupArn(route, color, prior);
    const home = prior.find((r) => r.type === ENVIRONMENT && group !== undefined && r.outputs.targetGroupArn === group);
    const version = prior.find((r) => r.type === VERSION && r.parent === home?.urn && !r.pendingDelete);
    const changed = changes.some((change) => change.kind === "replace" && change.before === version);
    return changed ? undefined : version?.created;
  };
  return COLORS.find((color) => {
    const [own, other] = [made(color), made(otherColor(color))];
    return own !== undefined && other !== undefined && Date.parse(own) < Date.parse(other);
  });
}

function environment(color: Color, prior: readonly Resource[]): Resource | undefined {
  return prior.find((r) => r.type === ENVIRONMENT && (r.inputs as Properties).color === color);
}
