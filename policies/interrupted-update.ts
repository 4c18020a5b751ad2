import { z } from "zod";
import { type Interruption, interruptions, nameOf, type PlannedChange, PREVIEW_HEADER, type Step } from "../traffic";
import { type Plan, servesUntil } from "./plan";
import { policy } from "./policy";
import { routingChanges } from "./problems/routing-change";
import { isAfter } from "./reading/order";
import { stateOf } from "./reading/state";

export const interruptedUpdate = policy({
  name: "interrupted-update",
  description: "Refuses an update that loses requests on its way, or that Route 53 stops there.",
  mechanism:
    "The engine makes creations and updates in parallel, held back by data edges, `dependsOn` and parents alone, and deletions at the end; a failed step, a lost connection or a kill ends it after any set of steps that respects these edges. A listener's rule needs the target group that it forwards to and not the service that fills the group: without an edge it is updated first, and every request is answered with 503 until the service is there, or for good (ELB guide, \"HTTP 503: Service unavailable\"). A change of a route is adopted by one node of the balancer after the other, and by caches of names later still; nobody names a bound: who answers must do so for the routes as they were, too (argo-rollouts#3333 was an outage of that kind). A rule or a route that takes another host or path in the place of one leaves those who still ask for that one to the listener's default: a slip of the pen looks so. A value that is only taken off is taken to be retired. What serves and would be replaced or deleted is refused by the policies of these names; here it is judged as if it stayed. Of DNS records Route 53 stops an update half way that makes one beside another of its name and type with another routing policy (Route 53 API, ChangeResourceRecordSets, InvalidChangeBatch): deletions come last. What another stack registers or routes is no step of this update: it is taken to be as it should.",
  safeWay:
    "An edge (`dependsOn`), so that what must come first does, or two updates. Another host or path comes beside the old one first, and that goes when nobody asks for it any more.",
  hazards: ["2", "4", "17", "19", "44", "A1", "A12", "A32"],
  settings: z.strictObject({}),
  wholePlanOnly: true,
  judge: (plan) => {
    const stays = (change: PlannedChange) => servesUntil(change, plan) !== undefined;
    const found = interruptions(plan.prior, plan.desired, plan.changes, stays, plan.pending).map((interruption) => ({
      urn: interruption.urn,
      what: `${moment(interruption)}, ${percent(interruption.lost)} of ${interruption.requests} are lost.`,
      why: `${capital(interruption.why.join("; "))}. ${lasting(interruption)}`,
      instead: instead(interruption, plan),
    }));
    return [...found, ...routingChanges(plan)];
  },
});

function moment({ after, until, forGood, bounded, unadopted }: Interruption): string {
  if (bounded) return "At some moment of this update, which has more steps than can all be tried, perhaps";
  const done = `After ${after.map((step) => `${named(step)} is ${past(step)}`).join(" and ")}`;
  const before = until.map((step) => `${named(step)} is ${past(step)}`).join(" or ");
  if (before) return `${done} and before ${before}`;
  if (unadopted) return `${done}, and until the routes' changes have come everywhere`;
  return forGood ? `${done}, and from then on` : `${done} and before the rest is done`;
}

function lasting({ until, forGood, bounded, exchanged, unadopted }: Interruption): string {
  if (unadopted) {
    return "A node of the balancer that has not adopted the new weights, or a cache that has the old answer, still sends requests there; nobody names a bound for that (ELB guide; RFC 8767 for names).";
  }
  if (exchanged && until.length === 0) {
    return "Users and their links ask for the old one for long, and nothing leads them to the new one.";
  }
  if (forGood && until.length === 0 && !bounded) return "It stays so.";
  return "The engine may be there for a while, and may stop there.";
}

function instead({ after, until, bounded, exchanged, unadopted }: Interruption, { desired }: Plan): string {
  if (unadopted)
    return "Make two updates of it: first what leads the requests elsewhere, and, once its drain is over, what takes those away who answer there.";
  if (exchanged && until.length === 0) {
    return "If it is a slip, write it as it was. Otherwise let it take both in an update of its own, lead users to the new one, and take the old one off in another when nobody asks for it. Where nobody asks for it now, or the config has room for one only, crossfade:breakGlass lets it through, with the reason.";
  }
  if (bounded) return "Make several updates of it: first what is to answer, then what leads to it, then what goes.";
  const [late] = until;
  const [early] = after;
  if (!late || !early) {
    return "Bring up what is to answer in an update of its own, and wait until it does (waitForSteadyState on an ECS service); lead requests to it then. Take them away from what goes before it goes.";
  }
  const first = `make two updates of it, the one with ${named(late)} first`;
  if (early.does === "delete" || late.does === "delete") return `${capital(first)}.`;
  if (!isAfter(late.urn, early.urn, stateOf(desired)))
    return `Give ${named(early)} a dependsOn on ${named(late)}, or ${first}.`;
  // ECS: "The target group … does not have an associated load balancer".
  return `${capital(first)}. Where AWS wants a target group in a rule before there can be a service, a rule that asks for the header ${PREVIEW_HEADER} will do: no user sends it.`;
}

function named({ urn, type }: Step): string {
  return `"${nameOf(urn)}" (${type})`;
}

function past({ does, half }: Step): string {
  if (half) return "half updated";
  return { create: "created", update: "updated", delete: "deleted" }[does];
}

function percent(share: number): string {
  const value = share * 100;
  return value >= 1 ? `${Math.round(value)} %` : "less than 1 %";
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
