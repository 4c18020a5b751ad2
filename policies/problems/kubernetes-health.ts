import { at, isAwaited, type Resource, UNKNOWN } from "../../traffic";
import type { Problem } from "../ratchet";
import {
  exposedWorkloads,
  isService,
  kindOf,
  nameIn,
  namespaceOf,
  ofKind,
  placeOf,
  selections,
  servicesMeant,
  servingContainers,
} from "../reading/kubernetes";
import { isAfter } from "../reading/order";
import { type State, setting } from "../reading/state";
import { named } from "../reading/words";

/** AWS Load Balancer Controller, "Pod Readiness Gate". */
const GATE = "elbv2.k8s.aws/pod-readiness-gate-inject";

/** Pods that count as ready before they are, or are never found to be. */
export function kubernetesHealthProblems(state: State): Problem[] {
  return [...unprobed(state), ...ungated(state), ...unbound(state), ...deadlocked(state)];
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
  const namespaces = new Map(
    ofKind(state, "Namespace").map((namespace) => [placeOf(namespace, state, nameIn(namespace)), namespace]),
  );
  return ofKind(state, "TargetGroupBinding", "Ingress")
    .filter(registersPods)
    .flatMap((binding) => {
      const namespace = namespaces.get(placeOf(binding, state)) ?? madeOf(binding, state);
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

/** The controller gives a pod its gate when the pod is made, and only where Service and binding are there by then. */
function unbound(state: State): Problem[] {
  return ofKind(state, "TargetGroupBinding")
    .filter(registersPods)
    .flatMap((binding) =>
      workloadsBound(binding, state)
        .filter((workload) => !isAfter(workload.urn, binding.urn, state))
        .map((workload) => ({
          urn: workload.urn,
          kind: "gate order",
          practice: true,
          what: `${named(workload)} may be made before ${named(binding)}, which binds its Service to a target group: nothing orders the two.`,
          why: "Pods that are there before the binding have no readiness gate: the next roll-out takes them away before the balancer has found the new ones healthy.",
          instead: `Give ${named(workload)} a dependsOn on ${named(binding)}; pods of a workload that is there already get the gate when they are made anew.`,
        })),
    );
}

function workloadsBound(binding: Resource, state: State): readonly Resource[] {
  const services = servicesMeant(at(setting(binding, "spec"), "serviceRef"), binding, state);
  return services.flatMap((service) => selections(state).get(service) ?? []);
}

/**
 * A Service whose step waits for pods that come after it (pulumi-kubernetes, "Await logic": until its endpoints are ready, for
 * ten minutes). The engine sees no circle in that.
 */
function deadlocked(state: State): Problem[] {
  return ofKind(state, "Service")
    .filter((service) => isService(service) && waitsForPods(service))
    .flatMap((service) => {
      const workloads = selections(state).get(service) ?? [];
      const [late] = workloads.filter((workload) => isAfter(workload.urn, service.urn, state));
      if (!late || workloads.some((workload) => !isAfter(workload.urn, service.urn, state))) return [];
      return {
        urn: service.urn,
        kind: "deadlock",
        advisory: true,
        what: `The step of ${named(service)} waits for pods of ${named(late)}, which is made after it.`,
        why: "The first update waits for ten minutes and fails: neither can go on without the other.",
        instead: `Give ${named(service)} the annotation pulumi.com/skipAwait: "true"; the step of ${named(late)} waits for its pods.`,
      };
    });
}

function waitsForPods(service: Resource): boolean {
  const spec = setting(service, "spec");
  const isHeadless = at(spec, "clusterIP") === "None" || at(spec, "type") === "ExternalName";
  return !isHeadless && isAwaited(service.type, { metadata: setting(service, "metadata") });
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
