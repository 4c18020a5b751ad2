import type { DesiredTask, HealthCheckSettings } from "../desired";

/** What the control plane of a Kubernetes cluster asks to run and to lead to it. */
export interface DesiredCluster {
  deployments: DesiredDeployment[];
  services: DesiredEndpoints[];
}

export interface DesiredDeployment {
  /** `NAMESPACE/NAME`. */
  arn: string;
  replicas: number;
  /** How many of them may be not available in a roll, and how many there may be besides them. */
  maxUnavailable: number;
  maxSurge: number;
  /** Whether all old pods are gone before the first new one comes, as with the strategy `Recreate`. */
  recreate: boolean;
  /** Seconds without progress after which the roll counts as failed. It goes on all the same. */
  progressDeadline: number;
  pods: DesiredPods;
}

/** What a pod template makes. */
export interface DesiredPods {
  namespace: string;
  labels: Record<string, string>;
  /** Its namespace asks AWS's controller to inject readiness gates. */
  gated: boolean;
  /** The first container; `stopTimeout` is what the grace period leaves after `preStop`. */
  task: DesiredTask;
  /** Of the first container. */
  container: string;
  /** Why none can start, as a container's waiting reason: `[ErrImagePull] …`. */
  fault?: string;
  /** Seconds between the decision to end it and SIGTERM. */
  preStop: number;
  startup?: Probe;
  readiness?: Probe;
  liveness?: Probe;
}

export interface Probe extends HealthCheckSettings {
  /** Seconds from the start of the container to the first probe. */
  initialDelay: number;
}

/** A Service, and where its pods are registered. */
export interface DesiredEndpoints {
  namespace: string;
  selector: Record<string, string>;
  /** The group that a Gateway sends to: its pods that are Ready. */
  group: string;
  /** The target groups that a TargetGroupBinding fills with its pods whose containers are ready. */
  bound: string[];
}
