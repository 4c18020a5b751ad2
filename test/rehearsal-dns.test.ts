import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { StackFile } from "../cli/stack-file";
import { startDnsUsers } from "../load/dns/users";
import { DNS_KINDS, type DnsKind } from "../load/dns-kinds";
import type { DnsTail } from "../load/dns-report";
import { type LoadResult, startLoad } from "../load/load";
import { ensureEngine } from "../local/engine/ensure-engine";
import { EDGE_POLICIES, holdSecondsOf } from "../local/rehearsal/edge-release";
import { holdSeconds } from "../traffic";
import { installDig } from "./install-dig";
import { LocalWorld, packWithout, ROOT, type TestStack } from "./local-world";
import { freshPort } from "./ports";
import { endRuns, leftRunning, rehearse, report as reported } from "./rehearsal-runs";

const KINDS = Object.keys(DNS_KINDS) as DnsKind[];
/** Mount namespaces, by which the system's resolver is led to another name server, are root's. */
const isRoot = process.getuid?.() === 0;
let hasDig = false;

beforeAll(async () => {
  hasDig = installDig();
  await ensureEngine({ progress: (line) => process.stderr.write(`${line}\n`) });
});
afterEach(endRuns);

test.each([
  [["--route", "tcp"], /Allowed choices are alb, dns, gateway/],
  [["--route", "dns", "--stable", "a {port}", "--candidate", "b {port}"], /--route dns releases the example service/],
  [
    ["--route", "dns", "--against", "https://shop.example.com/", "--stack", "s"],
    /--route dns is a release on this mach/,
  ],
])("%j is a wrong usage", async (args, message) => {
  const { code, output } = await rehearse(...args).end();
  expect(output).toMatch(message);
  expect(output).not.toMatch(/^\s+at .*:\d+/m);
  expect(code).toBe(2);
});

test("the hold time that is reported is the one that the policy reckons with", () => {
  const file = new StackFile(join(ROOT, "stacks/Pulumi.local-dns.yaml"));
  const { "hold-time": settings } = EDGE_POLICIES;
  const ofPolicy = holdSeconds({ ttl: 60, keepAlive: 60, drain: 5 }, { ttls: 2, ...settings }, 12);
  expect(holdSecondsOf({ file })).toBe(ofPolicy);
});

test("a release between two edges loses nothing, to the end of the old one, which may not go before its hold time", async () => {
  const { code, output } = await rehearse("--route", "dns", "--rps", "60", "--seed", "7", "--json").end();
  expect(code, output).toBe(0);
  const report = reported();
  expect(report).toMatchObject({ requests: { lost: 0, serverErrors: 0 }, losses: [], faults: [], seed: 7 });
  expect(report.requests.total).toBeGreaterThanOrEqual(20_000);
  expect(leftRunning()).toEqual([]);

  const stages = report.requests.byStage;
  expect(stages.map(({ stage, weight }) => [stage, weight])).toEqual([
    ["installed", 0],
    ["idle", 0],
    ["canary-25", 25],
    ["back", 0],
    ["canary-25", 25],
    ["canary-50", 50],
    ["full", 100],
    ["finish", 100],
    ["removed", 100],
  ]);
  expect(stages.at(-1)).toMatchObject({ candidate: "v2", candidateShare: 1 });
  expect(report.refused.map(({ change, policy }) => [change, policy])).toEqual([
    ["move the balancer to the inside of the network", "serving-replacement"],
    ["from idle to canary-50 in one step", "stage-order"],
    ["remove blue's edge together with the finish", "hold-time"],
  ]);
  expect(report.rollBacks).toMatchObject([{ cause: "decision", stage: "back", candidate: "v2", did: { errors: 0 } }]);

  const { kinds = [], notTried = [], tails = [] } = report.dns ?? {};
  const tried = KINDS.filter((kind) => (kind !== "dig" || hasDig) && (kind !== "system" || isRoot));
  expect(kinds.map(({ kind }) => kind)).toEqual(tried);
  expect([...tried, ...notTried.map(({ kind }) => kind)].sort()).toEqual([...KINDS].sort());
  for (const { requests, lookUps, resolvers } of kinds) {
    expect(requests).toBeGreaterThan(1000);
    expect(lookUps).toBeGreaterThan(resolvers);
  }
  expect(kinds.reduce((sum, { requests }) => sum + requests, 0)).toBe(report.requests.total);

  expect(tails.map(({ version, stage }) => [version, stage])).toEqual([
    ["v2", "back"],
    ["v1", "full"],
  ]);
  for (const { holdSeconds, kinds } of tails) {
    for (const { seconds } of kinds) expect(seconds ?? 0).toBeLessThan(holdSeconds);
  }
  // The TTL is 5 s here. Some of those who hold twice as long asked just before the end; when a pool asked last is chance.
  const old = tails[1] as DnsTail;
  const tail = (kind: DnsKind) => old.kinds.find((each) => each.kind === kind)?.seconds ?? Number.NaN;
  expect(tail("ttl")).toBeGreaterThan(0);
  expect(tail("ttl")).toBeLessThan(8);
  expect(tail("longer")).toBeGreaterThan(tail("ttl"));
  expect(tail("pool")).toBeGreaterThan(0);
}, 1_800_000);

describe("with hold-time off", () => {
  const port = freshPort();
  let world: LocalWorld;
  let stack: TestStack;
  beforeAll(async () => {
    // As slow as on AWS: answers are kept for a minute, so that the update which removes the edge is sure to come before.
    world = await LocalWorld.start({ basePort: port, dnsSpeed: 1 });
    stack = await world.ownStack("local-dns");
    stack.config.set("stages", [{ weight: 50 }]);
  });
  afterAll(() => world?.stop());

  test("the old edge goes right after the finish, and whoever still has its address loses requests", async () => {
    await apply({});
    await apply({ green: Object.keys(stack.config.config().local?.images ?? {})[1] });
    const old = world.cloud.addresses();
    const { users } = await startDnsUsers({
      name: stack.config.config().host,
      port,
      server: world.cloud.dataPlane.dnsAddresses()[0] ?? "",
      folder: world.home,
      seed: 7,
    });
    const load = startLoad({
      addresses: [],
      dns: users,
      host: stack.config.config().host,
      stage: { name: "release", weight: 50 },
      rate: 50,
      seed: 7,
      drainSeconds: 5,
      maxSeconds: 600,
    });
    let result: LoadResult;
    try {
      await apply({ stage: "full" });
      await apply({ stable: "green", stage: "idle" });
      expect(load.snapshot()).toMatchObject({ lost: 0 });
      await apply({ blue: undefined }, packWithout("hold-time", world.home));
    } finally {
      result = await load.stop();
    }
    expect(result.lost).toBeGreaterThan(0);
    // A busy machine may take longer than a TTL to get here, and hardly longer than these hold.
    const lostBy = result.losses.map(({ dns }) => dns);
    expect(lostBy.some((kind) => kind === "longer" || kind === "pool")).toBe(true);
    const blue = old.slice(0, 2); // its balancer's two nodes: it was the first
    expect([...new Set(result.losses.map(({ address }) => address))].filter((each) => !blue.includes(each))).toEqual(
      [],
    );
  }, 1_800_000);

  async function apply(edit: Record<string, unknown>, flags: string[] = []): Promise<void> {
    for (const [key, value] of Object.entries(edit)) stack.config.set(key, value);
    const { code, output } = await stack.up("--skip-preview", ...flags);
    if (code !== 0) throw new Error(output);
  }
});
