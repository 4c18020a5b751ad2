import { at, number, type Resource } from "../../traffic";
import type { Problem } from "../ratchet";
import { blocks, one, type State, seconds, setting } from "../reading/state";
import { ECS_SERVICE, GROUP } from "../reading/types";
import { named } from "../reading/words";
import { secondsToHealthy } from "./group-health";

/** The provider's time-out for a service's creation and update. */
const TIMEOUT = 20 * 60;

/** Services behind a balancer that kill slow starters, or whose deployment takes longer than the provider waits. */
export function serviceHealthProblems(state: State): Problem[] {
  return state.ofType(ECS_SERVICE).flatMap((service): Problem[] => {
    const balancers = blocks(service, "loadBalancers");
    const grace = seconds(setting(service, "healthCheckGracePeriodSeconds"), 0);
    if (balancers.length === 0 || grace === undefined) return [];
    const problems: Problem[] = [];
    if (grace === 0) {
      problems.push({
        urn: service.urn,
        kind: "grace",
        practice: true,
        what: `${named(service)} has no healthCheckGracePeriodSeconds.`,
        why: "A task that needs longer to start than its health check allows is killed and started again, without end.",
        instead: "Set healthCheckGracePeriodSeconds to what a task needs to start, 60 or so.",
      });
    }
    const groups = balancers.flatMap((balancer) =>
      state.referred(service, "loadBalancers", at(balancer, "targetGroupArn"), GROUP),
    );
    const takes = grace + bakeSeconds(service) + Math.max(0, ...groups.map(secondsOfRoll));
    const { create = TIMEOUT, update = TIMEOUT } = service.customTimeouts ?? {};
    const waits = Math.min(create, update);
    if (setting(service, "waitForSteadyState") === true && takes > waits) {
      problems.push({
        urn: service.urn,
        kind: "time-out",
        practice: true,
        badness: takes - waits,
        what: `A deployment of ${named(service)} may take ${takes} s (start, health check, bake, drain), and the provider gives it up after ${waits} s.`,
        why: "The update then fails in the middle of a deployment that is good.",
        instead: `Set customTimeouts, create and update, to more than ${Math.ceil(takes / 60)}m.`,
      });
    }
    return problems;
  });
}

/** Until a new target is healthy and the one that it takes the place of is drained. */
function secondsOfRoll(group: Resource): number {
  return secondsToHealthy(group) + (seconds(setting(group, "deregistrationDelay"), 300) ?? 0);
}

/** What ECS waits for by its own strategy (`DeploymentConfiguration`). */
function bakeSeconds(service: Resource): number {
  const deployment = one(setting(service, "deploymentConfiguration"));
  const linear = one(at(deployment, "linearConfiguration"));
  const steps = Math.ceil(100 / (number(at(linear, "stepPercent")) ?? 100));
  const minutes =
    (number(at(deployment, "bakeTimeInMinutes")) ?? 0) +
    (number(at(one(at(deployment, "canaryConfiguration")), "canaryBakeTimeInMinutes")) ?? 0) +
    steps * (number(at(linear, "stepBakeTimeInMinutes")) ?? 0);
  return minutes * 60;
}
