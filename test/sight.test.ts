import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { smallestRegression } from "../cli/analysis/smallest-regression";
import type { Metric } from "../cli/metrics/source";
import { outlook } from "../cli/outlook";
import { type SightOptions, withSight } from "../cli/outlook-sight";
import { outlookLines } from "../cli/outlook-text";
import { metricSight } from "../cli/sight";
import { sightLines } from "../cli/sight-text";
import { planBetween } from "./crossfade-stack";

const criteria = { tolerance: 0.01, alpha: 0.005, burst: 10 };
const ERRORS: Metric = { name: "errors", kind: "errors", clientErrors: "good", ...criteria };
const SLOW: Metric = { name: "slow", kind: "slow", over: 1000, ...criteria };
const STAGES = [
  { stage: "canary-5", weight: 5, bake: 600 },
  { stage: "canary-50", weight: 50, bake: 3600 },
];
const MINUTES = { blockSeconds: 60, deadline: 3600, unanswered: 0 };

function previewed(config: Record<string, string> = {}) {
  const { prior, desired, changes } = planBetween({ stage: "idle" }, { stage: "canary-5" });
  return { prior: [...prior], desired: [...desired], changes: [...changes], pending: [], unseen: [], config };
}

async function lines(options: SightOptions, config?: Record<string, string>): Promise<string> {
  const plan = planBetween({ stage: "idle" }, { stage: "canary-5" });
  const [one] = await withSight(outlook(plan), previewed(config), options);
  return one ? outlookLines(one).join("\n") : "";
}

describe("what a stage can see", () => {
  test("is told with the rate that it is worked out for", async () => {
    expect(await lines({ rate: 42, isStack: true })).toContain(`
  sees      errors and slow, of 42 events a second, none of stable's bad (by --rate):
              canary-5: a regression to 3.6 %, nine times in ten; a pass takes 54m 50s
              canary-50: a regression to 1.4 %, nine times in ten; a pass takes 1h
`);
  });

  test("is that of the analysis, and changes with it", () => {
    const [five, fifty] = metricSight(ERRORS, { rate: 42, stableRate: 0.001 }, STAGES, MINUTES).stages;
    const watched = { rate: 42, share: 0.05, seconds: 600, blockSeconds: 60, stableRate: 0.001 };
    expect(five?.regression).toBe(smallestRegression(watched, ERRORS));
    expect(fifty?.regression).toBeLessThan(five?.regression ?? 0);
    const tolerant = metricSight({ ...ERRORS, tolerance: 0.1 }, { rate: 42, stableRate: 0.001 }, STAGES, MINUTES);
    expect(tolerant.stages[0]?.pass).toBeLessThan(five?.pass ?? 0);
    const late = metricSight(ERRORS, { rate: 42, stableRate: 0.001 }, STAGES, { ...MINUTES, unanswered: 90 });
    expect(late.stages[0]?.pass).toBe((five?.pass ?? 0) + 90);
  });

  test.each<[string, number, number, string]>([
    [
      "too few to see anything, and a pass that comes too late",
      0.01,
      0,
      "canary-5: no regression; a pass takes 157d 20m: it ends before, after 1h 10m",
    ],
    [
      "a pass as soon as the bake time is over",
      5000,
      0,
      "canary-5: a regression to 1.4 %, nine times in ten; a pass takes 10m",
    ],
    ["no pass beside a stable that fails all", 100, 1, "canary-5: no regression; and it never passes"],
  ])("may be %s", (_, rate, stableRate, expected) => {
    const metrics = [metricSight(ERRORS, { rate, stableRate }, STAGES, MINUTES)];
    expect(sightLines({ by: "of a test", metrics })[1]).toBe(`  ${expected}`);
  });

  test("of metrics with other figures is told for each", () => {
    const metrics = [
      metricSight(ERRORS, { rate: 42, stableRate: 0 }, STAGES, MINUTES),
      metricSight(SLOW, { rate: 42, stableRate: 0.02 }, STAGES, MINUTES),
    ];
    expect(sightLines({ by: "of a test", metrics }).filter((line) => !line.startsWith(" "))).toEqual([
      "errors, of 42 events a second, none of stable's bad (of a test):",
      "slow, of 42 events a second, 2 % of stable's bad (of a test):",
    ]);
  });

  test("is worked out for what the stack's source has counted, of the environments that serve", async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? "", "http://prometheus");
      const [start = 0, end = 0, step = 1] = ["start", "end", "step"].map((name) => Number(searchParams.get(name)));
      const query = searchParams.get("query") ?? "";
      asked.push(query);
      const rate = query.startsWith("all") ? 20 : 0.4;
      const values = [];
      for (let time = start; time <= end; time += step) values.push([time, String(Math.round((time - start) * rate))]);
      const data = { resultType: "matrix", result: [{ metric: {}, values }] };
      response.end(JSON.stringify({ status: "success", data }));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const metrics = [
        { name: "orders", kind: "counts", bad: 'bad{e="{{environment}}"}', all: 'all{e="{{environment}}"}' },
      ];
      const analysis = JSON.stringify({ source: "prometheus", prometheus: { url }, metrics });
      const told = await lines({ isStack: true }, { ...STACK, "crossfade:analysis": analysis });
      expect(told).toContain(
        "sees      orders, of 20 events a second, 2 % of stable's bad (as prometheus counted in half an hour):",
      );
      expect([...new Set(asked)].sort()).toEqual(['all{e="shop-blue"}', 'bad{e="shop-blue"}']);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  test.each<[string, SightOptions, Record<string, string>, string]>([
    [
      "a file",
      { isStack: false },
      {},
      "a preview does not tell the rate of requests: give it by --rate, in requests a second",
    ],
    [
      "a source that is not reached",
      { isStack: true },
      {
        "crossfade:analysis": JSON.stringify({
          source: "prometheus",
          prometheus: { url: "http://127.0.0.1:1/" },
          metrics: [{ name: "a", kind: "counts", bad: "b{{color}}", all: "a{{color}}" }],
        }),
      },
      "is not reached: ",
    ],
  ])("is not known of %s, and how to give the rate is said", async (_, options, config, expected) => {
    const told = await lines(options, { ...STACK, ...config });
    expect(told).toContain("sees      how small a regression is not known: ");
    expect(told).toContain(expected);
    expect(told).toContain("give it by --rate, in requests a second");
  });
});

const STACK = {
  "crossfade:blue": `shop@sha256:${"1".repeat(64)}`,
  "crossfade:stable": "blue",
  "crossfade:service": '{"host":"shop.example.com"}',
  "crossfade:network": '{"vpcId":"vpc-1","subnetIds":["a","b"]}',
};
