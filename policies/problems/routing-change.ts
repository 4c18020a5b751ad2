import type { PlannedChange, Resource } from "../../traffic";
import type { Plan } from "../plan";
import type { Finding } from "../policy";
import { isAfter } from "../reading/order";
import { recordKey, routingOf } from "../reading/record-sets";
import { stateOf } from "../reading/state";
import { RECORD } from "../reading/types";
import { named } from "../reading/words";

/**
 * Records that would be made beside one of another routing policy, which Route 53 refuses. A record that changes its own policy
 * is one change batch, which deletes and creates at once (terraform-provider-aws, `resourceRecordUpdate`).
 */
export function routingChanges(plan: Plan): Finding[] {
  return plan.changes.flatMap((change) => {
    if ((change.kind !== "create" && change.kind !== "replace") || change.after.type !== RECORD) return [];
    return inTheWay(change, plan).slice(0, 1);
  });
}

function inTheWay({ after }: PlannedChange & { after: Resource }, plan: Plan): Finding[] {
  const [prior, desired] = [stateOf(plan.prior), stateOf(plan.desired)];
  const key = recordKey(after, desired);
  const there = prior
    .ofType(RECORD)
    .filter((record) => recordKey(record, prior) === key && routingOf(record) !== routingOf(after));
  return there.flatMap((record): Finding[] => {
    const heir = desired.heirOf(record);
    const problem = {
      urn: after.urn,
      why: "Route 53 takes no records of two routing policies for one name and type (InvalidChangeBatch): the update stops there, with its other steps done.",
    };
    if (!heir || recordKey(heir, desired) !== key) {
      return [
        {
          ...problem,
          what: `${named(after)} would be made while ${named(record)}, which answers for the same name in another way, is still there: deletions come last.`,
          instead: `Let the record that is there become the new one, in place: give ${named(after)} aliases: [{ name: <old name> }]. To delete it first leaves the name without an answer, which resolvers keep for the zone's negative TTL.`,
        },
      ];
    }
    if (routingOf(heir) !== routingOf(after) || isAfter(after.urn, heir.urn, desired)) return [];
    return [
      {
        ...problem,
        what: `${named(after)} may be made before ${named(heir)} has the same routing policy: nothing orders the two.`,
        instead: `Give ${named(after)} a dependsOn on ${named(heir)}, or make it in an update after this one.`,
      },
    ];
  });
}
