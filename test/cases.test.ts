import { afterAll, beforeAll, expect, test } from "vitest";
import { CASES } from "./cases";
import { judgedByEngine } from "./cases/judged-by-engine";
import { judgedPurely } from "./cases/judged-purely";
import { LocalWorld } from "./local-world";

const NOW = new Date();
let world: LocalWorld;
beforeAll(async () => { world = await LocalWorld.start({ basePort: 5680 }); });
afterAll(() => world.stop());
test.each(CASES.map(c => [c.id, c.title, c] as const))("%s %s", async (id, title, c) => {
  const found = await judgedPurely(c.change, NOW);
  const hard = found.filter(f => !f.advisory);
  expect(hard.map(f => `${f.policy}: ${f.urn} ${f.what} ${f.why}`).filter(l => !c.also.some(a => l.startsWith(a))).join("\n")+ "").toEqual(c.refusedBy === undefined ? "" : expect.stringContaining(c.refusedBy));
  expect(hard.filter(f=>![c.refusedBy, ...c.also].includes(f.policy))).toEqual([]);
});
test.skipIf(!process.env.ENG)("engine", async () => {
  const t = Date.now();
  const p = await judgedByEngine(world, { prior: CASES.flatMap(c => c.change.prior), desired: CASES.flatMap(c => c.change.desired)}, NOW);
  console.log(Date.now() - t, p.errors, p.warnings, p.counts, p.refusals.map(r => `${r.policy} ${r.urn}\n   ${r.message.split("\n")[1]}`).join("\n"));
});
