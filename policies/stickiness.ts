import { z } from "zod";
import { at, formatDuration } from "../traffic";
import { policy } from "./policy";
import { keptClients } from "./problems/kept-clients";
import { type Problem, ratchet } from "./ratchet";
import { type Split, splits } from "./reading/forwards";
import { backendsOf, exposedServices, kindOf } from "./reading/kubernetes";
import { type State, setting } from "./reading/state";
import { targetStickiness } from "./reading/target-stickiness";
import { GROUP } from "./reading/types";
import { named } from "./reading/words";

export const stickiness = policy({
  name: "stickiness",
  description: "Refuses cookies that keep users on a version for longer than a rollback may take.",
  mechanism:
    'Group stickiness outranks weights: a client with the cookie stays on its group, also at weight 0, and gets 503 once the group has no targets (ELB guide, "Sticky sessions"). Each request starts the duration anew, so that an active user stays for good until stickiness goes off; and it cannot go off while a group has stickiness of its own. Turned on again, it finds the clients that an earlier canary has bound, for as long as their cookies last: a candidate of the same color begins with them, whatever its weight. Where cross-zone balancing is off, cookies are not supported at all. A Service of Kubernetes with `sessionAffinity` binds whole addresses, a balancer\'s among them, to one pod.',
  safeWay: "Keep clients at canary stages only, as briefly as a session needs, and sessions outside of the targets.",
  hazards: ["5", "A9", "A13"],
  settings: z.strictObject({
    longest: z
      .int()
      .min(1)
      .max(604_800)
      .default(86_400)
      .describe(
        "The longest group stickiness in seconds of a forward that splits requests: so long a rollback reaches not all users.",
      ),
  }),
  judge: (plan, { longest }) => [
    ...ratchet(plan, (state) => [
      ...splits(state)
        .filter(({ targets, sticky }) => targets.length > 1 && sticky.isOn)
        .flatMap((split) => splitProblems(split, longest)),
      ...zoneProblems(state),
      ...affinityProblems(state),
    ]),
    ...keptClients(plan),
  ],
});

function splitProblems({ from, targets, sticky }: Split, longest: number): Problem[] {
  const problems: Problem[] = [];
  // A duration that is not known before the update is judged in it.
  if (sticky.seconds !== undefined && sticky.seconds > longest) {
    problems.push({
      urn: from.urn,
      kind: "duration",
      badness: sticky.seconds,
      what: `${named(from)} keeps a client on its group for ${formatDuration(sticky.seconds)}.`,
      why: "A cookie outranks the weights: for so long a rollback does not reach the users of the candidate, and the old version must stay.",
      instead: `Make the duration ${longest} s or less (the policy's setting "longest"), or keep sessions outside of the targets.`,
    });
  }
  if (targets.filter(({ weight }) => weight !== 0).length < 2) {
    problems.push({
      urn: from.urn,
      kind: "no split",
      advisory: true,
      what: `${named(from)} has stickiness on while one group has all the weight.`,
      why: "Who has a cookie of another group stays there, and nobody else needs one.",
      instead: "Turn group stickiness off at idle, at full and on a rollback.",
    });
  }
  const own = targets.flatMap(({ groups }) => groups).find((group) => targetStickiness(group) !== undefined);
  if (own) {
    problems.push({
      urn: from.urn,
      kind: "target stickiness",
      practice: true,
      what: `${named(own)} has stickiness of its own beside the group stickiness of ${named(from)}.`,
      why: "While a group has, ELB does not let group stickiness be turned off: a rollback cannot free the candidate's users.",
      instead: "Turn the stickiness of the group off.",
    });
  }
  return problems;
}

/** Stickiness of either kind where a zone's balancer node keeps to the targets of its zone. */
function zoneProblems(state: State): Problem[] {
  const bySplit = new Map(
    splits(state).flatMap(({ targets, sticky, from }) =>
      sticky.isOn ? targets.flatMap(({ groups }) => groups.map((group) => [group, from] as const)) : [],
    ),
  );
  return state.ofType(GROUP).flatMap((group) => {
    const split = bySplit.get(group);
    // The provider takes "true", "false" and "use_load_balancer_configuration".
    if (String(setting(group, "loadBalancingCrossZoneEnabled")) !== "false") return [];
    if (!split && targetStickiness(group) === undefined) return [];
    return {
      urn: group.urn,
      kind: "zones",
      what: `${named(group)} has cross-zone balancing off, and ${split ? named(split) : "it"} keeps clients by a cookie.`,
      why: "That is not supported: a client's next request may come to a zone where its target is not.",
      instead: "Turn cross-zone balancing on, or stickiness off.",
    };
  });
}

function affinityProblems(state: State): Problem[] {
  return exposedServices(state).flatMap(({ service, by }) => {
    if (at(setting(service, "spec"), "sessionAffinity") !== "ClientIP") return [];
    const isSplit = backendsOf(by).some((backends) => backends.length > 1);
    if (!isSplit && kindOf(by) !== "TargetGroupBinding") return [];
    return {
      urn: service.urn,
      kind: "affinity",
      practice: true,
      what: `${named(service)} has sessionAffinity: ClientIP behind ${named(by)}.`,
      why: "The client that it sees may be the balancer: all requests of a node go to one pod, for three hours unless said otherwise.",
      instead: "Take sessionAffinity away, and keep clients where the route is.",
    };
  });
}
