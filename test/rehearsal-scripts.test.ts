import { afterEach, beforeAll, expect, test } from "vitest";
import { ensureEngine } from "../local/engine/ensure-engine";
import { endRuns, leftRunning, rehearse, report } from "./rehearsal-runs";

/** Rehearsals in the place of a release by stages: one environment that rolls, and a database whose schema changes. */
beforeAll(async () => {
  await ensureEngine({ progress: (line) => process.stderr.write(`${line}\n`) });
});
afterEach(endRuns);

/** Each takes some six minutes. On CI test/rolling-run.test.ts rolls instances, and test/migration-under-load.test.ts changes a schema. */
const isLong = process.env.CROSSFADE_REHEARSALS === "whole";

const BATCHES = ["to 25 %", "pause at 25 %", "to 50 %", "pause at 50 %", "to 100 %"];

test.runIf(isLong).each([
  ["fargate", "alb", []],
  ["kubernetes", "alb", []],
  ["kubernetes", "gateway", []],
  ["autoscaling", "alb", BATCHES],
])(
  "a rolling release on %s by %s loses nothing, and a bad version ends at its first batch",
  async (...kind) => {
    const [compute, route, batches] = kind;
    const { code, output } = await rehearse("--rolling", "--compute", compute, "--route", route, "--seed", "7").end();
    expect(code, output).toBe(0);
    const { requests, sessions, refused, rollBacks, losses } = report();
    expect({ lost: requests.lost, sessions: sessions?.lost, losses }).toEqual({ lost: 0, sessions: 0, losses: [] });
    expect(requests.total).toBeGreaterThanOrEqual(20_000);
    const rolled = (name: string) => [name, ...batches];
    expect(requests.byStage.map(({ stage }) => stage)).toEqual([
      ...rolled("the next version"),
      "bad",
      "restored",
      ...rolled("back"),
    ]);
    for (const { stage, weight, candidateShare } of requests.byStage) {
      if (!stage.startsWith("pause")) continue;
      expect(Math.abs((candidateShare ?? Number.NaN) - weight / 100)).toBeLessThan(0.1);
    }
    expect(refused.map(({ policy }) => policy)).toEqual([
      ...(compute === "kubernetes" ? ["capacity"] : ["drain"]),
      ...(route === "gateway" ? [] : ["serving-replacement"]),
    ]);
    expect(rollBacks.map(({ cause, candidate }) => [cause, candidate])).toEqual([
      ["update", "v4"],
      ["decision", "v2"],
    ]);
    expect(rollBacks[0]?.did).toMatchObject({ answers: 0 });
    expect(leftRunning()).toEqual([]);
  },
  1_200_000,
);

test.runIf(isLong)(
  "a release with a database loses nothing: the expand before it, the contract after it, each message taken once and by the right version",
  async () => {
    const { code, output } = await rehearse("--database", "--seed", "7").end();
    expect(code, output).toBe(0);
    const { requests, sessions, messages, refused, rollBacks, losses } = report();
    expect({ lost: requests.lost, sessions: sessions?.lost, losses }).toEqual({ lost: 0, sessions: 0, losses: [] });
    expect(requests.total).toBeGreaterThanOrEqual(20_000);
    expect(messages).toMatchObject({ missing: 0, early: 0, late: 0, twice: 0, left: 0, settledTwice: 0 });
    expect(Object.keys(messages?.takenBy ?? {})).toEqual(["v1", "v2"]);
    expect(requests.byStage.map(({ stage }) => stage)).toEqual([
      ...["installed", "idle", "canary-25", "back", "canary-25", "canary-50", "full", "finish", "removed", "contract"],
    ]);
    expect(refused.map(({ policy }) => policy)).toEqual([
      "migration-locks",
      "migration-order",
      "migration-order",
      "migration-order",
    ]);
    expect(rollBacks).toHaveLength(1);
    expect(leftRunning()).toEqual([]);
  },
  1_200_000,
);

test.each([
  [["--rolling", "--database"], /are two rehearsals/],
  [["--rolling", "--route", "dns"], /--rolling goes with --route alb or gateway/],
  [["--rolling", "--stable", "a {port}", "--candidate", "b {port}"], /--rolling releases the example service/],
  [["--database", "--compute", "kubernetes"], /--database goes with --compute fargate and --route alb/],
])("%j is a wrong usage", async (args, message) => {
  const { code, output } = await rehearse(...args).end();
  expect(output).toMatch(message);
  expect(output).not.toMatch(/^\s+at .*:\d+/m);
  expect(code).toBe(2);
});
