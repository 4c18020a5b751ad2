import { z } from "zod";
import { nameOf } from "../traffic";
import { servesUntil } from "./plan";
import { policy } from "./policy";
import { shutPorts } from "./problems/shut-ports";
import { LETTING } from "./reading/letting";

export const servingDeletion = policy({
  name: "serving-deletion",
  description: "Refuses to delete a resource that serves users, and what lets them in to it.",
  mechanism:
    "Deleting a target group or a service ends the requests that are in flight, whatever the drain; deleting a record or a balancer ends them all. What a record led to is asked for as long as caches keep the answer (Route 53 guide, values for TTL), also by an update that leads the record elsewhere. A rename without an alias is a deletion too: the engine makes a new resource and deletes the old one. A policy pack is never shown a deletion (pulumi-policy#299): it is found by comparing with the prior state. What no request would miss may go: one of two services behind a group drains, and so does one whose successor is healthy in the group by then. Users are cut off as well by the end of what refers to a resource that serves: of a listener's certificate, as clients that name a host of it are given another one (ELB guide, SSL certificates for your Application Load Balancer); of a function's permission for the balancer; of the way from the subnets of a balancer to the Internet; and of the last rule of its security groups, or of a service's, that lets connections to its port through, also where an edit takes that away: what is tracked goes on until it times out, new connections are dropped (EC2 guide, security group connection tracking). Of groups and rules that only other stacks have nothing is known, and nothing is said.",
  safeWay:
    "Take the weight away first, wait until nothing can hold on to it, and delete then. What lets users in gets its successor beside it first.",
  hazards: ["4", "5", "21", "A26"],
  settings: z.strictObject({}),
  // A resource that goes is shown to no resource policy.
  wholePlanOnly: true,
  judge: (plan) => [
    ...plan.changes.flatMap((change) => {
      if (change.kind !== "delete") return [];
      const served = servesUntil(change, plan);
      if (!served) return [];
      const { urn, type } = change.before;
      const letting = served.letsInto && LETTING[type];
      const cause = change.leftOver
        ? "An earlier update replaced it and was stopped; this update would carry the deletion out"
        : "It is in the state and not in the program; if it was renamed, the program lacks an alias";
      return {
        urn,
        what: `"${nameOf(urn)}" would be deleted, and it ${served.why}.`,
        why: `${cause}. ${letting?.without ?? "Requests in flight are cut, and new ones are not answered."}`,
        instead: change.leftOver
          ? 'Every update carries it out, so take the way to it away beside Pulumi: no weight for it and no stickiness on the route, by AWS\'s own API or console. Then "pulumi refresh", and update again.'
          : (letting?.instead ??
            "Take its weight away first (roll back or promote), then remove it; on a rename, give the new one aliases: [{ name: <old name> }]."),
      };
    }),
    ...shutPorts(plan),
  ],
});
