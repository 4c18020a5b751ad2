import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HAZARDS } from "../policies/readme/hazards";
import { renderReadme } from "../policies/readme/render";
import { rules } from "../policies/rules";
import { ROOT } from "./local-world";

test("policies/README.md is what the policies say: npm run generate:policies", () => {
  expect(readFileSync(join(ROOT, "policies/README.md"), "utf8")).toBe(renderReadme(rules));
});

test("every hazard has a component, a policy or a reason", () => {
  const named = new Set(rules.flatMap(({ hazards }) => hazards));
  const bare = HAZARDS.filter(({ id, component, gap }) => !named.has(id) && !component && !gap).map(({ id }) => id);
  expect(bare).toEqual([]);
});

test("every hazard that a policy names is one", () => {
  const known = new Set(HAZARDS.map(({ id }) => id));
  const unknown = rules.flatMap(({ name, hazards }) =>
    hazards.filter((id) => !known.has(id)).map((id) => `${name} ${id}`),
  );
  expect(unknown).toEqual([]);
  expect(HAZARDS).toHaveLength(48 + 32);
});
