import { afterEach, beforeAll, expect, test } from "vitest";
import { ensureEngine } from "../local/engine/ensure-engine";
import { endRuns, leftRunning, rehearse, report } from "./rehearsal-runs";

beforeAll(async () => {
  await ensureEngine({ progress: (line) => process.stderr.write(`${line}\n`) });
});
afterEach(endRuns);

const RELEASE = ["idle", "canary-5", "canary-25", "canary-50", "full", "finish", "back"];

/** Takes some ten minutes; on CI its release alone goes over the same route: test/own-servers.test.ts. */
const isLong = process.env.CROSSFADE_REHEARSALS === "whole";

test.runIf(isLong)(
  "behind a Gateway a release loses nothing, bad ones are rolled back, and what would lose requests is refused",
  async () => {
    const flags = ["--compute", "kubernetes", "--route", "gateway", "--bake", "3", "--requests", "1", "--seed", "7"];
    const { code, output } = await rehearse(...flags, "--json").end();
    expect(code, output).toBe(0);
    const { requests, refused, rollBacks, losses, faults } = report();
    expect({ lost: requests.lost, losses, faults }).toEqual({ lost: 0, losses: [], faults: [] });
    const stages = requests.byStage;
    expect(stages.slice(0, RELEASE.length).map(({ stage }) => stage)).toEqual(RELEASE);
    for (const { weight, candidateShare, serverErrors } of stages.slice(0, 6)) {
      // Without stickiness every request is a draw of its own: some 250 settled answers a stage, five standard deviations.
      const bound = 5 * Math.sqrt(((weight / 100) * (1 - weight / 100)) / 250);
      expect(Math.abs((candidateShare ?? Number.NaN) - weight / 100)).toBeLessThanOrEqual(bound);
      expect(serverErrors).toBe(0);
    }
    expect(refused.map(({ policy }) => policy)).toEqual([
      "stage-order",
      "capacity",
      "release-without-canary",
      "serving-deletion",
    ]);
    expect(rollBacks.map(({ cause, candidate, stage }) => [cause, candidate, stage])).toEqual([
      ["decision", "v2", "back"],
      ["errors", "v3", "canary-5"],
      ["update", "v4", "idle"],
      ["errors", "v5", "canary-50"],
    ]);
    const [, errors, unhealthy, capacity] = rollBacks;
    expect(unhealthy?.did).toMatchObject({ answers: 0 });
    expect((errors?.did?.errors ?? 0) + (capacity?.did?.errors ?? 0)).toBe(requests.serverErrors);
    expect(leftRunning()).toEqual([]);
  },
  1_800_000,
);

test.each([
  ["dns", /--compute kubernetes goes with --route alb or gateway, not with dns/],
  ["tcp", /Allowed choices are alb, dns, gateway/],
])("--route %s is a wrong usage with pods", async (route, message) => {
  const { code, output } = await rehearse("--compute", "kubernetes", "--route", route).end();
  expect(output).toMatch(message);
  expect(code).toBe(2);
});
