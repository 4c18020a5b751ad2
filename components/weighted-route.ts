import * as pulumi from "@pulumi/pulumi";
import { COLORS, type Color, type Shares } from "../traffic";
import type { PropertyProblem } from "./property-problem";
import type { Rollout } from "./rollout";

/** What routes of every kind do alike. */

/** The target of each color that has one, in the order of the colors. */
export function presentTargets<T>(targets: Partial<Record<Color, T>>): (readonly [Color, T])[] {
  return COLORS.flatMap((color) => (targets[color] ? [[color, targets[color]] as const] : []));
}

/** The colors that must have a target, as stable or by their weight, and have none. */
export function missingTargets(
  rollout: Rollout,
  targets: Partial<Record<Color, unknown>>,
  property: "targets" | "backends" = "targets",
): PropertyProblem[] {
  return COLORS.filter((color) => !targets[color] && (rollout.shares[color] > 0 || color === rollout.plan.stable)).map(
    (color) => ({
      propertyPath: `${property}.${color}`,
      reason: `${color} must have ${rollout.shares[color]} % of the requests and has no ${property.slice(0, -1)}`,
    }),
  );
}

/**
 * The state's record of when the weights last moved: its `modified` does, after what carries the weights and with nothing else,
 * where that one's own moves with a tag or a refresh. Bake and hold times are counted from it.
 *
 * The answer is what it records: the shares, once they are written.
 */
export function createClock(
  name: string,
  { rollout, sticky }: { rollout: Rollout; sticky: boolean },
  parent: pulumi.ComponentResource,
  carriers: pulumi.Resource[],
): pulumi.Output<Shares> {
  // Without the zeros: a candidate that comes to be there at weight 0 moves nothing.
  const shares = Object.fromEntries(Object.entries(rollout.shares).filter(([, share]) => share > 0));
  const clock = new pulumi.Stash(`${name}-weights`, { input: { shares, sticky } }, { parent, dependsOn: carriers });
  return clock.input.apply((written) => written.shares);
}
