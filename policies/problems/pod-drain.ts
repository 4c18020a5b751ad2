import { at, list, number } from "../../traffic";
import type { Problem } from "../ratchet";
import { graceOf } from "../reading/drains";
import { exposedWorkloads, servingContainers } from "../reading/kubernetes";
import type { State } from "../reading/state";
import { named } from "../reading/words";

/** Seconds that endpoints, controllers and balancers may take to stop sending requests to a pod that ends; nobody gives a bound. */
const TAKEN_OUT = 15;

/**
 * Pods that end before the balancer has taken them out, or before their requests are done.
 *
 * @param longest seconds that the longest request takes; said and not refused where that is only taken to be so
 */
export function podDrainProblems(state: State, longest: number, isDeclared: boolean): Problem[] {
  return exposedWorkloads(state).flatMap(({ workload, service, by }): Problem[] => {
    const asleep = servingContainers(workload, service).map(preStopSeconds);
    if (asleep.length === 0) return []; // its pods are not known before the update
    if (asleep.includes(undefined)) {
      return [
        {
          urn: workload.urn,
          kind: "preStop",
          what: `${named(workload)} is behind ${named(by)} and does not sleep in preStop.`,
          why: "A pod that ends gets SIGTERM while the balancer still sends it requests: each roll-out and each scale-in loses some.",
          instead: `Add lifecycle.preStop.sleep (Kubernetes 1.30) of the time that taking the pod out needs, ${TAKEN_OUT} s or so.`,
        },
      ];
    }
    const sleep = Math.max(...asleep.map((s) => s ?? 0));
    const grace = graceOf(workload);
    // What comes in last comes when the pod is being taken out; a longer sleep is time for that one's answer.
    const needed = Math.max(sleep, Math.min(sleep, TAKEN_OUT) + longest);
    if (grace > needed) return [];
    return [
      {
        urn: workload.urn,
        kind: "grace",
        badness: needed - grace,
        advisory: grace > sleep && !isDeclared,
        what: `Pods of ${named(workload)} are killed after ${grace} s (terminationGracePeriodSeconds): ${sleep} s in preStop, and the longest request may take ${longest} s.`,
        why: "What is still in flight then is cut.",
        instead: `Set terminationGracePeriodSeconds to more than ${needed}.`,
      },
    ];
  });
}

/** How long a container goes on when its pod ends; undefined where it does not, 0 where that cannot be told. */
function preStopSeconds(container: unknown): number | undefined {
  const hook = at(container, "lifecycle", "preStop");
  if (hook === undefined || hook === null) return undefined;
  const command = list(at(hook, "exec", "command")).join(" ");
  return number(at(hook, "sleep", "seconds")) ?? number(/\bsleep (\d+)/.exec(command)?.[1]) ?? 0;
}
