import type { DesiredService } from "./desired";

/** A running task as the scheduler sees it; one that is being stopped is no longer among them. */
export interface Member {
  /** Of the deployment that is wanted; all others are to go. */
  current: boolean;
  healthy: boolean;
}

/** The next step of a rolling deployment, or of scaling: how many tasks to start, and which to stop, at once. */
export function rollingStep<T extends Member>(
  service: Pick<DesiredService, "desiredCount" | "minimumHealthyPercent" | "maximumPercent">,
  members: readonly T[],
): { start: number; stop: T[] } {
  const count = service.desiredCount;
  const most = Math.floor((count * service.maximumPercent) / 100);
  const least = Math.ceil((count * service.minimumHealthyPercent) / 100);

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
