import { z } from "zod";
import { handling, isPreview, nameOf, type PlannedChange, type Resource, spokenDuration } from "../traffic";
import type { Plan } from "./plan";
import { type Finding, policy } from "./policy";
import { heldEdgeFindings, longerAnswers } from "./problems/held-edges";
import { drainOf } from "./reading/drains";
import { isScaledIn } from "./reading/entry-point-parts";
import { actionsProperty, forwarded, forwarding } from "./reading/forwards";
import { endsOf } from "./reading/members";
import { haveMoved, weightsSince } from "./reading/rollouts";
import { read, type State, stateOf } from "./reading/state";

/** ELB, `deregistration_delay.timeout_seconds`: the longest there is. */
const LONGEST_DRAIN = 3600;

const settings = z.strictObject({
  settle: z
    .number()
    .min(0)
    .default(60)
    .describe("Seconds until every balancer node can be taken to act on new weights; AWS gives no bound."),
  ttls: z
    .number()
    .min(1)
    .default(2)
    .describe(
      "How many TTLs of a record the clients that it led somewhere may come back for: one for resolvers, more for caches that keep answers longer than they should.",
    ),
});

export const holdTime = policy({
  name: "hold-time",
  description:
    "Refuses to remove or shrink what may still receive requests, and to make that last longer in a rollout.",
  mechanism:
    'A weight of 0 is an order, not a fact: the balancer\'s nodes adopt it one after the other (argo-rollouts#3333 was an outage of that kind), requests that are under way go on for as long as the drain allows (ELB guide, "Deregistration delay"), and deleting a target group waits for none of them. A pod has its `terminationGracePeriodSeconds` to end them (Kubernetes, "Pod Lifecycle"), and what proxies of a Gateway still send to a Service that is gone is answered with 500 (Gateway API, HTTPRouteRule). No graph of resources orders "weight down, then scale in" in one update. The time counts from the last move of the weights: the route\'s own clock, or the last change of the rule. Where DNS moves them it is longer: resolvers keep an answer for its TTL and some caches for more, and a client with a connection asks no resolver at all until the connection ends, an hour by default (ELB, `client_keep_alive`). So the edge of a record without weight stays, all of it, for so many TTLs and the client keep-alive besides.',
  safeWay:
    "Move the weight, wait for the drain and some time for the balancer, on DNS for the TTLs and the client keep-alive too, and remove or shrink it then.",
  hazards: ["4", "5", "21", "22", "31", "36", "A6", "A8", "A9", "A11"],
  settings,
  wholePlanOnly: true,
  judge: (plan, { settle, ttls }) => {
    const [prior, desired] = [stateOf(plan.prior), stateOf(plan.desired)];
    const behindRules = plan.changes.flatMap((change) => {
      if (change.kind === "create") return [];
      const isShrunk = change.kind === "update" && isScaledIn(change);
      const isGone = change.kind === "delete" || change.kind === "replace";
      const reached = isShrunk || isGone ? endsOf(change.before, prior) : [];
      const findings = reached.flatMap((end) =>
        forwarding(end, prior)
          .filter((carrier) => !isPreview(read(carrier, "conditions")))
          .flatMap((carrier) => held(change, end, carrier, { plan, prior, desired, settle }) ?? []),
      );
      return findings.slice(0, 1);
    });
    const isTold = ({ urn }: Finding) => behindRules.some((told) => told.urn === urn);
    return [
      ...behindRules,
      ...heldEdgeFindings(plan, { settle, ttls }).filter((finding) => !isTold(finding)),
      ...longerAnswers(plan),
    ];
  },
});

interface Scene {
  plan: Plan;
  prior: State;
  desired: State;
  settle: number;
}

/** Why the targets of a group or a Service must stay for now, as one carrier of weights has it; undefined where they need not. */
function held(
  change: PlannedChange & { before: Resource },
  end: Resource,
  carrier: Resource,
  { plan, prior, desired, settle }: Scene,
): Finding | undefined {
  const had = weightIn(carrier, end, prior);
  const name = `"${nameOf(change.before.urn)}"`;
  const does = change.kind === "update" ? "be scaled in" : change.kind === "delete" ? "be deleted" : "be replaced";
  const [after, endAfter] = [desired.heirOf(carrier), desired.heirOf(end)];
  if (had > 0) {
    // What is deleted while it serves has a policy of its own; here it is the order in one update.
    if (change.kind !== "update" || !after || !endAfter || weightIn(after, endAfter, desired) > 0) return undefined;
    return {
      urn: change.before.urn,
      what: `${name} would ${does} in the update that takes its weight in "${nameOf(carrier.urn)}" away.`,
      why: "No order in one update is safe: the balancer sends it requests until its nodes have adopted the new weights, and those under way need their drain.",
      instead: "Take the weight away in this update, and scale it in in a later one.",
    };
  }
  if (!haveMoved(carrier, plan.prior)) return undefined;
  const since = weightsSince(carrier, plan.prior);
  const hold = (drainOf(end, prior) ?? LONGEST_DRAIN) + settle;
  const over = since && since.getTime() + hold * 1000;
  if (over !== undefined && over <= plan.now.getTime()) return undefined;
  const left = over === undefined ? hold : (over - plan.now.getTime()) / 1000;
  return {
    urn: change.before.urn,
    what: `${name} would ${does} ${since ? `${spokenDuration((plan.now.getTime() - since.getTime()) / 1000)} after the weights of "${nameOf(carrier.urn)}" last moved` : `and since when "${nameOf(carrier.urn)}" gives it no weight cannot be told`}.`,
    why: `It may still receive requests, and answer some, for ${spokenDuration(hold)}: the drain of ${spokenDuration(hold - settle)}, and ${spokenDuration(settle)} for the balancer's nodes.`,
    instead: `Wait ${spokenDuration(left)}, then remove or shrink it.`,
    advisory: since === undefined && !prior.isOurs(carrier),
  };
}

/** The weight that a carrier gives an end; a cookie's hold on a group without weight counts as one. */
function weightIn(carrier: Resource, end: Resource, state: State): number {
  const found = forwarded(carrier, state).filter(({ ends }) => ends.includes(end));
  const does = handling(read(carrier, actionsProperty(carrier)));
  const sticky = does.does === "forward" && does.sticky ? 1 : 0;
  return found.reduce((sum, { weight }) => sum + Math.max(weight ?? 1, sticky), 0);
}
