import { at, type Resource, UNKNOWN } from "../../traffic";
import type { Problem } from "../ratchet";
import { exposedWorkloads, kindOf, nameIn, namespaceOf, ofKind, servingContainers } from "../reading/kubernetes";
import { type State, setting } from "../reading/state";
import { named } from "../reading/words";

/** AWS Load Balancer Controller, "Pod Readiness Gate". */
const GATE = "elbv2.k8s.aws/pod-readiness-gate-inject";

/** Pods that count as ready before they are. */
export function kubernetesHealthProblems(state: State): Problem[] {
  return [...unprobed(state), ...ungated(state)];
}

function unprobed(state: State): Problem[] {
  return exposedWorkloads(state).flatMap(({ workload, service, by }) => {
    const bare = servingContainers(workload, service).filter((container) => {
      const probe = at(container, "readinessProbe");
      return probe === undefined || probe === null;
    });
    if (bare.length === 0) return [];
    return {
      urn: workload.urn,
      kind: "readiness",
      badness: bare.length,
      what: `${named(workload)} is behind ${named(by)} and has no readinessProbe.`,
      why: "A pod gets requests when its process starts, and a roll-out goes on before it can answer.",
      instead: "Add a readinessProbe that only a working version passes.",
    };
  });
}

function ungated(state: State): Problem[] {
  const namespaces = new Map(ofKind(state, "Namespace").map((namespace) => [nameIn(namespace), namespace]));
  return ofKind(state, "TargetGroupBinding", "Ingress")
    .filter(registersPods)
    .flatMap((binding) => {
      const namespace = namespaces.get(namespaceOf(binding)) ?? madeOf(binding, state);
      const label = namespace && at(setting(namespace, "metadata"), "labels", GATE);
      if (label === "enabled" || label === UNKNOWN) return [];
      return {
        urn: binding.urn,
        kind: "gate",
        // What somebody else's namespace has cannot be seen here.
        advisory: namespace === undefined,
        what: `${named(binding)} registers pods of namespace "${namespaceOf(binding)}", ${namespace ? `which lacks the label ${GATE}: enabled` : `which is not of this stack and must have the label ${GATE}: enabled`}.`,
        why: "Without the gate a pod is ready before the balancer has found it healthy: a roll-out takes the old pods away first.",
        instead: `Label the namespace ${GATE}: enabled; pods get the gate when they are made, after the binding.`,
      };
    });
}

/** Straight, by their addresses: by way of the nodes (`instance`) there is no gate. */
function registersPods(binding: Resource): boolean {
  if (kindOf(binding) === "TargetGroupBinding") return at(setting(binding, "spec"), "targetType") !== "instance";
  return at(setting(binding, "metadata"), "annotations", "alb.ingress.kubernetes.io/target-type") === "ip";
}

/** The namespace of this stack whose name is not known yet. */
function madeOf(binding: Resource, state: State): Resource | undefined {
  if (at(setting(binding, "metadata"), "namespace") !== UNKNOWN) return undefined;
  const made = (binding.propertyDependencies?.metadata ?? []).flatMap((urn) => state.get(urn) ?? []);
  return made.find((resource) => kindOf(resource) === "Namespace");
}
