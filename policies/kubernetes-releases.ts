import { at, list, nameOf, type PlannedChange, type Resource, sameValue } from "../traffic";
import { backendsOf, containersOf, exposedServices, exposedWorkloads, kindOf } from "./kubernetes";
import type { Finding, Plan } from "./policy";
import { State, setting } from "./state";

/** New versions in place in a cluster: another selector of a Service that serves, or other images of its pods. */
export function kubernetesReleases(plan: Plan): Finding[] {
  const prior = new State(plan.prior);
  const ways = new Map<Resource, Resource[]>();
  for (const { service, by } of exposedServices(prior)) ways.set(service, [...(ways.get(service) ?? []), by]);
  for (const { workload, by } of exposedWorkloads(prior)) ways.set(workload, [by]);
  return plan.changes.flatMap((change) => {
    if (change.kind !== "update") return [];
    const { before, after } = change;
    const served = plan.serving.get(before);
    const what = served && changed(change);
    if (!what) return [];
    return {
      urn: after.urn,
      what: `"${nameOf(after.urn)}" would ${what}, and it ${served.why}.`,
      why: "All its users get another version, with no stage to hold it back.",
      instead:
        "Leave each color its own Service, give the new version to the one without weight, and move the route's weights.",
      advisory: !(ways.get(before) ?? []).some(isSplit),
    };
  });
}

function changed({ before, after }: PlannedChange & { kind: "update" }): string | undefined {
  if (kindOf(before) === "Service") {
    const selector = (service: Resource) => at(setting(service, "spec"), "selector");
    return sameValue(selector(before), selector(after)) ? undefined : "lead to other pods";
  }
  const images = (workload: Resource) => containersOf(workload).map((container) => at(container, "image"));
  if (images(before).length === 0 || sameValue(images(before), images(after))) return undefined;
  return "get a new version in place";
}

/** Whether what leads there could lead somewhere else as well. */
function isSplit(by: Resource): boolean {
  return backendsOf(by).some((backends) => list(backends).length > 1);
}
