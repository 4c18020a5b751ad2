import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Preview } from "../cli/markdown";
import { verdictOf } from "../cli/verdict";
import { nameOf } from "../traffic";
import { readPlanned } from "../traffic/sources";
import { CASES, type Case } from "./cases";
import { UNDER_SETTINGS } from "./cases/everyday";
import { placed } from "./cases/item";
import { EngineJudge } from "./cases/judged-by-engine";
import { judgedByHarness } from "./cases/judged-by-harness";
import { judgedPurely } from "./cases/judged-purely";
import { LocalWorld } from "./local-world";

const NOW = new Date();

let world: LocalWorld;
let engine: EngineJudge;
/** One preview for all cases: the engine needs a second to start and milliseconds for a resource. */
let preview: Preview;
let sources: Awaited<ReturnType<EngineJudge["sources"]>>;
const ALL = {
  prior: CASES.flatMap(({ change }) => change.prior),
  desired: CASES.flatMap(({ change }) => change.desired),
};

beforeAll(async () => {
  const started = Date.now();
  world = await LocalWorld.start();
  engine = await EngineJudge.start(world);
  preview = await engine.judge(ALL, NOW);
  sources = await engine.sources();
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`${CASES.length} cases with ${ALL.desired.length} resources in ${seconds} s`);
});
afterAll(() => {
  engine.stop();
  return world.stop();
});

afterEach(() => void vi.useRealTimers());

/** The engine has taken minutes: what is judged here again is judged at the time that the cases are of. */
function backToNow(): void {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
}

/** A finding on what goes is on the stack, and names it first. */
function isOf({ id }: Case, { urn, message }: Preview["refusals"][number]): boolean {
  return nameOf(urn).startsWith(`${id}-`) || message.split("\n")[1]?.includes(`"${id}-`) === true;
}

const refusalsOf = (one: Case) => preview.refusals.filter((finding) => isOf(one, finding));

test("the engine has come to an end, and every refusal is of a case", () => {
  expect(preview.errors).toEqual([]);
  expect(preview.judged).toBe(true);
  expect(preview.refusals.filter((finding) => !CASES.some((one) => isOf(one, finding)))).toEqual([]);
});

test("the harness that the package exports says what the engine says, advice included", async () => {
  backToNow();
  const found = await judgedByHarness(ALL, NOW);
  const said = (level: string) => found.filter((violation) => violation.level === level).map(inWords);
  expect(said("mandatory").sort()).toEqual(preview.refusals.map(inWords).sort());
  expect(said("advisory").sort()).toEqual(preview.advice.map(inWords).sort());
});

test("from the stream and the plan file, with the state, the policies refuse what the pack refuses", () => {
  backToNow();
  // The engine puts a finding on what goes on the stack: who is meant is named first.
  const about = (policy: string, what = "") => `${policy} on ${/"([^"]+)"/.exec(what)?.[1]}`;
  const byPack = preview.refusals.map(({ policy, message }) => about(policy, message.split("\n")[1])).sort();
  const { plan, state } = sources;
  for (const texts of [sources, { plan, state }]) {
    const refusals = verdictOf(readPlanned(texts)).findings.filter(({ advisory }) => !advisory);
    expect(refusals.map(({ policy, what }) => about(policy, what)).sort()).toEqual(byPack);
  }
});

test("in a freeze a way back passes, and a hotfix with break-glass; a raise does not", async () => {
  const { changes, ...settings } = UNDER_SETTINGS;
  const inStack = (of: "prior" | "desired") =>
    Object.entries(changes).flatMap(([id, change]) => placed(change[of], id));
  const found = await engine.judge({ prior: inStack("prior"), desired: inStack("desired") }, NOW, settings);
  expect(found.errors).toEqual([]);
  const refusals = found.refusals.map(({ policy, urn }) => `${policy} on ${nameOf(urn)}`);
  expect(refusals.sort()).toEqual(["bake-time on raise-shop-war", "freeze-window on raise-shop-war"]);
});

function inWords({ policy, urn, message }: { policy: string; urn: string; message: string }): string {
  return `${policy} ${urn}: ${timeless(message.trim())}`;
}

describe.each(CASES.map((one) => ({ ...one, one })))("$id: $title", ({ one }) => {
  const { refusedBy, also, change } = one;

  test(refusedBy === undefined ? "passes" : `is refused by ${refusedBy}`, () => {
    const refusals = refusalsOf(one);
    const others = refusals.filter(({ policy }) => policy !== refusedBy && !also.includes(policy));
    expect(others).toEqual([]);
    if (refusedBy !== undefined) expect(refusals.map(({ policy }) => policy)).toContain(refusedBy);
  });

  test("is judged alike without an engine", async () => {
    const found = (await judgedPurely(change, NOW)).filter(({ advisory }) => !advisory);
    const said = found.map(({ policy, what }) => `${policy}: ${timeless(what)}`);
    const byEngine = refusalsOf(one).map(
      ({ policy, message }) => `${policy}: ${timeless(message.split("\n")[1] ?? "")}`,
    );
    expect(byEngine.sort()).toEqual(said.sort());
  });
});

/** Without the time that a finding says has gone by. */
function timeless(text: string): string {
  return text.replace(/\b\d+[smhd]( \d+[smhd])*\b/g, "…");
}
