import { createHash } from "node:crypto";
import type { DesiredCluster, DesiredDeployment, DesiredPods, DesiredTargetGroup, Probe } from "../../dataplane";
import { type Images, noCommand, toProcess } from "../image";
import type { Records } from "../record";
import { canonical } from "../same-properties";
import {
  AUTOSCALER,
  BINDING,
  CONFIG_MAP,
  DEPLOYMENT,
  type KubernetesObject,
  namespaceLabels,
  objectsOf,
  SECRET,
  SERVICE,
} from "../types/kubernetes-objects";

/** What the objects ask the cluster to run. Where a manifest sets nothing, the Kubernetes API's defaults hold. */
export function toCluster(records: Records, images: Images): DesiredCluster {
  const bindings = objectsOf(records, BINDING);
  return {
    deployments: objectsOf(records, DEPLOYMENT).map((deployment) => toDeployment(deployment, records, images)),
    services: objectsOf(records, SERVICE).map(({ id, namespace, name, spec }) => ({
      namespace,
      selector: spec.selector ?? {},
      group: serviceGroup(id),
      bound: bindings
        .filter((binding) => binding.namespace === namespace && binding.spec.serviceRef?.name === name)
        .map((binding) => String(binding.spec.targetGroupARN)),
    })),
  };
}

/** The name that the data plane knows a Service's ready pods by. */
export function serviceGroup(id: string): string {
  return `service/${id}`;
}

/**
 * A Gateway's proxies take a Service's endpoints for healthy, and let requests in flight end when one goes: no proxy's documentation
 * gives that a time, so here it is the longest that AWS has.
 */
export function toServiceGroups(records: Records): DesiredTargetGroup[] {
  return objectsOf(records, SERVICE).map(({ id }) => ({
    arn: serviceGroup(id),
    deregistrationDelay: 3600,
    crossZone: true,
  }));
}

function toDeployment(deployment: KubernetesObject, records: Records, images: Images): DesiredDeployment {
  const { id, spec } = deployment;
  const replicas = replicasOf(deployment, records);
  const recreate = spec.strategy?.type === "Recreate";
  const { maxUnavailable = "25%", maxSurge = "25%" } = spec.strategy?.rollingUpdate ?? {};
  const surge = recreate ? 0 : share(maxSurge, replicas, Math.ceil);
  const unavailable = recreate ? replicas : share(maxUnavailable, replicas, Math.floor);
  return {
    arn: id,
    replicas,
    recreate,
    maxSurge: surge,
    // "MaxUnavailable cannot be 0 if MaxSurge is 0": where rounding has made both 0, one may be (`ResolveFenceposts`).
    maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable,
    progressDeadline: spec.progressDeadlineSeconds ?? 600,
    pods: toPods(deployment, records, images),
  };
}

/** An autoscaler sets the count where the manifest leaves it out. There is no load that it could measure here: it asks for its minimum. */
function replicasOf({ namespace, name, spec }: KubernetesObject, records: Records): number {
  const scaler = objectsOf(records, AUTOSCALER).find(
    (other) => other.namespace === namespace && other.spec.scaleTargetRef?.name === name,
  );
  return Math.max(spec.replicas ?? 1, scaler?.spec.minReplicas ?? 0);
}

/** "Absolute number is calculated from percentage by rounding up" for the surge, and down for what is unavailable. */
function share(value: unknown, replicas: number, round: (x: number) => number): number {
  const text = String(value);
  return text.endsWith("%") ? round((Number.parseFloat(text) * replicas) / 100) : Number(text);
}

function toPods({ namespace, spec }: KubernetesObject, records: Records, images: Images): DesiredPods {
  const { template } = spec;
  const { terminationGracePeriodSeconds = 30, containers } = template.spec;
  const [container] = containers;
  const preStop = toPreStop(container.lifecycle?.preStop);
  const { env, missing } = environment(container.env ?? [], namespace, records);
  const run = toProcess(container.image, env, images);
  const fault = run ? missing : `[ErrImagePull] ${noCommand(container.image)}`;
  return {
    namespace,
    labels: template.metadata?.labels ?? {},
    gated: namespaceLabels(namespace, records)?.["elbv2.k8s.aws/pod-readiness-gate-inject"] === "enabled",
    container: container.name,
    task: {
      revision: createHash("sha256").update(canonical(template)).digest("hex").slice(0, 10),
      // What is asked by nobody, and so has no port, runs its own command: what stands for an image is the service.
      command: (container.ports === undefined && container.command) || (run?.command ?? []),
      env: run?.env ?? env,
      // The grace period "begins before the PreStop hook is executed"; a hook that uses it up is given 2 seconds more, once.
      stopTimeout: Math.max(2, terminationGracePeriodSeconds - preStop),
    },
    ...(fault !== undefined && { fault }),
    preStop: Math.min(preStop, terminationGracePeriodSeconds),
    startup: toProbe(container.startupProbe),
    readiness: toProbe(container.readinessProbe),
    liveness: toProbe(container.livenessProbe),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a manifest
function toPreStop(hook: any): number {
  if (hook === undefined) return 0;
  if (hook.sleep) return Number(hook.sleep.seconds);
  throw new Error(
    `the local cloud has no preStop hook of the kind ${Object.keys(hook).join(", ")}: write it as \`sleep\``,
  );
}

/** It goes to the process' own port, whatever the manifest's is. */
// biome-ignore lint/suspicious/noExplicitAny: a manifest
function toProbe(probe: any): Probe | undefined {
  if (probe === undefined) return undefined;
  if (!probe.httpGet) {
    const kinds = Object.keys(probe).filter((key) => !/Seconds$|Threshold$/.test(key));
    throw new Error(`the local cloud has no probe of the kind ${kinds.join(", ")}: write it as \`httpGet\``);
  }
  return {
    path: probe.httpGet.path ?? "/",
    initialDelay: probe.initialDelaySeconds ?? 0,
    interval: probe.periodSeconds ?? 10,
    timeout: probe.timeoutSeconds ?? 1,
    healthyThreshold: probe.successThreshold ?? 1,
    unhealthyThreshold: probe.failureThreshold ?? 3,
    matcher: "200-399",
  };
}

interface Variable {
  name: string;
  value?: string;
  valueFrom?: Record<"secretKeyRef" | "configMapKeyRef", { name: string; key: string; optional?: boolean } | undefined>;
}

/** A container waits for what its variables are taken from: `CreateContainerConfigError`. */
export function environment(variables: readonly Variable[], namespace: string, records: Records) {
  const env: Record<string, string> = {};
  let missing: string | undefined;
  for (const { name, value, valueFrom = {} as NonNullable<Variable["valueFrom"]> } of variables) {
    const { secretKeyRef, configMapKeyRef } = valueFrom;
    const ref = secretKeyRef ?? configMapKeyRef;
    const found = ref ? keyOf(secretKeyRef ? SECRET : CONFIG_MAP, `${namespace}/${ref.name}`, ref.key, records) : value;
    if (found !== undefined) env[name] = found;
    else if (ref && ref.optional !== true) {
      const what = secretKeyRef ? "secret" : "configmap";
      missing ??= `[CreateContainerConfigError] ${what} "${ref.name}" with the key "${ref.key}" not found`;
    }
  }
  return { env, missing };
}

function keyOf(type: string, id: string, key: string, records: Records): string | undefined {
  const { stringData, data } = (records.get(type, id)?.inputs ?? {}) as Record<string, Record<string, string>>;
  const encoded = data?.[key];
  if (stringData?.[key] !== undefined || encoded === undefined) return stringData?.[key];
  return type === SECRET ? Buffer.from(encoded, "base64").toString() : encoded;
}
