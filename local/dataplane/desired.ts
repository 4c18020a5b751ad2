import type { DesiredCluster } from "./kubernetes/desired";
import type { DesiredScalingGroup } from "./scaling/desired";
import type { DesiredSchedule } from "./schedules";

/**
 * What the control plane asks the data plane to be: plain data, whole each time. The data plane works out the difference,
 * so that the same call serves a first start, a change and a restart after a kill.
 */
export interface Desired {
  balancers: DesiredBalancer[];
  targetGroups: DesiredTargetGroup[];
  services: DesiredService[];
  scalingGroups: DesiredScalingGroup[];
  schedules: DesiredSchedule[];
  cluster: DesiredCluster;
  dns: DesiredDns;
}

export interface DesiredBalancer {
  arn: string;
  /** The proxies of a Gateway of Kubernetes; none is an Application Load Balancer. */
  isGateway?: boolean;
  dnsName: string;
  /** Whether its name has IPv6 addresses too. */
  dualstack: boolean;
  /** How long a connection may be silent before the balancer closes it, in seconds. AWS: 60 unless set. */
  idleTimeout: number;
  /** How long a client may keep one connection, in seconds. AWS: 3600 unless set, 60 to 604800. */
  clientKeepAlive: number;
  listeners: DesiredListener[];
}

export interface DesiredListener {
  arn: string;
  /** The port that the program asked for, such as 80. */
  port: number;
  /** In the order of evaluation: the lowest priority first, the default action last. */
  rules: DesiredRule[];
}

export interface DesiredRule {
  arn: string;
  /** All must hold; none on the default action. Values may hold the wildcards `*` and `?`. */
  conditions: Condition[];
  action: Action;
}

export type Condition =
  | { kind: "host"; values: string[] }
  | { kind: "path"; values: string[] }
  /** @param isExact no wildcards, and case counts */
  | { kind: "header"; name: string; values: string[]; isExact?: boolean };

export type Action =
  | {
      kind: "forward";
      groups: { targetGroupArn: string; weight: number }[];
      stickinessSeconds?: number;
      /** Groups that get a copy of each request; what they answer is dropped. */
      mirrors?: string[];
    }
  | { kind: "redirect"; status: 301 | 302; protocol: string; port: string }
  | { kind: "fixed"; status: number; contentType: string; body: string };

export interface DesiredTargetGroup {
  arn: string;
  /** Seconds that a deregistered target keeps the requests that it has. AWS: 0 to 3600. */
  deregistrationDelay: number;
  /** Off: a node sends to the targets of its own zone only. */
  crossZone: boolean;
  /** None: what is registered is taken for healthy, as a Gateway takes the endpoints of a Service. */
  healthCheck?: HealthCheckSettings;
}

export interface HealthCheckSettings {
  path: string;
  /** Seconds. */
  interval: number;
  /** Seconds. */
  timeout: number;
  healthyThreshold: number;
  unhealthyThreshold: number;
  /** As AWS writes it: `200`, `200,202` or `200-299`. */
  matcher: string;
}

export interface DesiredService {
  arn: string;
  desiredCount: number;
  minimumHealthyPercent: number;
  maximumPercent: number;
  /** Whether a failing deployment is given up, and the last completed one put back. */
  circuitBreaker: { enable: boolean; rollback: boolean };
  /** Seconds after a task's start in which failed health checks do not stop it. */
  healthCheckGracePeriod: number;
  /** None: a service without a balancer. */
  targetGroupArn?: string;
  task: DesiredTask;
}

export interface DesiredTask {
  /** The task definition's revision; another one is another deployment. */
  revision: string;
  /** The program and its arguments; `{port}` in them is the port that the task must listen on. */
  command: string[];
  /** Set for the process besides PATH; `PORT` is added. */
  env: Record<string, string>;
  /** Seconds between SIGTERM and SIGKILL. AWS: 30 unless set, at most 120. */
  stopTimeout: number;
}

/** What Route 53 has. */
export interface DesiredDns {
  zones: DesiredZone[];
  healthChecks: DesiredHealthCheck[];
}

export interface DesiredZone {
  id: string;
  /** In lower case and without the dot at the end, as all names here. */
  name: string;
  records: DesiredRecord[];
}

export interface DesiredRecord {
  name: string;
  type: string;
  /** Seconds; none on an alias. */
  ttl?: number;
  values: string[];
  alias?: { name: string; evaluateTargetHealth: boolean };
  /** Of a weighted record, 0 to 255. */
  weight?: number;
  setIdentifier?: string;
  healthCheckId?: string;
}

/** A health check over HTTP. */
export interface DesiredHealthCheck {
  id: string;
  /** The host that is asked, and its Host header. */
  fqdn: string;
  port: number;
  path: string;
  /** Seconds: 10 or 30. */
  interval: number;
  /** How many checks in a row change the status, 1 to 10. */
  failureThreshold: number;
}

/** As `DescribeTargetHealth` says it. */
export type TargetState = "initial" | "healthy" | "unhealthy" | "unused" | "draining";

export interface TargetHealth {
  /** `127.0.0.1:PORT`. */
  id: string;
  zone: string;
  state: TargetState;
  /** AWS's reason code, such as `Target.FailedHealthChecks`. */
  reason?: string;
}
