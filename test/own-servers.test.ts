import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Report } from "../load/report";
import { ensureEngine } from "../local/engine/ensure-engine";
import { ROOT } from "./local-world";
import { endRuns, leftRunning, PORT, rehearse } from "./rehearsal-runs";

/**
 * Somebody's own servers in the rehearsal, by `--stable` and `--candidate`. Each takes some two minutes: on CI they go behind a
 * Gateway alone, and `CROSSFADE_REHEARSALS=whole` takes all ways.
 */
const WAYS: Record<string, string[]> = {
  "tasks behind a balancer": [],
  "pods behind a balancer": ["--compute", "kubernetes", "--route", "alb"],
  "pods behind a Gateway": ["--compute", "kubernetes", "--route", "gateway"],
};
const isLong = process.env.CROSSFADE_REHEARSALS === "whole";
const ways = Object.entries(WAYS).slice(isLong ? 0 : -1);

beforeAll(async () => {
  await ensureEngine({ progress: (line) => process.stderr.write(`${line}\n`) });
});
afterEach(endRuns);

describe("somebody's own servers", () => {
  const server = `node ${join(ROOT, "test/servers/graceful.js")}`;

  test.each(ways)(
    "as %s are released and brought back; kept, they answer until Ctrl-C",
    async (_, flags) => {
      const run = rehearse(
        ...["--stable", `VERSION=v1 PORT={port} ${server}`, "--candidate", `VERSION=v2 PORT={port} ${server}`],
        ...["--rps", "40", "--bake", "1", "--keep", "--json", ...flags],
      );
      await run.until("the service goes on at ");
      const [, url = ""] = /goes on at (\S+) and/.exec(run.output) ?? [];
      expect(new URL(url).port).toBe(String(PORT));
      const answer = await fetch(url); // the Host header is not the service's
      if (!flags.includes("gateway")) expect(answer.headers.get("server")).toBe("awselb/2.0");
      run.child.kill("SIGINT");
      const { code, output } = await run.end();
      expect(code, output).toBe(0);
      const report: Report = JSON.parse(output.split("\n").find((line) => line.startsWith("{")) ?? "");
      expect(report.requests).toMatchObject({ lost: 0, serverErrors: 0 });
      expect(report).toMatchObject({ faults: [], refused: [], losses: [] });
      const stages = report.requests.byStage.map(({ stage, candidate }) => [stage, candidate]);
      const names = ["idle", "canary-5", "canary-25", "canary-50", "full", "finish", "back"];
      expect(stages).toEqual(names.map((name) => [name, "green"]));
      expect(report.requests.byStage.find(({ stage }) => stage === "finish")?.candidateShare).toBe(1);
      const [back, ...others] = report.rollBacks;
      expect(back).toMatchObject({ cause: "decision", candidate: "green", did: { errors: 0 } });
      expect(back?.did.answers).toBeGreaterThan(0);
      expect(others).toEqual([]);
      expect(leftRunning()).toEqual([]);
    },
    1_800_000,
  );

  test.each<[string, string[], string]>([
    ["without a candidate", ["--stable", "serve {port}"], "--candidate is missing"],
    [
      "with a wrong path",
      ["--stable", "a {port}", "--candidate", "b {port}", "--path", "x"],
      "--path x must begin with /",
    ],
  ])("are refused %s", async (_, args, message) => {
    const { code, output } = await rehearse(...args).end();
    expect(output).toContain(message);
    expect(code).toBe(2);
  });

  test("that cannot be started end it, and say why", async () => {
    const { code, output } = await rehearse("--stable", "no-such-program {port}", "--candidate", "true {port}").end();
    expect(output).toMatch(/ECS deployment circuit breaker: tasks failed to start: the last one exited with code 127/);
    expect(output).toContain('Does "no-such-program {port}" listen on the port that is in $PORT');
    expect(output).not.toMatch(/^\s+at .*:\d+/m);
    expect(code).toBe(1);
    expect(leftRunning()).toEqual([]);
  });
});
