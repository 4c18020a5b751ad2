/** Versions of something two sides must agree on, both ends included: of a database's schema, of a contract between services. */
export interface VersionRange {
  from: number;
  /** `Infinity` where nothing is said. */
  to: number;
}

const RANGE = /^(?:>=(?<from>\d{1,15}))?(?: ?<=(?<to>\d{1,15}))?$/;

/** Reads `>=12 <=14`, or one of the two; `13` is that version alone. Undefined where it is none, or holds no version. */
export function parseRange(text: string): VersionRange | undefined {
  if (/^\d{1,15}$/.test(text)) return { from: Number(text), to: Number(text) };
  const { from, to } = RANGE.exec(text)?.groups ?? {};
  if (from === undefined && to === undefined) return undefined;
  const range = { from: Number(from ?? 0), to: to === undefined ? Number.POSITIVE_INFINITY : Number(to) };
  return range.from <= range.to ? range : undefined;
}

export function inRange(version: number, { from, to }: VersionRange): boolean {
  return from <= version && version <= to;
}

/** Whether there is a version that both have. */
export function rangesMeet(one: VersionRange, other: VersionRange): boolean {
  return one.from <= other.to && other.from <= one.to;
}

/** Whether one has every version of the other. */
export function rangeCovers(one: VersionRange, other: VersionRange): boolean {
  return one.from <= other.from && other.to <= one.to;
}

/** @param what it is a version of, such as `schema` */
export function spokenRange({ from, to }: VersionRange, what: string): string {
  if (from === to) return `${what} ${from}`;
  if (to === Number.POSITIVE_INFINITY) return `${what} ${from} and later`;
  return from === 0 ? `${what} ${to} and before` : `${what} ${from} to ${to}`;
}
