import { expect, test } from "vitest";
import { CASES } from "./cases";
import { judgedPurely } from "./cases/judged-purely";

/** Without an engine in seconds; `cases.test.ts` holds the same against the engine. */
test.each(CASES.map((one) => [`${one.id}: ${one.title}`, one] as const))("%s", async (_, one) => {
  const refusals = (await judgedPurely(one.change, new Date())).filter(({ advisory }) => !advisory);
  expect(refusals.filter(({ policy }) => policy !== one.refusedBy && !one.also.includes(policy))).toEqual([]);
  if (one.refusedBy !== undefined) expect(refusals.map(({ policy }) => policy)).toContain(one.refusedBy);
});
