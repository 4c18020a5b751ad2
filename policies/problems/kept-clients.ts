import { COLORS, formerOf, nameOf, number, otherColor, spokenDuration } from "../../traffic";
import type { Plan } from "../plan";
import type { Finding } from "../policy";
import { carriersOf, haveMoved, routesIn, weightsSince, wireOf } from "../reading/rollouts";

/**
 * Clients whom a canary of a moment ago has bound to a color that gets weight again: stickiness was off since, and their cookies are
 * good until their end. So the first stage of the next release has more users than its weight says.
 */
export function keptClients(plan: Plan): Finding[] {
  return routesIn(plan.desired).flatMap((route): Finding[] => {
    const before = formerOf(route, plan.prior);
    const [carrier] = before ? carriersOf(before, plan.prior) : [];
    const since = carrier && haveMoved(carrier, plan.prior) ? weightsSince(carrier, plan.prior) : undefined;
    if (!before || !since) return [];
    const [was, is] = [wireOf(before, plan.prior) ?? {}, wireOf(route, plan.desired) ?? {}];
    const raised = COLORS.find((color) => (was[color] ?? 0) === 0 && (is[color] ?? 0) > 0 && is[otherColor(color)]);
    const seconds = number(before.inputs.stickySeconds) ?? 0;
    const ago = (plan.now.getTime() - since.getTime()) / 1000;
    if (!raised || ago >= seconds) return [];
    const weight = is[raised];
    return [
      {
        urn: route.urn,
        advisory: true,
        what: `"${nameOf(route.urn)}" gives ${raised} ${weight} %, and clients that met ${raised} in the canary before come back to it besides.`,
        why: `Its weights last moved ${spokenDuration(ago)} ago, and a cookie outranks them for ${spokenDuration(seconds)}: more users than ${weight} % may get the new version.`,
        instead: `Wait ${spokenDuration(seconds - ago)}, or set crossfade:service.sticky (stickySeconds) to what a session needs.`,
      },
    ];
  });
}
