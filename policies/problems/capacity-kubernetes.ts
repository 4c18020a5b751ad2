import { at, number, type Resource, text } from "../../traffic";
import type { Plan } from "../plan";
import type { Finding } from "../policy";
import type { Problem } from "../ratchet";
import { exposedWorkloads, kindOf, nameIn, ofKind, placeOf, selectedBy } from "../reading/kubernetes";
import { type State, setting } from "../reading/state";
import { ignores } from "../reading/weight-controllers";
import { named } from "../reading/words";

/**
 * What lets Kubernetes empty a workload that users reach: a budget that lets all pods go, a single pod, a roll-out that takes
 * all of them first, a number of replicas that each update puts back (hazards 38 and 39).
 */
export function kubernetesCapacityProblems(state: State): Problem[] {
  const exposed = new Set(exposedWorkloads(state).map(({ workload }) => workload));
  return [...[...exposed].flatMap(podProblems), ...budgetProblems(state, exposed), ...replicaProblems(state)];
}

function podProblems(workload: Resource): Problem[] {
  const spec = setting(workload, "spec");
  const problems: Problem[] = [];
  if (kindOf(workload) !== "DaemonSet" && replicasOf(workload) === 1) {
    problems.push({
      urn: workload.urn,
      kind: "one pod",
      practice: true,
      what: `${named(workload)} has one replica, and users reach it.`,
      why: "While its node is drained or its pod started anew nobody answers.",
      instead: "Run two replicas or more, with a PodDisruptionBudget.",
    });
  }
  const strategy = at(spec, "strategy");
  const unavailable = at(strategy, "rollingUpdate", "maxUnavailable");
  if (at(strategy, "type") === "Recreate" || isAll(unavailable, replicasOf(workload))) {
    problems.push({
      urn: workload.urn,
      kind: "strategy",
      what: `${named(workload)} takes all of its pods away before new ones are there (${text(at(strategy, "type")) === "Recreate" ? "strategy Recreate" : `maxUnavailable ${String(unavailable)}`}).`,
      why: "Each roll-out has a time in which nobody answers.",
      instead: "Use RollingUpdate with maxUnavailable 0 and maxSurge 1 or more.",
    });
  }
  return problems;
}

function budgetProblems(state: State, exposed: ReadonlySet<Resource>): Problem[] {
  return ofKind(state, "PodDisruptionBudget").flatMap((budget) => {
    const spec = setting(budget, "spec");
    const covered = selectedBy(budget, at(spec, "selector", "matchLabels"), state).filter((w) => exposed.has(w));
    const emptied = covered.find((w) => letsAllGo(spec, replicasOf(w)));
    if (!emptied) return [];
    return {
      urn: budget.urn,
      kind: "budget",
      what: `${named(budget)} lets all pods of ${named(emptied)} go at once.`,
      why: "A drain of the nodes, as at each upgrade of the cluster, then leaves nobody to answer.",
      instead: "Set maxUnavailable to 1, or minAvailable to what carries the load.",
    };
  });
}

function letsAllGo(spec: unknown, replicas: number | undefined): boolean {
  const least = at(spec, "minAvailable");
  if (least !== undefined) return least === 0 || least === "0" || least === "0%";
  return isAll(at(spec, "maxUnavailable"), replicas);
}

/** A number of pods or a share of them, as Kubernetes writes it (IntOrString). */
function isAll(pods: unknown, replicas: number | undefined): boolean {
  if (pods === undefined || pods === null) return false;
  if (pods === "100%") return true;
  const count = number(pods);
  return count !== undefined && count > 0 && replicas !== undefined && count >= replicas;
}

function replicaProblems(state: State): Problem[] {
  const workloads = new Map(
    ofKind(state, "Deployment", "StatefulSet").map((w) => [`${placeOf(w, state)} ${kindOf(w)} ${nameIn(w)}`, w]),
  );
  return ofKind(state, "HorizontalPodAutoscaler").flatMap((autoscaler) => {
    const target = at(setting(autoscaler, "spec"), "scaleTargetRef");
    const workload = workloads.get(
      `${placeOf(autoscaler, state)} ${String(at(target, "kind"))} ${String(at(target, "name"))}`,
    );
    // What the program itself says: the cluster's number is the autoscaler's.
    const said = workload && at(workload.inputs.spec, "replicas");
    if (!workload || said === undefined || said === null || ignores(workload, "spec.replicas")) return [];
    return {
      urn: workload.urn,
      kind: "replicas",
      what: `${named(workload)} says replicas: ${String(said)}, and ${named(autoscaler)} scales it.`,
      why: "Each update puts the number back, also while the load needs more.",
      instead: `Leave replicas out, or add ignoreChanges: ["spec.replicas"]; minReplicas of ${named(autoscaler)} is the floor.`,
    };
  });
}

/** A number that is left out where it was written becomes 1, whatever scales the workload from then on. */
export function replicasLeftOut({ changes, serving }: Plan): Finding[] {
  return changes.flatMap((change) => {
    if (change.kind !== "update" || !["Deployment", "StatefulSet"].includes(kindOf(change.after) ?? "")) return [];
    const [had, has] = [change.before, change.after].map(({ inputs }) => at(inputs.spec, "replicas") ?? undefined);
    if (!serving.has(change.before) || (number(had) ?? 0) < 2 || has !== undefined) return [];
    return {
      urn: change.after.urn,
      what: `${named(change.after)} has ${String(had)} replicas, and the program would leave the number out.`,
      why: 'The field was the program\'s: when it lets go of it the default holds, which is 1, and one pod gets the load of all until it is scaled again ("Horizontal Pod Autoscaling", Migrating Deployments and StatefulSets to horizontal autoscaling).',
      instead: 'Add ignoreChanges: ["spec.replicas"] in the update that hands the number over.',
    };
  });
}

/** Undefined where it is not known; 1 is the default of Kubernetes. */
function replicasOf(workload: Resource): number | undefined {
  const replicas = at(setting(workload, "spec"), "replicas");
  return replicas === undefined || replicas === null ? 1 : number(replicas);
}
