import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Color } from "../traffic";
import type { BackgroundVersion } from "./background-args";
import { SIGNAL_FILE, signalVariables } from "./signal";
import type { SidecarArgs, VersionArgs } from "./version-args";

type PodTemplateSpec = k8s.types.input.core.v1.PodTemplateSpec;
type Container = k8s.types.input.core.v1.Container;
type EnvVar = k8s.types.input.core.v1.EnvVar;
type Probe = k8s.types.input.core.v1.Probe;

/** Whose pods they are. */
interface PodIdentity {
  color: Color;
  labels: Record<string, string>;
  /** The labels by which their Service finds them. */
  selector: Record<string, string>;
  serviceAccountName: pulumi.Input<string>;
}

/** What the pods of a version are. Where a sentence names no other source, it is the Kubernetes documentation's page of that name. */
export function podTemplate(
  args: VersionArgs,
  { color, labels, selector, serviceAccountName }: PodIdentity,
): PodTemplateSpec {
  const { drain = 60, stop = 30, sidecars = {}, signal } = args;
  const beside = Object.entries(sidecars).map(([name, sidecar]) => sidecarContainer(name, sidecar));
  return {
    metadata: { labels },
    spec: {
      serviceAccountName,
      automountServiceAccountToken: false,
      // The grace period counts from before the preStop hook ("Container Lifecycle Hooks"): it must hold the sleep and the stop.
      terminationGracePeriodSeconds: drain + stop,
      securityContext: RESTRICTED_POD,
      // A preference, and not a condition: a pod in the wrong zone serves better than one that waits for a place.
      topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: selector },
        // Counts the pods of one revision only ("Pod Topology Spread Constraints"): a roll would be spread around those that leave.
        matchLabelKeys: ["pod-template-hash"],
      })),
      ...(beside.length > 0 && { initContainers: beside }),
      containers: [signal === undefined ? serviceContainer(args) : told(serviceContainer(args), color)],
      // Optional: it is written after the weights of the route, which wait for these pods.
      ...(signal !== undefined && { volumes: [{ name: SIGNAL, configMap: { name: signal, optional: true } }] }),
    },
  };
}

const SIGNAL = "crossfade-signal";
const SIGNAL_FOLDER = "/etc/crossfade";

/** A whole folder: what is mounted by `subPath` is never written anew ("ConfigMaps"). */
function told(container: Container, color: Color): Container {
  const variables = Object.entries(signalVariables(color, `${SIGNAL_FOLDER}/${SIGNAL_FILE}`));
  return {
    ...container,
    env: pulumi
      .output(container.env)
      .apply((own = []) => [...own, ...variables.map(([name, value]) => ({ name, value }))]),
    volumeMounts: [{ name: SIGNAL, mountPath: SIGNAL_FOLDER, readOnly: true }],
  };
}

/** What the pods of a version are that nobody asks: without ports, probes and the sleep that lets requests come to an end. */
export function backgroundPod(
  args: BackgroundVersion,
  serviceAccountName: pulumi.Input<string>,
  restartPolicy: "Always" | "Never",
): k8s.types.input.core.v1.PodSpec {
  const { image, command, stop = 30, sidecars = {} } = args;
  const beside = Object.entries(sidecars).map(([name, sidecar]) => sidecarContainer(name, sidecar));
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: stop,
    restartPolicy,
    securityContext: RESTRICTED_POD,
    ...(beside.length > 0 && { initContainers: beside }),
    containers: [
      {
        name: "service",
        image,
        ...(command && { command }),
        env: variables(args),
        resources: resources(args),
        securityContext: RESTRICTED,
      },
    ],
  };
}

/** "Pod Security Standards", Restricted. An image whose user is root is refused by the kubelet: it must name another one. */
export const RESTRICTED_POD = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };

function serviceContainer(args: VersionArgs): Container {
  const { image, command, port = 8080, drain = 60, grace = 60 } = args;
  return {
    name: "service",
    image,
    ...(command && { command }),
    env: variables(args),
    ports: [{ containerPort: port, protocol: "TCP" }],
    resources: resources(args),
    // The hook that keeps a pod answering while endpoints and targets still lead to it: it leaves them at the same moment, and
    // not before ("Pod Lifecycle", Termination of Pods). The kubelet sleeps, the image needs no shell (Kubernetes 1.30).
    lifecycle: { preStop: { sleep: { seconds: drain } } },
    ...(grace > 0 && { startupProbe: startupProbe(args, grace) }),
    readinessProbe: readinessProbe(args),
    // No liveness probe: it ends pods that are only slow, all at once under load, and serves no request ("Liveness, Readiness, and
    // Startup Probes", the caution about cascading failures).
    securityContext: RESTRICTED,
  };
}

function resources({ cpu = 256, memory = 512 }: Pick<VersionArgs, "cpu" | "memory">) {
  return {
    requests: { cpu: `${Math.round((cpu * 1000) / 1024)}m`, memory: `${memory}Mi` },
    // No limit of CPU: one throttles a pod in the middle of its requests, also where the node has nothing else to do.
    limits: { memory: `${memory}Mi` },
  };
}

/**
 * A sidecar by Kubernetes' own word ("Sidecar Containers", 1.29): it starts before the service and ends after it, where a plain
 * container would get its SIGTERM at the beginning of the service's sleep, and its requests with it.
 */
function sidecarContainer(name: string, { image, command, env }: SidecarArgs): Container {
  return {
    name,
    image,
    ...(command && { command }),
    env: plain(env),
    restartPolicy: "Always",
    securityContext: RESTRICTED,
  };
}

export const RESTRICTED = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };

/** Asks as often as the balancer does, and gives up as early: after two failures. */
function readinessProbe(args: VersionArgs): Probe {
  const { healthInterval = 10 } = args;
  return {
    ...handler(args),
    periodSeconds: healthInterval,
    timeoutSeconds: Math.min(5, healthInterval - 1),
    failureThreshold: 2,
  };
}

/** Asks each second, so that a pod is ready when it is and not up to an interval later; restarts one that is not after `grace`. */
function startupProbe(args: VersionArgs, grace: number): Probe {
  return { ...handler(args), periodSeconds: 1, timeoutSeconds: 1, failureThreshold: grace };
}

/** The kubelet asks by HTTP/1.1, which a service of `HTTP2` must answer too; one of `GRPC` by gRPC's health protocol. */
function handler({ port = 8080, protocol = "HTTP1", health = "/healthz" }: VersionArgs): Probe {
  return protocol === "GRPC" ? { grpc: { port } } : { httpGet: { path: health, port } };
}

/** The variables of a version. */
export function variables({ env, secrets }: Pick<VersionArgs, "env" | "secrets">): EnvVar[] {
  return [...plain(env), ...secret(secrets)];
}

function plain(env: Record<string, pulumi.Input<string>> = {}): EnvVar[] {
  return Object.entries(env).map(([name, value]) => ({ name, value }));
}

function secret(secrets: Record<string, pulumi.Input<string>> = {}): EnvVar[] {
  return Object.entries(secrets).map(([variable, reference]) => {
    const secretKeyRef = pulumi.output(reference).apply((text) => {
      const [name = "", key = ""] = text.split("/");
      return { name, key };
    });
    return { name: variable, valueFrom: { secretKeyRef } };
  });
}
