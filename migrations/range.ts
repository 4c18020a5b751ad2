/** The versions of the schema that a version of the service works on, both ends included. */
export interface SchemaRange {
  from: number;
  /** `Infinity` where nothing is said. */
  to: number;
}

const RANGE = /^(?:>=(?<from>\d{1,15}))?(?: ?<=(?<to>\d{1,15}))?$/;

/** Reads `>=12 <=14`, or one of the two; `13` is that version alone. Undefined where it is none, or holds no version. */
export function parseRange(text: string): SchemaRange | undefined {
  if (/^\d{1,15}$/.test(text)) return { from: Number(text), to: Number(text) };
  const { from, to } = RANGE.exec(text)?.groups ?? {};
  if (from === undefined && to === undefined) return undefined;
  const range = { from: Number(from ?? 0), to: to === undefined ? Number.POSITIVE_INFINITY : Number(to) };
  return range.from <= range.to ? range : undefined;
}

export function inRange(version: number, { from, to }: SchemaRange): boolean {
  return from <= version && version <= to;
}

export function spokenRange({ from, to }: SchemaRange): string {
  if (from === to) return `schema ${from}`;
  if (to === Number.POSITIVE_INFINITY) return `schema ${from} and later`;
  return from === 0 ? `schema ${to} and before` : `schema ${from} to ${to}`;
}
