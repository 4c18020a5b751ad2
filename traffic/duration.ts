const SECONDS = { s: 1, m: 60, h: 3600, d: 86400 } as const;

/** A duration as the config writes it: `30s`, `10m`, `1h`, `2d`. The answer is in seconds; undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  return amount && unit ? Number(amount) * SECONDS[unit as keyof typeof SECONDS] : undefined;
}

/** Seconds as the config writes them, in the largest unit that is exact: 600 is `10m`. */
export function formatDuration(seconds: number): string {
  const [unit, size] = (Object.entries(SECONDS) as [string, number][])
    .reverse()
    .find(([, size]) => seconds >= size && seconds % size === 0) ?? ["s", 1];
  return `${seconds / size}${unit}`;
}
