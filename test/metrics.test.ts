import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { totals } from "../cli/analysis/counts";
import { judge } from "../cli/analysis/judge";
import { judgeStage } from "../cli/analysis/judge-stage";
import type { StageJudged } from "../cli/analysis/stage-verdict";
import { PATIENCE } from "../cli/metrics/again";
import { balancerSeries } from "../cli/metrics/balancer-counts";
import { CloudWatchSource } from "../cli/metrics/cloudwatch";
import { LocalSource } from "../cli/metrics/local";
import { metricData } from "../cli/metrics/metric-data";
import { PrometheusSource } from "../cli/metrics/prometheus";
import {
  type CountedVersions,
  type Metric,
  type MetricSource,
  type SourceBlock,
  settledStarts,
} from "../cli/metrics/source";
import { AwsClients } from "../live/aws-clients";
import { type ApiWorld, askFaults, startApiWorld } from "./api-world";
import { ask, seeded } from "./facts/local-cloud";
import { freshPort } from "./ports";
import { PrometheusServer } from "./servers/prometheus-server";

const seed = Number(process.env.SEED ?? 8);
console.log(`metrics: who gets which request with SEED=${seed}`);

const MINUTE = 60_000;
const criteria = { tolerance: 0.01, alpha: 0.005, burst: 1 };
const ERRORS: Metric = { name: "errors", kind: "errors", clientErrors: "good", ...criteria };
const SLOW: Metric = { name: "slow", kind: "slow", over: 1000, ...criteria };
/** The same of the counters that the local cloud shows to Prometheus, as one writes it. */
const ALL = 'crossfade_requests_total{color="{{color}}"}';
const TIMES = "crossfade_response_seconds";
const COUNTED: Metric[] = [
  {
    ...criteria,
    name: "errors",
    kind: "counts",
    bad: 'crossfade_requests_total{color="{{color}}",code=~"5xx|none"}',
    all: ALL,
  },
  {
    ...criteria,
    name: "slow",
    kind: "counts",
    bad: `${TIMES}_count{color="{{color}}"} - ignoring(le) ${TIMES}_bucket{color="{{color}}",le="1"}`,
    all: `${TIMES}_count{color="{{color}}"}`,
  },
];

/** CloudWatch's clock in the local cloud is so far ahead that nobody waits for what it publishes late. */
const AHEAD = 600_000;
const CLIENTS = new AwsClients({ region: "eu-local-1", accessKey: "local", secretKey: "local" }, 3);

/** Two versions with half of the requests each, and who counts them. */
class Release {
  private constructor(
    private readonly world: ApiWorld,
    private readonly server: PrometheusServer,
    readonly began: Date,
  ) {}

  /** @param path what each of so many requests asks for */
  static async of(path: string, requests: number): Promise<Release> {
    const run = `${process.execPath} ${join(__dirname, "metric-target.js")}`;
    const images = () => ({ "shop@sha256:1": { run } });
    const options = { images, now: () => Date.now() + AHEAD, adoptionDelay: [0, 0] as [number, number] };
    const world = await startApiWorld({ ...options, random: seeded(seed) });
    const server = await PrometheusServer.start(freshPort(), new URL(world.settings.endpoint).host);
    const release = new Release(world, server, new Date(Math.floor(Date.now() / MINUTE) * MINUTE));
    await release.share();
    await server.has('crossfade_requests_total{color="green"}');
    await sleep(4000); // a block begins that nothing is asked in
    await release.send(path, requests);
    await server.has(`sum(crossfade_requests_total) >= ${requests}`);
    await sleep(5000); // and the block in which it has them all settles
    return release;
  }

  get endpoint(): string {
    return this.world.settings.endpoint;
  }

  get versions(): CountedVersions {
    const { balancer: balancerArn, groups } = this.world;
    return {
      candidate: { color: "green", targetGroupArn: groups.green, balancerArn },
      stable: { color: "blue", targetGroupArn: groups.blue, balancerArn },
    };
  }

  /** When CloudWatch has the minute that is not over. */
  static get settled(): Date {
    return new Date(Math.ceil(Date.now() / MINUTE) * MINUTE);
  }

  async cloudWatch(): Promise<CloudWatchSource> {
    process.env.AWS_ENDPOINT_URL = this.endpoint;
    return CloudWatchSource.of(CLIENTS, this.versions, 0);
  }

  local(): LocalSource {
    return new LocalSource(this.endpoint, this.versions, 2);
  }

  prometheus(): PrometheusSource {
    return new PrometheusSource({ url: this.server.url }, this.versions, 2, 2);
  }

  async judgeBy(source: MetricSource, metrics: readonly Metric[]): Promise<StageJudged> {
    const now = source instanceof CloudWatchSource ? Release.settled : new Date();
    return judgeStage(source, metrics, { from: this.began, now, bake: 0, deadline: 0 });
  }

  async stop(): Promise<void> {
    delete process.env.AWS_ENDPOINT_URL;
    await this.server.stop();
    await this.world.cloud.stop();
  }

  private async share(): Promise<void> {
    const elb = new ElasticLoadBalancingV2(this.world.settings);
    const TargetGroups = Object.values(this.world.groups).map((TargetGroupArn) => ({ TargetGroupArn, Weight: 50 }));
    await elb.modifyRule({ RuleArn: this.world.rule, Actions: [{ Type: "forward", ForwardConfig: { TargetGroups } }] });
    await this.world.cloud.dataPlane.settled();
  }

  private async send(path: string, requests: number): Promise<void> {
    let left = requests;
    const client = async () => {
      while (left-- > 0) await ask(this.world.address, path).catch(() => undefined);
    };
    await Promise.all(Array.from({ length: 12 }, client));
  }
}

/** What each source says of a release, and what of its errors it has counted. */
async function judgedByAll(release: Release) {
  const told = [];
  for (const [source, metrics] of [
    [await release.cloudWatch(), [ERRORS, SLOW]],
    [release.prometheus(), COUNTED],
    [release.local(), [ERRORS, SLOW]],
  ] satisfies [MetricSource, Metric[]][]) {
    const { verdict, metrics: each, text } = await release.judgeBy(source, metrics);
    console.log(text);
    const now = source instanceof CloudWatchSource ? Release.settled : new Date();
    const [errors = ERRORS] = metrics;
    const { candidate } = totals(await source.blocks(errors, release.began, now));
    told.push({ verdict, each: each.map((metric) => metric.verdict), candidate });
  }
  return told;
}

describe("a release that resets each fifth connection and is slow to answer each seventh request", () => {
  let release: Release;
  beforeAll(async () => {
    release = await Release.of("/?reset=5&slow=7", 600);
  });
  afterAll(() => release?.stop());

  test("is a regression by CloudWatch, by a real Prometheus and by the local counts, which count alike", async () => {
    const [cloudWatch, prometheus, local] = await judgedByAll(release);
    expect(cloudWatch).toMatchObject({ verdict: "regression", each: ["regression", "regression"] });
    expect(prometheus).toEqual(cloudWatch);
    expect(local).toEqual(cloudWatch);
    expect(cloudWatch?.candidate.bad).toBeGreaterThan(30);
  });

  test("the control: the 5XX of its targets say that it is well", async () => {
    const client = new CloudWatch(await CLIENTS.shared());
    const starts = settledStarts({ blockSeconds: 60, settleSeconds: 0 }, release.began, Release.settled);
    const times = { from: release.began, to: Release.settled };
    const series = balancerSeries(ERRORS, release.versions);
    const values = await metricData((input) => client.getMetricData(input), series, times, PATIENCE);
    const counts = (version: string, startMs: number) => ({
      bad: values(`${version}_answers5`)(startMs) ?? 0,
      all: values(`${version}_requests`)(startMs) ?? 0,
    });
    const blocks = starts.map((startMs) => ({
      startMs,
      candidate: counts("candidate", startMs),
      stable: counts("stable", startMs),
    }));
    expect(totals(blocks).candidate.bad).toBe(0);
    expect(judge(blocks, { ...ERRORS, tolerance: 0.05 }).verdict).toBe("pass");
  });

  test.each(["throttle", "error", "unavailable", "reset", "time-out"])(
    "CloudWatch is asked again on %s, and after the last try nothing passes",
    async (what) => {
      const source = await release.cloudWatch();
      await askFaults(release.endpoint, [{ operation: "GetMetricData", what, calls: [1] }]);
      expect((await release.judgeBy(source, [ERRORS])).verdict).toBe("regression");
      if (what === "time-out") return; // three of them take half a minute
      await askFaults(release.endpoint, [{ operation: "GetMetricData", what }]);
      const judged = await release.judgeBy(source, [ERRORS]);
      await askFaults(release.endpoint, []);
      expect(judged).toMatchObject({ verdict: "inconclusive", isOver: true });
      expect(judged.text).toMatch(/missing: errors: AWS did not answer GetMetricData for the balancer's metrics: /);
    },
  );

  test("what CloudWatch has not published yet is not there, and is not good", async () => {
    const source = await CloudWatchSource.of(CLIENTS, release.versions, 180);
    const now = new Date(release.began.getTime() + 4 * MINUTE - 1);
    const judged = await judgeStage(source, [ERRORS], { from: release.began, now, bake: 60, deadline: 60 });
    expect(judged).toMatchObject({ verdict: "inconclusive", isOver: false });
    expect(judged.lookAgainAt).toEqual(new Date(release.began.getTime() + 4 * MINUTE));
    expect(judged.text).toContain("CloudWatch has no block yet in which both versions had events");
  });
});

describe("a release that is well", () => {
  let release: Release;
  beforeAll(async () => {
    release = await Release.of("/", 1600);
  });
  afterAll(() => release?.stop());

  test("passes by all three", async () => {
    const [cloudWatch, prometheus, local] = await judgedByAll(release);
    expect(cloudWatch).toMatchObject({ verdict: "pass", each: ["pass", "pass"], candidate: { bad: 0 } });
    expect(prometheus).toEqual(cloudWatch);
    expect(local).toEqual(cloudWatch);
  });
});

describe("a real Prometheus with a service's own counters", () => {
  let server: PrometheusServer;
  const exporter = createServer((_, response) => response.end(exposed));
  /** What it shows when it is scraped: both versions have had so many events, some of them bad. */
  let exposed = "";
  const show = (green: number | "NaN", blue: number, more = "") => {
    exposed = `orders_total{color="green"} ${green}\norders_total{color="blue"} ${blue}\n${more}`;
  };
  const FAILED = 'failed_total{color="green"} 1\nfailed_total{color="blue"} 0\n';
  const metric: Metric = {
    ...criteria,
    name: "orders",
    kind: "counts",
    bad: 'failed_total{color="{{color}}"}',
    all: 'orders_total{color="{{color}}"}',
  };
  const versions = { candidate: { color: "green" }, stable: { color: "blue" } };
  let source: PrometheusSource;
  const blocks = (from: Date) => source.blocks(metric, from, new Date());

  beforeAll(async () => {
    show(100, 1000, FAILED);
    await once(exporter.listen(0, "127.0.0.1"), "listening");
    server = await PrometheusServer.start(freshPort(), `127.0.0.1:${(exporter.address() as AddressInfo).port}`);
    source = new PrometheusSource({ url: server.url }, versions, 2, 2);
    await server.has('orders_total{color="blue"}');
  });
  afterAll(async () => {
    await server?.stop();
    exporter.close();
    exporter.closeAllConnections();
  });

  /** The blocks so far that hold anything, waited for. */
  async function told(from: Date, isThere: (block: SourceBlock) => boolean): Promise<SourceBlock> {
    for (;;) {
      const found = (await blocks(from)).find(isThere);
      if (found) return found;
      await sleep(300);
    }
  }

  test("counts each event once, and leaves out the block in which a process began anew", async () => {
    const from = new Date();
    await sleep(5000);
    show(140, 1400, FAILED.replace("1\n", "3\n"));
    await told(from, ({ stable }) => stable.all > 0);
    show(5, 1500, FAILED);
    const back = await told(from, ({ uncounted }) => uncounted !== undefined);
    expect(back.uncounted).toMatch(/the counter orders_total\{color="green",instance=.* was set back/);
    expect(back).toMatchObject({ candidate: { bad: 0, all: 0 }, stable: { bad: 0, all: 0 } });
    await sleep(3000);
    show(25, 1900, FAILED);
    await sleep(6000);
    const sum = totals(await blocks(from));
    expect(sum).toEqual({ candidate: { bad: 2, all: 60 }, stable: { bad: 0, all: 800 } });
  });

  test("is no source of a pass with what is no number, and with a query that finds nothing", async () => {
    const from = new Date();
    show("NaN", 2000, FAILED);
    const time = () => ({ from, now: new Date(), bake: 0, deadline: 0 });
    const missing = async (of: Metric) => (await judgeStage(source, [of], time())).missing.join();
    let said = await missing(metric);
    for (; !said.includes("NaN"); said = await missing(metric)) await sleep(300);
    expect(said).toMatch(/Prometheus has NaN for orders_total\{color="green".* which no counter of events holds/);
    const wrong = { ...metric, all: 'order_total{color="{{color}}"}' };
    expect(await missing(wrong)).toMatch(
      // Both versions are asked at once: whichever answers first.
      /has no series for order_total\{color="(blue|green)"\}, so that nothing is known of \1/,
    );
    const broken = { ...metric, all: 'orders_total{color="{{color}}"' };
    expect(await missing(broken)).toMatch(/Prometheus \(.*\) answers 400: bad_data, .*parse error/);
  });
});
