import { z } from "zod";
import { at, number, type Resource } from "../traffic";
import { policy } from "./policy";
import { podDrainProblems } from "./problems/pod-drain";
import { type Problem, ratchet } from "./ratchet";
import { forwarding } from "./reading/forwards";
import { blocks, type State, seconds, setting } from "./reading/state";
import { containersOfTask, tasksBehindBalancers } from "./reading/task-definitions";
import { GROUP, LISTENER } from "./reading/types";
import { named } from "./reading/words";

/** ELB, `idle_timeout.timeout_seconds`: after that long without a byte the balancer gives a request up itself. */
const IDLE_TIMEOUT = 60;
/** ECS, `stopTimeout`: of a task on Fargate. */
const [STOP_TIMEOUT, LONGEST_STOP] = [30, 120];

export const drain = policy({
  name: "drain",
  description: "Refuses settings that cut requests off which a target still answers.",
  mechanism:
    'A target that leaves its group gets no new requests and is given `deregistration_delay.timeout_seconds` to end those that it has; a longer one is cut, and the user gets a 502 or a 504 (ELB guide, "Deregistration delay"). Kubernetes ends a pod and takes it out of the balancer at the same time: without a sleep in `preStop` requests still arrive at a process that has stopped, and what lasts longer than the sleep and `terminationGracePeriodSeconds` allow is killed (Kubernetes, "Pod Lifecycle"). ECS takes a task out before SIGTERM, but for Spot, where `stopTimeout` is all that there is.',
  safeWay:
    "Let a target that leaves stay for as long as the longest request; on Kubernetes sleep in preStop until the balancer has taken the pod out.",
  hazards: ["12", "35", "A22"],
  settings: z.strictObject({
    longestRequest: z
      .int()
      .min(0)
      .optional()
      .describe(
        "Seconds that the longest request takes. Unless it is set it is taken to be the balancer's idle time-out, 60, and what is shorter is said and not refused.",
      ),
  }),
  judge: (plan, { longestRequest }) => {
    const serving = new Set([...plan.serving.keys()].map(({ urn }) => urn));
    return ratchet(plan, (state) => [
      ...groupProblems(state, serving, longestRequest),
      ...spotProblems(state, longestRequest),
      ...podDrainProblems(state, longestRequest ?? IDLE_TIMEOUT, longestRequest !== undefined),
    ]);
  },
});

function groupProblems(state: State, serving: ReadonlySet<string>, declared: number | undefined): Problem[] {
  return state.ofType(GROUP).flatMap((group): Problem[] => {
    const from = forwarding(group, state);
    const isServing = [group.urn, ...(group.aliases ?? [])].some((urn) => serving.has(urn));
    // Deregistering a function cuts nothing.
    if ((from.length === 0 && !isServing) || setting(group, "targetType") === "lambda") return [];
    const delay = seconds(setting(group, "deregistrationDelay"), 300);
    const longest = declared ?? longestIdle(from, state);
    const problems: Problem[] = [];
    if (delay !== undefined && (delay < longest || delay === 0)) {
      problems.push({
        urn: group.urn,
        kind: "delay",
        badness: longest - delay,
        advisory: delay > 0 && declared === undefined,
        what: `A target that leaves ${named(group)} has ${delay} s (deregistrationDelay) to end its requests, and the longest may take ${longest} s.`,
        why: "What is still in flight then is cut: those users get a 502 or a 504.",
        instead: `Set deregistrationDelay to ${longest || 1} at least, or longestRequest to what your longest request takes.`,
      });
    }
    if (setting(group, "connectionTermination") === true) {
      problems.push({
        urn: group.urn,
        kind: "termination",
        practice: true,
        what: `${named(group)} closes the connections that are left when its deregistrationDelay (${delay} s) is over.`,
        why: "Without connectionTermination they may end by themselves; with it long ones are cut.",
        instead: "Leave it out, or make the delay longer than the longest connection.",
      });
    }
    return problems;
  });
}

/** The longest idle time-out of the balancers that rules and listeners are on. */
function longestIdle(from: readonly Resource[], state: State): number {
  const listeners = from.flatMap((f) =>
    f.type === LISTENER ? [f] : state.referred(f, "listenerArn", setting(f, "listenerArn"), LISTENER),
  );
  const balancers = listeners.flatMap((l) => state.referred(l, "loadBalancerArn", setting(l, "loadBalancerArn")));
  const known = balancers.map((balancer) => number(setting(balancer, "idleTimeout")) ?? IDLE_TIMEOUT);
  return known.length > 0 ? Math.max(...known) : IDLE_TIMEOUT;
}

function spotProblems(state: State, declared: number | undefined): Problem[] {
  const longest = Math.min(declared ?? IDLE_TIMEOUT, LONGEST_STOP);
  return tasksBehindBalancers(state).flatMap(({ service, task }) => {
    const providers = blocks(service, "capacityProviderStrategies").map((one) => at(one, "capacityProvider"));
    if (!providers.includes("FARGATE_SPOT")) return [];
    const stops = containersOfTask(task).map((container) => number(at(container, "stopTimeout")) ?? STOP_TIMEOUT);
    const shortest = Math.min(...stops);
    if (stops.length === 0 || shortest >= longest) return [];
    return {
      urn: service.urn,
      kind: "stop",
      badness: longest - shortest,
      advisory: declared === undefined,
      what: `A container of ${named(task)} is killed ${shortest} s (stopTimeout) after Spot takes its task back, and the longest request may take ${longest} s.`,
      why: "Requests in flight are cut with it.",
      instead: `Set stopTimeout to ${longest}.`,
    };
  });
}
