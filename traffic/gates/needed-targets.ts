/** Targets that share a part of the requests. */
export interface Load {
  targets: number;
  /** Of all requests, 0 to 1. */
  share: number;
}

/** How much more load one target may get than one is known to bear, as a part of it. */
export const HEADROOM = 0.1;

/**
 * The part of all requests that one target is taken to bear: what the busiest has now, or its part of them in the largest
 * environment, which carried all before the rollout, or could. Undefined where nothing runs, and nothing is known.
 */
export function borneByOne(running: readonly Load[]): number | undefined {
  const some = running.filter(({ targets }) => targets > 0);
  if (some.length === 0) return undefined;
  const busiest = Math.max(...some.map(({ targets, share }) => share / targets));
  return Math.max(busiest, 1 / Math.max(...some.map(({ targets }) => targets)));
}

/** How many targets a share needs, one for each part that one bears. */
export function neededTargets(share: number, borne: number, headroom: number = HEADROOM): number {
  return Math.ceil(share / (borne * (1 + headroom)) - 1e-9);
}
