import { expect, test } from "vitest";
import { HAZARDS } from "../policies/readme/hazards";
import { rules } from "../policies/rules";
import { PAIRS } from "./cases";
import { NOT_HERE } from "./cases/not-here";

const inPlans = HAZARDS.filter(({ seen }) => seen !== "live" && seen !== "run").map(({ id }) => id);
const covered = new Set(PAIRS.flatMap(({ hazards }) => hazards));

test("every hazard that a plan can show has a pair or a reason, and none both", () => {
  expect(inPlans.filter((id) => !covered.has(id) && !(id in NOT_HERE))).toEqual([]);
  expect(Object.keys(NOT_HERE).filter((id) => covered.has(id) || !inPlans.includes(id))).toEqual([]);
});

test("a pair is of a policy that stands against its hazards, and every policy that has hazards has a pair", () => {
  const strange = PAIRS.flatMap(({ id, policy, hazards }) => {
    const own = rules.find(({ name }) => name === policy)?.hazards ?? [];
    return hazards
      .filter((hazard) => !own.includes(hazard))
      .map((hazard) => `${id}: ${policy} does not name ${hazard}`);
  });
  expect(strange).toEqual([]);
  const paired = new Set(PAIRS.map(({ policy }) => policy));
  expect(rules.filter(({ name, hazards }) => hazards.length > 0 && !paired.has(name)).map(({ name }) => name)).toEqual(
    [],
  );
});

test("the two of a pair differ", () => {
  for (const { id, refused, passes } of PAIRS) expect(JSON.stringify(refused), id).not.toBe(JSON.stringify(passes));
});
