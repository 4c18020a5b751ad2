import {
  COLORS,
  type Color,
  currentStage,
  desiredShares,
  type RolloutPlan,
  rounded,
  type Shares,
  sameShares,
  spokenShares,
} from "../../traffic";
import type { Problem } from "../ratchet";
import { weightsProperty } from "../reading/forwards";
import { placesOf, routesIn } from "../reading/rollouts";
import type { Place } from "../reading/route-kind";
import { oncePerState } from "../reading/state";
import { ignores } from "../reading/weight-controllers";
import { named } from "../reading/words";

/**
 * Weights of a route of ours that are not those of its stage. No component writes such: something has changed them on their way
 * to the engine. The numbers are part of the kind, for other ones than before are new.
 */
export const otherWeights = oncePerState((state): Problem[] =>
  routesIn(state.resources).flatMap((route) =>
    placesOf(route, state.resources).flatMap((place) => {
      const { carriers } = place;
      const [first] = carriers;
      // What is left alone is as it was before, and the lack of an owner is told.
      if (!first || carriers.some((carrier) => ignores(carrier, weightsProperty(carrier)))) return [];
      const plan = route.inputs as unknown as RolloutPlan;
      const said = saidShares(place, plan);
      const written = writtenShares(place);
      if (written && sameShares(said, written)) return [];
      const [says, writes] = [spokenShares(said), written ? spoken(written) : "not known before the update"];
      return {
        urn: first.urn,
        kind: `${says}, but ${writes}`,
        what: `${named(route)} is to be at ${currentStage(plan).name} (${says}), and what the program writes on ${carriers.map(named).join(" and ")} is ${writes}.`,
        why: "Users get what is written there: a bad version can meet more of them than its stage allows, and a rollback can leave them on it. The other policies judge the step by the stage.",
        instead: `Let crossfade:stage alone say the weights: no transform (of the stack, or in the options of ${named(route)} or of what it is in) may touch them, nor ignoreChanges; tags and the like they may.`,
      };
    }),
  ),
);

/** What the stage gives the colors that are there. */
function saidShares(place: Place, plan: RolloutPlan): Shares {
  const shares = desiredShares(plan);
  const present = presentIn(place);
  const sum = present.reduce((total, color) => total + shares[color], 0);
  return Object.fromEntries(present.map((color) => [color, sum > 0 ? (shares[color] * 100) / sum : 0]));
}

/**
 * What the colors get as it is written; undefined where a weight is not known. Of two ends that are not known yet the first is
 * the first color's, as the components write them.
 */
function writtenShares(place: Place): Shares | undefined {
  const { known, ends } = place;
  if (ends.some(([, weight]) => weight === undefined)) return undefined;
  const sum = ends.reduce((total, [, weight = 0]) => total + weight, 0);
  const shares: Shares = {};
  for (const [end, weight = 0] of ends) {
    const color = presentIn(place).find((each) => shares[each] === undefined && known[each] === end);
    if (color) shares[color] = sum > 0 ? (weight * 100) / sum : 0;
  }
  return shares;
}

function presentIn({ known }: Place): Color[] {
  return COLORS.filter((color) => known[color] !== undefined);
}

/** With what goes to others; where all weights are 0 nobody gets anything. */
function spoken(shares: Shares): string {
  const own = Object.values(shares).reduce((sum, share) => sum + share, 0);
  const others = own > 0 && own < 99.99 ? `, others ${rounded(100 - own)} %` : "";
  return `${spokenShares(shares)}${others}`;
}
