import { z } from "zod";
import { at, list, nameOf, type Resource, sameValue } from "../traffic";
import { kubernetesReleases } from "./kubernetes-releases";
import { type Finding, type Plan, policy } from "./policy";

const SERVICE = "aws:ecs/service:Service";

export const releaseWithoutCanary = policy({
  name: "release-without-canary",
  description: "Refuses a new version on an environment that has weight.",
  mechanism:
    "The service rolls it out to all of that environment's users at once, with no stage to hold it back and no environment to return to (SRE workbook, \"Canarying Releases\"). Where the service's group is the only one of its route there is no other way: there it is said and not refused. A Service of Kubernetes whose selector is swapped does the same to all users at once; a route's weights do not (Gateway API, `HTTPBackendRef.weight`).",
  safeWay: "Give the new version to the color that has no weight, and promote it.",
  hazards: ["34", "42", "A2"],
  settings: z.strictObject({}),
  judge: (plan) => [...serviceReleases(plan), ...kubernetesReleases(plan)],
});

function serviceReleases(plan: Plan): Finding[] {
  return plan.changes.flatMap((change) => {
    if (change.kind !== "update" || change.after.type !== SERVICE) return [];
    const { before, after } = change;
    const served = plan.serving.get(before);
    if (!served || sameValue(before.inputs.taskDefinition, after.inputs.taskDefinition)) return [];
    // Another group or port is a replacement, which has a policy of its own.
    if (!sameValue(before.inputs.loadBalancers, after.inputs.loadBalancers)) return [];
    return {
      urn: after.urn,
      what: `"${nameOf(after.urn)}" would get a new version in place, and it ${served.why}.`,
      why: "All its users get it at once, and the version to return to is gone.",
      instead: "Put the new version on the color that has no weight, and promote it stage by stage.",
      advisory: !hasSibling(before, plan),
    };
  });
}

/** Whether a rule that leads to the service could lead somewhere else as well. */
function hasSibling(service: Resource, { prior }: Plan): boolean {
  const own = list(service.inputs.loadBalancers).map((balancer) => at(balancer, "targetGroupArn"));
  return prior
    .flatMap(({ outputs }) => [...list(outputs.actions), ...list(outputs.defaultActions)])
    .map((action) => list(at(action, "forward", "targetGroups")).map((group) => at(group, "arn")))
    .some((groups) => groups.length > 1 && groups.some((arn) => own.includes(arn)));
}
