import type { DesiredService } from "./desired";

/** How many there are to be in the end, and the fewest healthy and the most at all on the way. */
export interface Limits {
  count: number;
  least: number;
  most: number;
}

/** A running task as the scheduler sees it; one that is being stopped is no longer among them. */
export interface Member {
  /** Of the deployment that is wanted; all others are to go. */
  current: boolean;
  healthy: boolean;
}

/** ECS rounds the minimum up and the maximum down. */
export function percentLimits(
  service: Pick<DesiredService, "desiredCount" | "minimumHealthyPercent" | "maximumPercent">,
): Limits {
  const { desiredCount: count, minimumHealthyPercent, maximumPercent } = service;
  return {
    count,
    least: Math.ceil((count * minimumHealthyPercent) / 100),
    most: Math.floor((count * maximumPercent) / 100),
  };
}

/** The next step of a rolling deployment, or of scaling: how many to start, and which to stop, at once. */
export function rollingStep<T extends Member>(
  { count, least, most }: Limits,
  members: readonly T[],
): { start: number; stop: T[] } {
  const healthy = members.filter((member) => member.healthy);
  const current = [...healthy, ...members.filter((member) => !member.healthy)].filter((member) => member.current);
  const kept = current.slice(0, count);
  const surplus = current.slice(count);

  const old = members.filter((member) => !member.current);
  const oldHealthy = old.filter((member) => member.healthy);
  const spare = Math.max(0, kept.filter((member) => member.healthy).length + oldHealthy.length - least);
  return {
    start: Math.max(0, Math.min(count - kept.length, most - members.length)),
    stop: [...surplus, ...old.filter((member) => !member.healthy), ...oldHealthy.slice(0, spare)],
  };
}
