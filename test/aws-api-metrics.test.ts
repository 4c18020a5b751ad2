import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiWorld, startApiWorld } from "./api-world";
import { ask } from "./facts/local-cloud";

let world: ApiWorld;
let cloudWatch: CloudWatch;
let elb: ElasticLoadBalancingV2;
/** By how much CloudWatch's clock is ahead of the machine's. */
let ahead = 0;
/** Milliseconds from a minute's end until its counts are published. */
const DELAY: [number, number] = [60_000, 120_000];
/** All that is asked in this file lies in here. */
let span: { StartTime: Date; EndTime: Date };

beforeAll(async () => {
  // Each draw is far from the one before: the nodes' counts are published one after the other.
  let draw = 0;
  const random = () => [0.1, 0.9, 0.5][draw++ % 3] ?? 0;
  world = await startApiWorld({ now: () => Date.now() + ahead, metricsDelay: DELAY, random, adoptionDelay: [0, 0] });
  cloudWatch = new CloudWatch({ ...world.settings, maxAttempts: 1 });
  elb = new ElasticLoadBalancingV2({ ...world.settings, maxAttempts: 1 });
  const minute = Math.floor(Date.now() / 60_000) * 60_000;
  span = { StartTime: new Date(minute - 60_000), EndTime: new Date(minute + 600_000) };
  await makeTraffic();
});
afterAll(() => world.cloud.stop());

/** What the users of this world met: by the group, and at both nodes. */
async function makeTraffic(): Promise<void> {
  const addresses = world.cloud.dataPlane.addresses(world.balancer, 80);
  const get = (path: string, node: number) => ask(addresses[node], path).catch(() => undefined);
  for (let i = 0; i < 6; i++) await get("/", i % 2);
  await get("/?status=404", 0);
  await get("/?status=301", 0);
  await give("green");
  for (let i = 0; i < 3; i++) await get("/", 0);
  for (let i = 0; i < 2; i++) await get("/?status=500", 1);
  await get("/?reset", 0);
  await get("/?cut", 0);
  await get("/?delay=300", 0);
  await give("blue");
}

async function give(color: "blue" | "green"): Promise<void> {
  const TargetGroups = (["blue", "green"] as const).map((one) => ({
    TargetGroupArn: world.groups[one],
    Weight: one === color ? 1 : 0,
  }));
  await elb.modifyRule({ RuleArn: world.rule, Actions: [{ Type: "forward", ForwardConfig: { TargetGroups } }] });
  await world.cloud.dataPlane.settled();
}

const suffix = (arn: string, before: string) => arn.split(before).at(-1) ?? "";

/** The sum over all minutes of a metric; undefined where there is no point. */
async function metric(MetricName: string, color?: "blue" | "green", Stat = "Sum"): Promise<number | undefined> {
  const Dimensions = [{ Name: "LoadBalancer", Value: suffix(world.balancer, "loadbalancer/") }];
  if (color) Dimensions.push({ Name: "TargetGroup", Value: suffix(world.groups[color], ":") });
  const Metric = { Namespace: "AWS/ApplicationELB", MetricName, Dimensions };
  const { MetricDataResults = [] } = await cloudWatch.getMetricData({
    MetricDataQueries: [{ Id: "m", MetricStat: { Metric, Period: 60, Stat } }],
    ...span,
  });
  expect(MetricDataResults[0]).toMatchObject({ Id: "m", StatusCode: "Complete" });
  const { Values = [], Timestamps = [] } = MetricDataResults[0] ?? {};
  for (const time of Timestamps) expect(time.getTime() % 60_000).toBe(0);
  return Values.length === 0 ? undefined : Values.reduce((sum, value) => sum + value, 0);
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
describe("CloudWatch's metrics of a balancer", () => {
  // "Elastic Load Balancing measures and sends its metrics in 60-second intervals." How late, no page says.
  test("are not there before they are published, and then first of some nodes", async () => {
    ahead = 0;
    expect(await metric("RequestCount", "blue")).toBeUndefined();
    const seen = new Set<number | undefined>();
    for (ahead = 0; ahead <= 60_000 + DELAY[1]; ahead += 5_000) seen.add(await metric("RequestCount", "blue"));
    expect(seen.size).toBeGreaterThan(2);
    expect(await metric("RequestCount", "blue")).toBe(8);
  });

  test("count what a group answered; one of which there was nothing has no point", async () => {
    ahead = 600_000;
    const counts = async (color: "blue" | "green") => ({
      requests: await metric("RequestCount", color),
      ok: await metric("HTTPCode_Target_2XX_Count", color),
      moved: await metric("HTTPCode_Target_3XX_Count", color),
      clients: await metric("HTTPCode_Target_4XX_Count", color),
      errors: await metric("HTTPCode_Target_5XX_Count", color),
    });
    expect(await counts("blue")).toEqual({ requests: 8, ok: 6, moved: 1, clients: 1, errors: undefined });
    // A reset is among the requests, and in no count of answers: the 502 is the balancer's own, which has no group.
    expect(await counts("green")).toEqual({ requests: 8, ok: 5, moved: undefined, clients: undefined, errors: 2 });
    expect(await metric("HTTPCode_ELB_502_Count", "green")).toBeUndefined();
    expect(await metric("HTTPCode_ELB_502_Count")).toBe(1);
    expect(await metric("RequestCount")).toBe(16);
  });

  // "The time elapsed, in seconds, after the request leaves the load balancer until the target starts to send the response headers."
  test("tell how many answers took longer than a bound", async () => {
    ahead = 600_000;
    expect(await metric("TargetResponseTime", "green", "TC(0.25:)")).toBe(1);
    expect(await metric("TargetResponseTime", "green", "TC(2:)")).toBe(0);
    expect(await metric("TargetResponseTime", "green", "TC(:0.25)")).toBe(6);
    expect(await metric("TargetResponseTime", "green", "SampleCount")).toBe(7);
    expect(await metric("TargetResponseTime", "green", "Maximum")).toBeGreaterThan(0.29);
  });

  // "This metric is only incremented for requests where the load balancer node was able to choose a target."
  test("count a request that had no target with the balancer, and not with the group", async () => {
    const { cloud } = world;
    const service = cloud.records.get("aws:ecs/service:Service", world.services.green);
    if (!service) throw new Error("the service is not there");
    cloud.records.put({ ...service, inputs: { ...service.inputs, desiredCount: 0 } });
    await give("green"); // applies the records as well
    const until = Date.now() + 20_000;
    while (cloud.dataPlane.targetHealth(world.groups.green).length > 0 && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await cloud.dataPlane.settled();
    expect((await ask(world.address)).status).toBe(503);
    await give("blue");
    ahead = 600_000;
    expect(await metric("HTTPCode_ELB_503_Count")).toBe(1);
    expect(await metric("RequestCount", "green")).toBe(8);
  });

  test("come page after page, and say which are not all told", async () => {
    ahead = 600_000;
    const Dimensions = [{ Name: "LoadBalancer", Value: suffix(world.balancer, "loadbalancer/") }];
    const query = (Id: string, MetricName: string) => ({
      Id,
      MetricStat: { Metric: { Namespace: "AWS/ApplicationELB", MetricName, Dimensions }, Period: 86_400, Stat: "Sum" },
    });
    const input = { MetricDataQueries: [query("a", "RequestCount"), query("b", "HTTPCode_ELB_502_Count")], ...span };
    const first = await cloudWatch.getMetricData({ ...input, MaxDatapoints: 1 });
    expect(first.MetricDataResults?.map(({ Id, StatusCode }) => [Id, StatusCode])).toEqual([
      ["a", "Complete"],
      ["b", "PartialData"],
    ]);
    const rest = await cloudWatch.getMetricData({ ...input, MaxDatapoints: 1, NextToken: first.NextToken });
    expect(rest.MetricDataResults?.[1]).toMatchObject({ Id: "b", StatusCode: "Complete", Values: [1] });
    expect(rest.NextToken).toBeUndefined();
  });

  test("are refused where they are not in the local cloud", async () => {
    const Dimensions = [{ Name: "LoadBalancer", Value: "app/no/1" }];
    const Metric = { Namespace: "AWS/ApplicationELB", MetricName: "RequestCount", Dimensions };
    const get = (MetricStat: { Period: number; Stat: string }) =>
      cloudWatch.getMetricData({ MetricDataQueries: [{ Id: "m", MetricStat: { Metric, ...MetricStat } }], ...span });
    expect((await get({ Period: 60, Stat: "Sum" })).MetricDataResults?.[0]?.Values).toEqual([]);
    await expect(get({ Period: 60, Stat: "p99" })).rejects.toMatchObject({ name: "ValidationException" });
    await expect(get({ Period: 10, Stat: "Sum" })).rejects.toMatchObject({ name: "ValidationException" });
    const math = cloudWatch.getMetricData({ MetricDataQueries: [{ Id: "m", Expression: "a + b" }], ...span });
    await expect(math).rejects.toThrow(/no metric math/);
  });
});

describe("the local cloud's own counts", () => {
  const counts = async (more: Record<string, string> = {}) => {
    const query = new URLSearchParams({
      targetGroup: world.groups.green,
      from: String(span.StartTime.getTime()),
      to: String(span.EndTime.getTime()),
      over: "250",
      ...more,
    });
    return fetch(`${world.settings.endpoint}/_crossfade/counts?${query}`);
  };
  type Second = { startMs: number; requests: number; slow: number; answers: Record<string, number> };

  test("tell of each second what a group was asked and answered, at once", async () => {
    const { seconds } = (await (await counts()).json()) as { seconds: Second[] };
    const sum = (of: (second: Second) => number) => seconds.reduce((all, second) => all + of(second), 0);
    expect(seconds.every(({ startMs }) => startMs % 1000 === 0)).toBe(true);
    // The one without a target is the group's, and so are the reset and the answer that broke off: they have no answer.
    expect(sum(({ requests }) => requests)).toBe(9);
    expect(sum(({ answers }) => answers[2] ?? 0)).toBe(4);
    expect(sum(({ answers }) => answers[5] ?? 0)).toBe(2);
    expect(sum(({ slow }) => slow)).toBe(1);
    const none = (await (await counts({ to: String(span.StartTime.getTime()) })).json()) as { seconds: Second[] };
    expect(none.seconds).toEqual([]);
    expect(await (await counts({ from: "0" })).text()).toMatch(/keeps what it counts by the second for 120 minutes/);
    expect((await counts({ over: "soon" })).status).toBe(400);
  });

  test("are there for Prometheus to scrape, by target group and color, each series from 0 on", async () => {
    const answer = await fetch(`${world.settings.endpoint}/metrics`);
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const text = await answer.text();
    const value = (name: string, color: string, more: string) => {
      const labels = `target_group="${suffix(world.groups[color === "blue" ? "blue" : "green"], ":")}",color="${color}"`;
      return Number(
        text
          .split("\n")
          .find((line) => line.startsWith(`${name}{${labels}${more}}`))
          ?.split(" ")[1],
      );
    };
    expect(value("crossfade_requests_total", "green", ',code="2xx"')).toBe(4);
    expect(value("crossfade_requests_total", "green", ',code="5xx"')).toBe(2);
    expect(value("crossfade_requests_total", "green", ',code="none"')).toBe(3);
    expect(value("crossfade_requests_total", "blue", ',code="5xx"')).toBe(0);
    expect(value("crossfade_response_seconds_bucket", "green", ',le="0.25"')).toBe(6);
    expect(value("crossfade_response_seconds_bucket", "green", ',le="+Inf"')).toBe(7);
    expect(value("crossfade_response_seconds_count", "green", "")).toBe(7);
  });
});
