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

/** Seconds as one says them, in the two largest units: `1h 5m`, `7m 17s`, `45s`. */
export function spokenDuration(seconds: number): string {
  let left = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [unit, size] of (Object.entries(SECONDS) as [string, number][]).reverse()) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.slice(0, 2).join(" ") || "0s";
}
