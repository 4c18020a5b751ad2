import { z } from "zod";
import { at } from "../traffic";
import { policy } from "./policy";
import { groupHealthProblems } from "./problems/group-health";
import { kubernetesHealthProblems } from "./problems/kubernetes-health";
import { serviceHealthProblems } from "./problems/service-health";
import { type Problem, ratchet } from "./ratchet";
import { recordSets } from "./reading/record-sets";
import { one, type State, setting } from "./reading/state";
import { named } from "./reading/words";

export const healthCheck = policy({
  name: "health-check",
  description: "Refuses health checks that call a target healthy which is not, or that end before they can tell.",
  mechanism:
    'All that keeps requests from a bad target is its health check: one that is off, asks another port, or takes a redirect for an answer says nothing of what users get, and one that needs longer than a stage has said nothing when the stage ends. Without a check of its own Route 53 goes on answering with a dead edge ("How Route 53 chooses records"). A service without a grace period has its slow starters killed and started again (ECS, `healthCheckGracePeriodSeconds`), and a provider\'s time-out shorter than the deployment fails a good one. A pod without a readiness probe gets requests when its process starts; one without the readiness gate of its balancer counts as ready before the balancer has found it healthy, and the roll-out goes on.',
  safeWay:
    "Check on the port of the traffic, by a path that only a working version answers with 200, and give it the time that it needs.",
  hazards: ["15", "24", "28", "37", "A18", "A20"],
  settings: z.strictObject({}),
  judge: (plan) =>
    ratchet(plan, (state) => [
      ...groupHealthProblems(state),
      ...recordProblems(state),
      ...serviceHealthProblems(state),
      ...kubernetesHealthProblems(state),
    ]),
});

function recordProblems(state: State): Problem[] {
  const weighted = recordSets(state).flatMap((set) => set.filter(({ isWeighted }) => isWeighted));
  return weighted.flatMap(({ resource }) => {
    const isChecked = setting(resource, "healthCheckId") !== undefined && setting(resource, "healthCheckId") !== "";
    const alias = one(setting(resource, "aliases"));
    if (isChecked || at(alias, "evaluateTargetHealth") === true) return [];
    return {
      urn: resource.urn,
      kind: "record",
      what: `Weighted record ${named(resource)} has no health check.`,
      why: "Route 53 goes on answering with it when its edge is dead, and that share of the users is lost.",
      instead:
        "Give it a healthCheckId of the host's path. evaluateTargetHealth on a balancer is enough only where each of its groups has healthy targets.",
    };
  });
}
