import { expect, test } from "vitest";
import { nameOf } from "../traffic";
import { CASES } from "./cases";
import type { Change } from "./cases/case";
import { judgedPurely } from "./cases/judged-purely";

/** Without an engine in seconds; `cases.test.ts` holds the same against the engine. */
test.each(CASES.map((one) => [`${one.id}: ${one.title}`, one] as const))("%s", async (_, one) => {
  const refusals = (await judgedPurely(one.change, new Date())).filter(({ advisory }) => !advisory);
  expect(refusals.filter(({ policy }) => policy !== one.refusedBy && !one.also.includes(policy))).toEqual([]);
  if (one.refusedBy !== undefined) expect(refusals.map(({ policy }) => policy)).toContain(one.refusedBy);
});

test("the cases do not meet: as one program they are refused for what each is refused for alone", async () => {
  const now = new Date();
  const said = async (change: Change) =>
    (await judgedPurely(change, now))
      .filter(({ advisory }) => !advisory)
      .map(({ policy, urn, what }) => `${policy} on ${nameOf(urn)}: ${what}`);
  const together = await said({
    prior: CASES.flatMap(({ change }) => change.prior),
    desired: CASES.flatMap(({ change }) => change.desired),
  });
  const alone = await Promise.all(CASES.map(({ change }) => said(change)));
  expect(together.sort()).toEqual(alone.flat().sort());
});
