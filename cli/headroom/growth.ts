/** The numbers of a service or a group around an update. */
export interface Numbers {
  /** What runs before it. */
  had: number;
  /** What is to run after it. */
  wanted: number;
  /** The most that may run at once while all of it is exchanged; undefined where nothing is. */
  most?: number;
}

/** How many run at once at the most, beside those before: new ones start while the old ones still run. */
export function growth({ had, wanted, most = wanted }: Numbers): number {
  const peak = Math.max(wanted, Math.min(had + wanted, most));
  return Math.max(0, peak - had);
}
