import { expect, test } from "vitest";
import { freezeWindow } from "../policies/freeze-window";
import { NOW, planBetween, type StackShape } from "./crossfade-stack";

// NOW is a Saturday, 12:00 UTC.
const HOLIDAYS = { once: [{ from: "2026-11-21T00:00:00Z", until: "2026-11-22T00:00:00Z", reason: "nobody is here" }] };
const weekly = (from: string, until: string, timeZone?: string) => ({
  weekly: [{ from, until, reason: "weekend", ...(timeZone && { timeZone }) }],
});

function count(settings: unknown, before: StackShape, after: StackShape): number {
  return freezeWindow.judge(planBetween(before, after), settings).length;
}

const promotion: [StackShape, StackShape] = [{ stage: "canary-5" }, { stage: "canary-50" }];

test.each<[string, unknown, number]>([
  ["without a window", {}, 0],
  ["inside one", HOLIDAYS, 1],
  ["before one", { once: [{ ...HOLIDAYS.once[0], from: "2026-11-21T12:00:01Z" }] }, 0],
  ["when one has just ended", { once: [{ ...HOLIDAYS.once[0], until: NOW.toISOString() }] }, 0],
  ["at a weekend, over the turn of the week", weekly("Fri 16:00", "Mon 08:00"), 1],
  ["on another day", weekly("Sun 00:00", "Sat 12:00"), 0],
  ["by the clock of another place", weekly("Sat 12:30", "Sat 14:00", "Europe/Berlin"), 1],
  ["by UTC unless it is said", weekly("Sat 12:30", "Sat 14:00"), 0],
])("a promotion %s", (_, settings, expected) => {
  expect(count(settings, ...promotion)).toBe(expected);
});

test("a way back, a new candidate and a finish are free in a window", () => {
  expect(count(HOLIDAYS, { stage: "canary-50" }, { stage: "idle" })).toBe(0);
  expect(count(HOLIDAYS, { stage: "canary-50" }, { stage: "canary-5" })).toBe(0);
  expect(count(HOLIDAYS, { tasks: { blue: 4 } }, {})).toBe(0);
  expect(count(HOLIDAYS, { stage: "full" }, { stable: "green", stage: "idle" })).toBe(0);
});

test.each([
  ["a day that is none", weekly("Someday 10:00", "Mon 10:00")],
  ["a time zone that is none", weekly("Mon 10:00", "Tue 10:00", "Mars/Olympus")],
  ["no reason", { once: [{ from: "2026-11-21T00:00:00Z", until: "2026-11-22T00:00:00Z" }] }],
  ["a key that is none", { windows: [] }],
])("%s is no setting", (_, settings) => {
  expect(() => freezeWindow.judge(planBetween(...promotion), settings)).toThrow(/./);
});
