import type * as pulumi from "@pulumi/pulumi";
import type { Requirement } from "../traffic";

/** A container beside the service's own. */
export interface SidecarArgs {
  /** By digest. */
  image: pulumi.Input<string>;
  /** @default the image's own command */
  command?: string[];
  /** @default none */
  env?: Record<string, pulumi.Input<string>>;
  /**
   * Whether the task ends when it ends. On Kubernetes it is refused: there a container that ends is started again.
   * @default true
   */
  essential?: boolean;
}

/** All that makes a version, and so all that may differ between the colors. */
export interface VersionArgs {
  /** The image, by digest: a tag may be another image tomorrow, and then there is no way back. */
  image: pulumi.Input<string>;
  /** @default the image's own command */
  command?: string[];
  /** @default none */
  env?: Record<string, pulumi.Input<string>>;
  /**
   * Environment variables by where the value is: on Fargate the ARN of a Secrets Manager secret or SSM parameter, on Kubernetes a
   * Secret of the namespace and its key, `secret-name/key`. A changed value is read by new tasks and pods only.
   * @default none
   */
  secrets?: Record<string, pulumi.Input<string>>;
  /**
   * The port that the container listens on, 1 to 65535.
   * @default 8080
   */
  port?: number;
  /**
   * What the balancer or Gateway speaks to the tasks or pods: `HTTP1`, `HTTP2` or `GRPC` (ELB, `ProtocolVersion`).
   * @default "HTTP1"
   */
  protocol?: string;
  /**
   * The path of the health check; any 200 is healthy.
   * @default "/healthz"
   */
  health?: string;
  /**
   * Seconds between two health checks, 5 to 300 (ELB, `HealthCheckIntervalSeconds`).
   * @default 10
   */
  healthInterval?: number;
  /**
   * Seconds after a task's or pod's start in which failed health checks do not stop it. 0 kills slow starters on Fargate; on
   * Kubernetes it means no startup probe.
   * @default 60
   */
  grace?: number;
  /**
   * How many tasks or pods run; on Fargate, with `scaling`, how many start. On Kubernetes it is refused beside `scaling`.
   * @default 2
   */
  replicas?: number;
  /**
   * Lets the number follow the CPU, between `min` and `max`; `cpu` is the target in percent, 60 unless given. The
   * number is then the autoscaler's: an update does not put it back.
   * On Kubernetes a new environment starts with one pod, the API's default, and is at `min` when the autoscaler has looked, every
   * 15 s ("Horizontal Pod Autoscaling"): it comes to be at `idle`, before it has weight. The number stays the autoscaler's, so that
   * the API server refuses `replicas` afterwards: to fix it, set `min` to `max`.
   * @default none: `replicas` of them
   */
  scaling?: { min: number; max: number; cpu?: number };
  /**
   * CPU units; 1024 are one vCPU.
   * @default 256
   */
  cpu?: number;
  /**
   * MiB. Fargate has only some pairs of CPU and memory. On Kubernetes it is the limit as well.
   * @default 512
   */
  memory?: number;
  /**
   * Seconds that a task or pod which leaves may still answer requests, 0 to 3600 (ELB,
   * `deregistration_delay.timeout_seconds`), on Kubernetes from 1. Longer than the longest request.
   * @default 60, the balancer's idle time-out
   */
  drain?: number;
  /**
   * Seconds between SIGTERM and SIGKILL, 2 to 120 on Fargate (ECS, `stopTimeout`). It need not cover the drain: ECS deregisters
   * and drains before SIGTERM, and on Kubernetes the pod sleeps for the drain before it.
   * @default 30
   */
  stop?: number;
  /** @default none */
  sidecars?: Record<string, SidecarArgs>;
  /**
   * The versions of the database's schema that it works on: `>=6 <=7`, one of the two, or `7`. Policy `migration-order` goes by it.
   * @default none: nothing is known
   */
  schema?: string;
  /**
   * The connections to the database that one task or pod holds at most: the size of its pool. Policy `connection-budget` adds them up.
   * @default none: nothing is known
   */
  connections?: number;
  /**
   * Where its tasks or pods are told their role and the weights: the name of a `RoleSignal`'s parameter, on Kubernetes that of a
   * `KubernetesRoleSignal`'s ConfigMap. They get `CROSSFADE_COLOR` and `CROSSFADE_SIGNAL`, and may read it; with a role of your own
   * that role needs `ssm:GetParameter`. Policy `background-work` takes it that what works unasked in them asks first.
   * @default none: they are not told
   */
  signal?: string;
  /**
   * The versions of its contract that it serves to other services: `>=3 <=4`, one of the two, or `3`. Policy `dependency-released`
   * goes by it.
   * @default none: nothing is known
   */
  contract?: string;
  /**
   * What it needs of other services; a `Neighbour` reads what each of them serves. Policy `dependency-released` goes by it.
   * @default nothing
   */
  requires?: readonly Requirement[];
  /**
   * The name of the `Migration` whose database it uses, where a program has several.
   * @default the only one
   */
  database?: string;
}
