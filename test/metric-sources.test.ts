import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { GetMetricDataOutput } from "@aws-sdk/client-cloudwatch";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { judgeStage } from "../cli/analysis/judge-stage";
import { balancerSeries } from "../cli/metrics/balancer-counts";
import { CloudWatchSource } from "../cli/metrics/cloudwatch";
import { countedVersions } from "../cli/metrics/counted-versions";
import { LocalSource } from "../cli/metrics/local";
import { metricData } from "../cli/metrics/metric-data";
import { metricSource } from "../cli/metrics/metric-source";
import { PrometheusSource } from "../cli/metrics/prometheus";
import type { CountedVersions, Metric, MetricSource } from "../cli/metrics/source";
import { routesNow } from "../cli/rollout-now";
import type { AnalysisConfig } from "../components/analysis";
import { AwsClients } from "../live/aws-clients";
import { stack } from "./crossfade-stack";

const LB = "arn:aws:elasticloadbalancing:eu-local-1:123456789012";
const version = (color: string) => ({
  color,
  environment: `shop-${color}`,
  targetGroupArn: `${LB}:targetgroup/shop-${color}/6d0ecf831eec9f09`,
  balancerArn: `${LB}:loadbalancer/app/web/50dc6c495c0c9188`,
});
const VERSIONS: CountedVersions = { candidate: version("green"), stable: version("blue") };

const criteria = { tolerance: 0.01, alpha: 0.01, burst: 1 };
const ERRORS: Metric = { name: "errors", kind: "errors", clientErrors: "good", ...criteria };
const COUNTS: Metric = {
  name: "orders",
  kind: "counts",
  bad: 'bad{c="{{color}}"}',
  all: 'all{c="{{color}}"}',
  ...criteria,
};

const QUICK = { tries: 3, pauseMs: 1, answerMs: 10_000 };
/** Where nobody answers; where one does, it is long enough for a busy machine. */
const SOON = { ...QUICK, answerMs: 1000 };
const FROM = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 600_000);
const TO = new Date(FROM.getTime() + 300_000);

/** Who is asked, and goes wrong as a test wants it. */
type Behaviour = (request: IncomingMessage, response: ServerResponse, call: number) => void;
let server: Server;
let url: string;
let asked: IncomingMessage[] = [];
let behave: Behaviour = () => {};
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request);
    behave(request, response, asked.length);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  asked = [];
});

const answers =
  (status: number, body: unknown, headers: Record<string, string> = {}): Behaviour =>
  (_, response) =>
    response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));

const prometheus = (patience = QUICK) => new PrometheusSource({ url }, VERSIONS, 60, 60, patience);

/** A counter that goes up by so many a minute, at each moment that is asked for. */
function matrix(
  request: IncomingMessage,
  perMinute: number,
  change: (text: string, index: number) => string = (t) => t,
) {
  const { searchParams } = new URL(request.url ?? "", url);
  const [start = 0, end = 0, step = 1] = ["start", "end", "step"].map((name) => Number(searchParams.get(name)));
  const values = [];
  for (let time = start; time <= end; time += step) {
    values.push([time, change(String(((time - start) / 60) * perMinute), values.length)]);
  }
  return { resultType: "matrix", result: [{ metric: { __name__: "x", c: "y" }, values }] };
}

const counts =
  (bad: number, more: object = {}, change?: (text: string, index: number) => string): Behaviour =>
  (request, response) => {
    const isBad = request.url?.includes("query=bad");
    const data = matrix(request, isBad ? bad : 120, isBad ? undefined : change);
    answers(200, { status: "success", data, ...more })(request, response, 0);
  };

const unlessTwice =
  (fault: Behaviour, well: Behaviour): Behaviour =>
  (request, response, call) =>
    call <= 2 ? fault(request, response, call) : well(request, response, call);

async function problemOf(source: MetricSource, metric: Metric = COUNTS): Promise<string> {
  const judged = await judgeStage(source, [metric], { from: FROM, now: TO, bake: 60, deadline: 0 });
  expect(judged.verdict).toBe("inconclusive");
  return judged.missing.join("\n");
}

describe("Prometheus", () => {
  test("is asked by the queries of both versions, and counts each block once", async () => {
    behave = counts(4);
    const blocks = await prometheus().blocks(COUNTS, FROM, TO);
    const block = { candidate: { bad: 4, all: 120 }, stable: { bad: 4, all: 120 } };
    expect(blocks).toEqual([0, 1, 2, 3].map((minute) => ({ startMs: FROM.getTime() + minute * 60_000, ...block })));
    const queries = asked.map((request) => new URL(request.url ?? "", url).searchParams.get("query")).sort();
    expect(queries).toEqual(['all{c="blue"}', 'all{c="green"}', 'bad{c="blue"}', 'bad{c="green"}']);
  });

  test("with a baseline it is asked for that in stable's place, and the verdict says so", async () => {
    const [route] = routesNow(stack({ stage: "canary-5" }));
    if (!route) throw new Error("there is no route");
    const source = new PrometheusSource({ url }, countedVersions(route, { color: "fresh" }), 60, 60, QUICK);
    behave = (request, response) => counts(request.url?.includes("green") ? 60 : 4)(request, response, 0);
    const judged = await judgeStage(source, [COUNTS], { from: FROM, now: TO, bake: 60, deadline: 0 });
    const queries = asked.map((request) => new URL(request.url ?? "", url).searchParams.get("query")).sort();
    expect(queries).toEqual(['all{c="fresh"}', 'all{c="green"}', 'bad{c="fresh"}', 'bad{c="green"}']);
    expect(judged.text).toMatch(/60 of 120 events were bad, of the baseline's 4 of 120: a regression/);

    const byName = { ...COUNTS, all: 'all{e="{{environment}}"}' };
    expect(await problemOf(source, byName)).toMatch(/\{\{environment\}\} of a query is not known of fresh/);
  });

  test("gets the header that the environment has, and its address may have a path", async () => {
    behave = counts(4);
    const config = {
      source: "prometheus" as const,
      prometheus: { url: `${url}/tenant/shop`, authorization: "PROM_AUTH", block: 60 },
      settle: 60,
      metrics: [],
      deadline: 0,
      unanswered: 0,
    };
    const source = await metricSource(config, VERSIONS, new AwsClients(), { PROM_AUTH: "Bearer of-a-test" });
    await source.blocks(COUNTS, FROM, TO);
    expect(asked[0]?.headers.authorization).toBe("Bearer of-a-test");
    expect(asked[0]?.url).toMatch(/^\/tenant\/shop\/api\/v1\/query_range\?/);
    await expect(metricSource(config, VERSIONS, new AwsClients(), {})).rejects.toThrow(
      "variable PROM_AUTH, and it is not set",
    );
  });

  test.each<[string, Behaviour]>([
    ["throttled", answers(429, "slow down")],
    ["failing", answers(503, "no")],
    ["silent", () => {}],
    ["reset", (request) => request.socket.resetAndDestroy()],
  ])("is asked again where it is %s", async (_, fault) => {
    behave = unlessTwice(fault, counts(0));
    expect(await prometheus(SOON).blocks(COUNTS, FROM, TO)).toHaveLength(4);
  });

  test.each<[string, Behaviour, RegExp]>([
    [
      "throttled for long",
      answers(429, "slow down"),
      /^orders: Prometheus \(.*\) answers 429: slow down \(asked 3 times\)$/m,
    ],
    ["failing for long", answers(500, ""), /answers 500: without a reason \(asked 3 times\)$/],
    ["silent for long", () => {}, /is not reached: no answer in 1 s \(asked 3 times\)$/],
    ["away", (request) => request.socket.resetAndDestroy(), /is not reached: .* \(asked 3 times\)$/],
    [
      "asked wrongly",
      answers(400, { status: "error", errorType: "bad_data", error: "parse error: unexpected end" }),
      /answers 400: bad_data, parse error: unexpected end$/,
    ],
    ["not to be asked by us", answers(401, "who are you?"), /does not let us in \(401\): set .*authorization/],
    [
      "a log-in page",
      answers(200, "<html>Log in</html>"),
      /answers with no JSON: <html>Log in<\/html>. Does the address/,
    ],
    ["something else", answers(200, { hello: "world" }), /answers is none of Prometheus: /],
    [
      "one that leaves out a part",
      counts(0, { warnings: ["store a: unavailable"] }),
      /warns of .*: store a: unavailable/,
    ],
    [
      "without a number",
      counts(0, {}, (text, index) => (index === 9 ? "NaN" : text)),
      /has NaN for x\{c="y"\} at .*which no/,
    ],
    ["without an end", counts(0, {}, (text, index) => (index === 9 ? "+Inf" : text)), /has \+Inf for/],
    ["below zero", counts(0, {}, (text, index) => (index === 0 ? "-1" : text)), /has -1 for/],
    [
      "giving rates",
      counts(0, {}, (text) => String(Number(text) / 7)),
      /there are no parts of events: give counters as they/,
    ],
    [
      "set back all the time",
      counts(0, {}, (_, index) => String(index % 3)),
      /no block could be counted: the counter .* was set back/,
    ],
    ["counting others", counts(200), /no block could be counted: more events were bad than there were/],
    [
      "an hour ahead",
      (r, response) => {
        response.setHeader("date", new Date(Date.now() + 3_600_000).toUTCString());
        counts(0)(r, response, 0);
      },
      /this machine's clock says .* and that of Prometheus .*, 3[56]\d\d s apart.*: set the clock that is wrong/,
    ],
  ])("is no source of a pass when it is %s", async (_, fault, expected) => {
    behave = fault;
    expect(await problemOf(prometheus(SOON))).toMatch(expected);
  });

  const empty = { resultType: "matrix", result: [] };
  const unless =
    (query: string): Behaviour =>
    (request, response) => {
      const data = request.url?.includes(`query=${query}`) ? empty : matrix(request, 120);
      answers(200, { status: "success", data })(request, response, 0);
    };

  test("is no source of a pass where a query finds nothing", async () => {
    behave = unless("all");
    expect(await problemOf(prometheus())).toContain(
      'has no series for all{c="green"}, so that nothing is known of green',
    );
    behave = unless("bad");
    expect(await problemOf(prometheus())).toContain("no series of bad events, of neither version");
  });

  test("is asked for what it can: no metric of a balancer, and no placeholder that is not known", async () => {
    expect(await problemOf(prometheus(), ERRORS)).toMatch(/errors has none: kind counts has/);
    const stranger = { candidate: { color: "green" }, stable: { color: "blue" } };
    const source = new PrometheusSource({ url }, stranger, 60, 60, QUICK);
    expect(await problemOf(source, { ...COUNTS, bad: 'x{e="{{environment}}"}' })).toMatch(
      /\{\{environment\}\} of a query/,
    );
  });

  test("is asked in parts for a long stage", async () => {
    behave = counts(1);
    const start = new Date(FROM.getTime() - 2 * 86_400_000);
    const blocks = await prometheus().blocks(COUNTS, start, TO);
    expect(blocks).toHaveLength(2 * 1440 + 4);
    const starts = asked.map((request) => new URL(request.url ?? "", url).searchParams.get("start"));
    expect(new Set(starts)).toEqual(new Set([start.getTime() / 1000, start.getTime() / 1000 + 150_000].map(String)));
  });

  test("ends at once when it is told to", async () => {
    behave = () => {};
    const stop = new AbortController();
    const blocks = prometheus().blocks(COUNTS, FROM, TO, stop.signal);
    setTimeout(() => stop.abort(new Error("stopped")), 50);
    await expect(blocks).rejects.toThrow("stopped");
  });
});

describe("the local cloud's counts", () => {
  const local = () => new LocalSource(url, VERSIONS, 2, QUICK);

  test("are those of both groups, by the second", async () => {
    const startMs = FROM.getTime();
    const answered = { "2": 6, "3": 0, "4": 1, "5": 2 };
    behave = answers(200, { seconds: [{ startMs, requests: 10, answers: answered, slow: 3 }] });
    const at = (metric: Metric) => local().blocks(metric, FROM, new Date(startMs + 4000));
    const nobody = { bad: 0, all: 0 };
    const errors = { bad: 3, all: 10 };
    expect(await at(ERRORS)).toEqual([
      { startMs, candidate: errors, stable: errors },
      { startMs: startMs + 1000, candidate: nobody, stable: nobody },
    ]);
    expect((await at({ ...ERRORS, clientErrors: "bad" }))[0]?.candidate).toEqual({ bad: 4, all: 10 });
    expect((await at({ name: "slow", kind: "slow", over: 500, ...criteria }))[0]?.candidate).toEqual({
      bad: 4,
      all: 10,
    });
    const { searchParams } = new URL(asked.at(-1)?.url ?? "", url);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      from: String(startMs),
      to: String(startMs + 2000),
      over: "500",
    });
  });

  test("are said to be of this machine only, wherever they are shown", async () => {
    behave = answers(200, { seconds: [] });
    const { text } = await judgeStage(local(), [ERRORS], { from: FROM, now: TO, bake: 60, deadline: 0 });
    expect(text).toContain(
      "by the local cloud's own counts, which there are on this machine only: on AWS they take minutes",
    );
  });

  test.each<[string, Behaviour, RegExp]>([
    ["away", answers(404, "no"), /the local cloud \(.*\) answers 404: no/],
    ["something else", answers(200, { seconds: "none" }), /the local cloud gives no counts: /],
  ])("are no source of a pass when they are %s", async (_, fault, expected) => {
    behave = fault;
    expect(await problemOf(local(), ERRORS)).toMatch(expected);
  });
});

describe("CloudWatch's answers", () => {
  const series = balancerSeries(ERRORS, VERSIONS);
  const ids = Object.keys(series);
  const times = { from: FROM, to: TO };
  type Result = NonNullable<GetMetricDataOutput["MetricDataResults"]>[number];
  const results = (change: (id: string) => Partial<Result> = () => ({})) =>
    ids.map((Id): Result => ({ Id, StatusCode: "Complete", Timestamps: [FROM], Values: [7], ...change(Id) }));

  async function read(...pages: GetMetricDataOutput[]) {
    let calls = 0;
    const get = async () => pages[Math.min(calls++, pages.length - 1)] ?? {};
    const values = await metricData(get, series, times, QUICK);
    return { values, calls };
  }

  test("of several pages are one", async () => {
    const first = results(() => ({ StatusCode: "PartialData" }));
    const second = results(() => ({ Timestamps: [FROM, TO], Values: [7, 8] }));
    const { values, calls } = await read(
      { MetricDataResults: first, NextToken: "more" },
      { MetricDataResults: second },
    );
    expect(calls).toBe(2);
    expect([FROM, TO].map((time) => values("candidate_requests")(time.getTime()))).toEqual([7, 8]);
    expect(values("candidate_requests")(FROM.getTime() + 60_000)).toBeUndefined();
  });

  test("are asked for again where they are not complete", async () => {
    for (const StatusCode of ["InternalError", "PartialData"] as const) {
      const { calls } = await read(
        { MetricDataResults: results(() => ({ StatusCode })) },
        { MetricDataResults: results() },
      );
      expect(calls).toBe(2);
    }
  });

  const partial = (Id: string) => (Id === "stable_answers2" ? { StatusCode: "PartialData" as const } : {});
  test.each<[string, GetMetricDataOutput, string]>([
    [
      "never complete",
      { MetricDataResults: results(partial) },
      "gave not all of stable_answers2: PartialData (asked 3 times)",
    ],
    [
      "without one",
      { MetricDataResults: results().slice(1) },
      "gave not all of candidate_requests: it is not in the answer",
    ],
    [
      "forbidden",
      { MetricDataResults: results(() => ({ StatusCode: "Forbidden" })) },
      "allow cloudwatch:GetMetricData in IAM",
    ],
    [
      "said to be cut",
      { Messages: [{ Code: "MaxMetricsExceeded", Value: "cut" }] },
      "GetMetricData: MaxMetricsExceeded, cut",
    ],
    [
      "endless",
      { MetricDataResults: results(), NextToken: "more" },
      "page after page of GetMetricData, and after 100 no end",
    ],
    [
      "no number",
      { MetricDataResults: results(() => ({ Values: [Number.NaN] })) },
      "gives NaN for RequestCount of targetgroup",
    ],
    [
      "below zero",
      { MetricDataResults: results(() => ({ Values: [-1] })) },
      "gives -1 for RequestCount of targetgroup",
    ],
    [
      "fewer than their times",
      { MetricDataResults: results(() => ({ Values: [] })) },
      "gives undefined for RequestCount",
    ],
  ])("that are %s are none", async (_, page, expected) => {
    await expect(read(page)).rejects.toThrow(expected);
  });

  test.each<[string, Partial<CountedVersions["candidate"]>, Date, Metric, string]>([
    [
      "no target group",
      { targetGroupArn: undefined },
      FROM,
      ERRORS,
      "green has no target group that the state tells of",
    ],
    ["no balancer", { balancerArn: undefined }, FROM, ERRORS, "green has no Application Load Balancer"],
    ["a network balancer", { balancerArn: `${LB}:loadbalancer/net/a/1` }, FROM, ERRORS, "tells of, but arn:aws:"],
    [
      "a stage of weeks",
      {},
      new Date(TO.getTime() - 16 * 86_400_000),
      ERRORS,
      "CloudWatch keeps minutes for 15 days only",
    ],
    ["a query", {}, FROM, COUNTS, "no counts by a query"],
  ])("are not asked for with %s", async (_, change, from, metric, expected) => {
    const versions = { ...VERSIONS, candidate: { ...VERSIONS.candidate, ...change } };
    const source = await CloudWatchSource.of(new AwsClients({ region: "eu-local-1" }), versions, 180, QUICK);
    await expect(source.blocks(metric, from, TO)).rejects.toThrow(expected);
  });
});

test("a local source needs the local cloud", async () => {
  const config: AnalysisConfig = { source: "local", metrics: [ERRORS], settle: 2, deadline: 0, unanswered: 0 };
  await expect(metricSource(config, VERSIONS, new AwsClients(), {})).rejects.toThrow("there is no AWS_ENDPOINT_URL");
});
