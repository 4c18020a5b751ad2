import { z } from "zod";
import { parseDuration } from "../traffic";

const WORDS = 'a duration such as "30s", "10m" or "1h"';
const SHORT_WORDS = 'a duration such as "500ms" or "2s"';

/** A length of time in the config; in seconds once it is read. */
export const duration = (min: number, max: number, source: string) =>
  z
    .string(WORDS)
    .refine((text) => parseDuration(text) !== undefined, WORDS)
    .transform((text) => parseDuration(text) ?? 0)
    .refine((seconds) => seconds >= min && seconds <= max, `${min} s to ${max} s (${source})`);

/** A short one; in milliseconds once it is read. */
export const shortDuration = (min: number, max: number, source: string) =>
  z
    .string(SHORT_WORDS)
    .refine((text) => parseMilliseconds(text) !== undefined, SHORT_WORDS)
    .transform((text) => parseMilliseconds(text) ?? 0)
    .refine((ms) => ms >= min && ms <= max, `${min} ms to ${max} ms (${source})`);

function parseMilliseconds(text: string): number | undefined {
  const [, amount] = /^(\d{1,6})ms$/.exec(text) ?? [];
  if (amount) return Number(amount);
  const seconds = parseDuration(text);
  return seconds === undefined ? undefined : seconds * 1000;
}
