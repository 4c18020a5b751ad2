import type { Finding } from "../../policies/policy";
import { nameOf } from "../../traffic";
import type { Addition } from "./addition";
import { FARGATE_QUOTAS, type FargateKind } from "./fargate-kinds";

/** A quota of vCPUs that something is added to. */
export interface VcpuRoom {
  kind: FargateKind;
  /** Its code, such as `L-3032A538`. */
  quota: string;
  /** How many the update takes more, at the most at once. */
  added: number;
  /** The account's in the region. */
  limit: number;
  /** In use; undefined where CloudWatch has no point of it in the last hour. */
  used: number | undefined;
}

/** How many vCPUs are added of a kind. */
export function vcpusAdded(additions: readonly Addition[], kind: FargateKind): number {
  return additions.reduce((sum, { vcpus }) => sum + (vcpus?.[kind] ?? 0), 0);
}

/** Where a quota has no room; what is not known to be in use counts as none, for a refusal needs what is known. */
export function vcpuProblem(room: VcpuRoom, additions: readonly Addition[]): Finding | undefined {
  const { kind, quota, added, limit, used = 0 } = room;
  if (used + added <= limit) return undefined;
  const own = additions.filter(({ vcpus }) => (vcpus?.[kind] ?? 0) > 0);
  const names = own.map(({ resource }) => `"${nameOf(resource.urn)}"`).join(" and ");
  const use = room.used === undefined ? "" : ` ${figure(used)} in use of`;
  return {
    urn: own[0]?.resource.urn ?? "",
    what: `${names} would take ${figure(added)} vCPUs more, with${use} ${figure(limit)} that the quota "${FARGATE_QUOTAS[kind].name}" (${quota}) allows.`,
    why: 'Two versions run side by side in a release. ECS places no task above the quota ("You\'ve reached the limit on the number of vCPUs you can run concurrently"): the update stops half way, and a deployment circuit breaker ends the deployment (ECS API, DeploymentCircuitBreaker).',
    instead: `Ask for ${figure(Math.ceil(used + added))} or more in Service Quotas, by the code ${quota} of the service fargate, and wait until it is granted; or release when less runs.`,
  };
}

/** vCPUs come in quarters, and what CloudWatch tells may have any fraction. */
export function figure(vcpus: number): string {
  return String(Math.round(vcpus * 100) / 100);
}
