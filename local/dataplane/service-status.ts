/** A service as ECS's `DescribeServices` says it. */
export interface ServiceStatus {
  /** The one that is wanted first; then those of which tasks still run or end. */
  deployments: DeploymentStatus[];
  /** The latest comes first. */
  events: readonly ServiceEvent[];
}

/** How far a deployment has come. */
export interface DeploymentState {
  id: string;
  rollout: "IN_PROGRESS" | "COMPLETED" | "FAILED";
  reason: string;
  /** In milliseconds since 1970. */
  createdAt: number;
  updatedAt: number;
}

export interface DeploymentStatus extends DeploymentState {
  /** The task definition's revision. */
  revision: string;
  desired: number;
  running: number;
  pending: number;
  /** Tasks that failed in a row, before one was healthy. */
  failed: number;
}

export interface ServiceEvent {
  /** In milliseconds since 1970. */
  time: number;
  message: string;
}
