/** What AWS says now, as plain data: read by the room `live`, judged here and in `traffic/gates`. */

/** A group in a forward, and its weight. */
export interface LiveGroup {
  arn: string;
  /** 0 to 999; a share of the forward's sum. */
  weight: number;
}

/** A rule of a listener, its default one among them, which has no conditions and cannot be deleted. */
export interface LiveRule {
  arn: string;
  isDefault: boolean;
  /** Its place among the listener's rules, 1 to 50,000; the default one, which is the last, has none. */
  priority: number | undefined;
  /** Whether it asks for the preview header, which no live user sends. */
  isPreview: boolean;
  /** Where it forwards to; none where it redirects or answers itself. */
  groups: readonly LiveGroup[];
  /** Whether a client is kept with the group that it met first, by a cookie, which outranks the weights. */
  sticky: boolean;
}

/** A balancer that has a group in a rule. */
export interface LiveBalancer {
  arn: string;
  /** In one spelling, as records lead to it. */
  dnsName: string;
  /** Its Availability Zones. */
  zones: readonly string[];
}

/** A record set of one host. */
export interface LiveRecord {
  type: string;
  /** What tells it from the others of its host and type; none of a simple record. */
  setIdentifier: string | undefined;
  /** 0 to 255; none where it is not weighted. */
  weight: number | undefined;
  /** Where it leads, each in one spelling: an alias's name, or the values. */
  leadsTo: readonly string[];
}

/** ELB, `TargetHealth.State`. A group that no rule has, or a zone that the balancer has not, makes its targets `unused`. */
export const TARGET_STATES = [
  "initial",
  "healthy",
  "unhealthy",
  "unhealthy.draining",
  "unused",
  "draining",
  "unavailable",
] as const;
export type TargetState = (typeof TARGET_STATES)[number];

/** A target of a group, by its address. */
export interface LiveTarget {
  id: string;
  port: number | undefined;
  /** Its Availability Zone; not told of instances, functions and addresses out of the network. */
  zone: string | undefined;
  state: TargetState;
  /** AWS's word for why it is not healthy, such as `Target.ResponseCodeMismatch`. */
  reason: string | undefined;
}

/** One of the deployments that an ECS service has under way, or has done. */
export interface LiveDeployment {
  /** `PRIMARY` is the latest; others of the service are `ACTIVE` while they still have tasks. */
  status: string;
  /** The ARN of the revision. */
  taskDefinition: string;
  /** `IN_PROGRESS`, `COMPLETED` or `FAILED`; none where another controller than ECS rolls. */
  rolloutState: string | undefined;
  rolloutReason: string | undefined;
  wanted: number;
  running: number;
  failed: number;
}

/** An ECS service as it is. */
export interface LiveService {
  name: string;
  /** `ACTIVE`, `DRAINING` or `INACTIVE`: the last one is gone, and told for a while. */
  status: string;
  wanted: number;
  running: number;
  pending: number;
  deployments: readonly LiveDeployment[];
}

/** A task of ECS that belongs to no service. */
export interface LiveTask {
  arn: string;
  /** `PROVISIONING`, `PENDING`, `RUNNING` … `STOPPED` (ECS guide, "Task lifecycle"). */
  status: string;
  /** Of its essential container, once that has ended; none where it never ran. */
  exitCode: number | undefined;
  /** AWS's words for why it was stopped, of the container or of the task. */
  reason: string | undefined;
}
