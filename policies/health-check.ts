import { z } from "zod";
import { policy } from "./policy";
import { groupHealthProblems } from "./problems/group-health";
import { kubernetesHealthProblems } from "./problems/kubernetes-health";
import { recordHealthProblems } from "./problems/record-health";
import { scalingGroupHealthProblems } from "./problems/scaling-group-health";
import { serviceHealthProblems } from "./problems/service-health";
import { ratchet } from "./ratchet";

export const healthCheck = policy({
  name: "health-check",
  description: "Refuses health checks that call a target healthy which is not, or that end before they can tell.",
  mechanism:
    'All that keeps requests from a bad target is its health check: one that is off, asks another port, or takes a redirect for an answer says nothing of what users get, and one that needs longer than a stage has said nothing when the stage ends. Without a check of its own Route 53 goes on answering with a dead edge ("How Route 53 chooses records"); a check that meets a redirect takes any 3xx for healthy ("How Route 53 determines whether a health check is healthy"); and an alias that evaluates its target is unhealthy as soon as one group of the balancer has no healthy target (API reference, `AliasTarget`), so that an edge with an empty group loses all of its users. A service without a grace period has its slow starters killed and started again (ECS, `healthCheckGracePeriodSeconds`), and a provider\'s time-out shorter than the deployment fails a good one. An Auto Scaling group asks the balancer for the health of its instances only where it is told to (`HealthCheckType`), and rolls a failed instance refresh back to what was last saved on it, which the provider has made the failed version by then. A pod without a readiness probe gets requests when its process starts; one without the readiness gate of its balancer counts as ready before the balancer has found it healthy, and the roll-out goes on.',
  safeWay:
    "Check on the port of the traffic, by a path that only a working version answers with 200, and give it the time that it needs.",
  hazards: ["15", "24", "28", "37", "A10", "A18", "A20"],
  settings: z.strictObject({}),
  judge: (plan) =>
    ratchet(plan, (state) => [
      ...groupHealthProblems(state),
      ...recordHealthProblems(state),
      ...serviceHealthProblems(state),
      ...scalingGroupHealthProblems(state),
      ...kubernetesHealthProblems(state),
    ]),
});
