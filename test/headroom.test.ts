import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { check } from "../cli/check";
import type { Verdict } from "../cli/verdict";
import { AwsClients } from "../live/aws-clients";
import { readQuota } from "../live/quota";
import { readSubnets } from "../live/subnets";
import { readUsage } from "../live/usage";
import { apiEnv, startApi } from "../local/api/aws-api";
import type { Cloud } from "../local/api/cloud";
import type { ApiServer } from "../local/api/server";
import { TrafficCounts } from "../local/api/traffic-counts";
import { Records } from "../local/providers";
import { askFaults, askLimits } from "./api-world";
import { freshPort } from "./ports";
import { asked, document, there, type WrittenStep } from "./preview-texts";

const SERVICE = "aws:ecs/service:Service";
const DEFINITION = "aws:ecs/taskDefinition:TaskDefinition";
const SUBNETS = ["subnet-a", "subnet-b"];
const QUOTA = { service: "fargate", code: "L-3032A538" };

/** What `crossfade check prod` finds that the update would do. */
let preview: string;
vi.mock("../cli/stack", () => ({
  ProjectStack: { open: async () => ({ preview: async () => ({ sources: { preview } }), close: () => {} }) },
}));

let folder: string;
let api: ApiServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "crossfade-headroom-"));
  api = await startApi(cloudWithBlue(), new TrafficCounts({}), freshPort());
  for (const [name, value] of Object.entries(apiEnv(api))) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await api.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  await askLimits(api.endpoint, {});
  await askFaults(api.endpoint, []);
});

/** A service of three tasks of a quarter of a vCPU, two of which lie in the first of its two subnets. */
function cloudWithBlue(): Cloud {
  const records = new Records(join(folder, "cloud.json"));
  const inputs = { launchType: "FARGATE", taskDefinition: "arn:blue:1", networkConfiguration: { subnets: SUBNETS } };
  records.put({ type: SERVICE, id: "arn:blue", inputs, outputs: {} });
  records.put({ type: DEFINITION, id: "blue:1", inputs: { cpu: "256" }, outputs: { arn: "arn:blue:1" } });
  const dataPlane = {
    zones: ["local-a", "local-b"],
    serviceStatus: () => ({ deployments: [{ running: 2, pending: 1 }] }),
    scalingGroup: () => undefined,
  };
  return { records, dataPlane, images: () => ({}), apply: async () => {} } as unknown as Cloud;
}

const clients = () => new AwsClients({}, 1);
const refused = async (call: Promise<unknown>) => call.catch((error: Error & { kind?: string }) => error);

describe("what AWS is asked", () => {
  test("subnets: their zones, and the addresses that nobody has", async () => {
    expect(await readSubnets(clients(), SUBNETS)).toEqual([
      { id: "subnet-a", zone: "local-a", free: 4089 },
      { id: "subnet-b", zone: "local-b", free: 4089 },
    ]);
    await askLimits(api.endpoint, { addresses: 1 });
    expect((await readSubnets(clients(), ["subnet-a", "subnet-other"])).map(({ free }) => free)).toEqual([0, 1]);
    const error = await refused(readSubnets(clients(), ["subnet-a", "vpc-a"]));
    expect(error).toMatchObject({ kind: "not found", code: "InvalidSubnetID.NotFound" });
    expect((error as Error).message).toContain("The subnet ID 'vpc-a' does not exist");
  });

  test("a quota: the account's own value, and else the default, with the metric of its use", async () => {
    const metric = {
      namespace: "AWS/Usage",
      name: "ResourceCount",
      dimensions: { Service: "Fargate", Type: "Resource", Resource: "vCPU", Class: "Standard/OnDemand" },
      statistic: "Maximum",
    };
    expect(await readQuota(clients(), QUOTA)).toEqual({ limit: 4000, metric });
    await askLimits(api.endpoint, { vcpus: 6 });
    expect(await readQuota(clients(), QUOTA)).toEqual({ limit: 6, metric });
    expect(await refused(readQuota(clients(), { service: "ec2", code: "L-1" }))).toMatchObject({
      operation: "GetAWSDefaultServiceQuota",
      kind: "not found",
    });
  });

  test("the use: the newest point, and none where there is none", async () => {
    const { metric } = await readQuota(clients(), QUOTA);
    if (!metric) throw new Error("there is no metric");
    const now = new Date();
    expect(await readUsage(clients(), metric, now)).toBe(0.75);
    const spot = { ...metric, dimensions: { ...metric.dimensions, Class: "Standard/Spot" } };
    expect(await readUsage(clients(), spot, now)).toBeUndefined();
  });
});

const definition = asked("green-task", { cpu: "512", requiresCompatibilities: ["FARGATE"] }, { type: DEFINITION });
const green = (inputs: object = {}) =>
  asked(
    "green",
    {
      launchType: "FARGATE",
      desiredCount: 4,
      taskDefinition: "arn:green-task",
      networkConfiguration: { subnets: SUBNETS },
      ...inputs,
    },
    { type: SERVICE },
  );
const task = there("green-task", definition.inputs, { type: DEFINITION });

/** A release: a service of four tasks of half a vCPU comes to what there is. */
const release = (inputs: object = {}): WrittenStep[] => [
  { op: "same", urn: task.urn, old: task, new: task },
  { op: "create", urn: green().urn, new: green(inputs) },
];

interface Told {
  code: number;
  stdout: string;
}

/** @param what the stack, or a file with a preview */
async function told(steps: WrittenStep[], flags: object = {}, what = "prod"): Promise<Told> {
  preview = document(steps);
  let stdout = "";
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    stdout += String(chunk);
    return true;
  });
  const code = await check(what, { max: 60_000, ...flags });
  vi.restoreAllMocks();
  return { code, stdout };
}

async function verdict(steps: WrittenStep[], flags: object = {}): Promise<Verdict & { code: number }> {
  const { code, stdout } = await told(steps, { json: true, ...flags });
  return { code, ...JSON.parse(stdout) };
}

describe("check", () => {
  test("passes where there is room, and says how much", async () => {
    const { code, stdout } = await told(release());
    expect(code).toBe(0);
    expect(stdout).toContain(`
room in AWS for what the update runs beside what there is
  addresses 4 more, 8178 free in subnet-a, subnet-b
  vCPUs     2 more, 0.75 of 4000 in use: Fargate On-Demand vCPU resource count (L-3032A538)
`);
    expect(await verdict(release())).toMatchObject({
      result: "passes",
      findings: [],
      headroom: {
        addresses: [{ subnets: SUBNETS, added: 4, free: 8178 }],
        vcpus: [{ kind: "FARGATE", quota: "L-3032A538", added: 2, limit: 4000, used: 0.75 }],
        unknown: [],
      },
    });
  });

  test("refuses where there is none, in every form, and passes the same with room", async () => {
    await askLimits(api.endpoint, { addresses: 3, vcpus: 2.5 });
    const { code, stdout } = await told(release());
    expect(code).toBe(1);
    expect(stdout).toContain("test/dev: refused (2)");
    expect(stdout).toContain(
      'headroom  (aws:ecs:Service green)\n    "green" would take 4 addresses more in subnet-a, subnet-b, and 2 are free there.',
    );
    expect(stdout).toContain('"green" would take 2 vCPUs more, with 0.75 in use of 2.5 that the quota');
    const { result, findings } = await verdict(release());
    expect([result, findings.map(({ policy }) => policy)]).toEqual(["refused", ["headroom", "headroom"]]);
    const markdown = await told(release(), { markdown: true });
    expect(markdown.stdout).toMatch(
      /^### test\/dev: refused[\s\S]*\*\*Refused by the policies: 2\*\*[\s\S]*room in AWS/,
    );
    const sarif = await told(release(), { sarif: true });
    expect(sarif.stdout.match(/"ruleId":"headroom"/g)).toHaveLength(2);

    await askLimits(api.endpoint, { addresses: 4, vcpus: 2.75 });
    expect(await verdict(release())).toMatchObject({ code: 0, result: "passes" });
  });

  test.each([
    ["denied", /DescribeSubnets for subnet-a, subnet-b: AccessDenied .*allow ec2:DescribeSubnets for them in IAM$/],
    ["throttle", /DescribeSubnets .*RequestLimitExceeded .*run it again later$/],
    ["unavailable", /DescribeSubnets .*ServiceUnavailable .*run it again$/],
  ])("passes with what is not known where a call is %s, and judges by the others", async (what, expected) => {
    await askFaults(api.endpoint, [{ operation: "DescribeSubnets", what }]);
    const known = await verdict(release());
    expect(known).toMatchObject({ code: 0, headroom: { addresses: [], vcpus: [{ used: 0.75 }] } });
    expect(known.headroom?.unknown).toEqual([expect.stringMatching(expected)]);
    expect((await told(release())).stdout).toContain("\n  not known AWS did not answer DescribeSubnets");
    await askLimits(api.endpoint, { vcpus: 1 });
    expect(await verdict(release())).toMatchObject({ code: 1, findings: [{ policy: "headroom" }] });
  });

  test.each([
    ["GetServiceQuota", { vcpus: [] }, "allow servicequotas:GetServiceQuota"],
    ["GetAWSDefaultServiceQuota", { vcpus: [] }, "allow servicequotas:GetAWSDefaultServiceQuota"],
    ["GetMetricData", { vcpus: [{ added: 2, limit: 4000 }] }, "allow cloudwatch:GetMetricData"],
  ])("says which call the credentials may not make: %s", async (operation, headroom, expected) => {
    await askFaults(api.endpoint, [{ operation, what: "denied" }]);
    const known = await verdict(release());
    expect(known).toMatchObject({ code: 0, headroom });
    expect(known.headroom?.unknown).toEqual([expect.stringContaining(expected)]);
  });

  test("a use that nobody counts refuses only what is above the whole quota", async () => {
    const spot = {
      launchType: undefined,
      capacityProviderStrategies: [{ capacityProvider: "FARGATE_SPOT", weight: 1 }],
    };
    const known = await verdict(release(spot));
    expect(known).toMatchObject({ code: 0, headroom: { vcpus: [{ kind: "FARGATE_SPOT", added: 2, limit: 4000 }] } });
    expect(known.headroom?.unknown).toEqual([expect.stringContaining("no point of it in the last hour")]);
    await askLimits(api.endpoint, { vcpus: 1 });
    expect(await verdict(release(spot))).toMatchObject({ code: 1, headroom: { unknown: [] } });
  });

  test("what is not known before the update is said, and nobody is asked for it", async () => {
    const { stdout, code } = await told(release({ networkConfiguration: undefined, taskDefinition: "arn:elsewhere" }));
    expect(code).toBe(0);
    expect(stdout).toContain('not known how many vCPUs of Fargate the tasks of "green" take cannot be told');
    expect(stdout).not.toContain("addresses ");
  });

  test("one short subnet is advice", async () => {
    await askLimits(api.endpoint, { addresses: 3 });
    const uneven = await verdict(release({ networkConfiguration: { subnets: ["subnet-a", "subnet-c"] } }));
    expect(uneven).toMatchObject({ code: 0, findings: [{ policy: "headroom", advisory: true }] });
    expect(uneven.findings[0]?.what).toMatch(/^subnet-a has 1 address free, and an even share .* is 2\.$/);
  });

  test("the settings make it advice, or ask nobody", async () => {
    await askLimits(api.endpoint, { addresses: 0 });
    const settings = (value: string) => {
      const path = join(folder, `${value}.json`);
      writeFileSync(path, JSON.stringify({ headroom: value }));
      return { policyPackConfig: path };
    };
    expect(await verdict(release(), settings("advisory"))).toMatchObject({ code: 0, findings: [{ advisory: true }] });
    const off = await verdict(release(), settings("disabled"));
    expect([off.code, off.headroom]).toEqual([0, undefined]);
  });

  test("no baseline takes in what is of this hour", async () => {
    await askLimits(api.endpoint, { addresses: 0 });
    const baseline = join(folder, "baseline.json");
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    expect((await told(release(), { baseline, writeBaseline: true })).code).toBe(0);
    expect(JSON.parse(readFileSync(baseline, "utf8"))).toEqual({ version: 1, findings: [] });
    expect(await verdict(release(), { baseline })).toMatchObject({ code: 1, result: "refused", outdated: 0 });
  });

  test("an update that adds nothing asks nobody, and of a file nobody's AWS is asked", async () => {
    const before = api.faults.called.length;
    const same = there("green", green().inputs, { type: SERVICE });
    const nothing = await verdict([{ op: "same", urn: same.urn, old: same, new: same }]);
    expect(nothing.headroom).toBeUndefined();
    const file = join(folder, "preview.json");
    writeFileSync(file, document(release()));
    const { code, stdout } = await told([], {}, file);
    expect(code).toBe(0);
    expect(stdout).toContain("not known a preview does not tell what is free in AWS: check the stack by its name");
    expect(api.faults.called.length).toBe(before);
  });
});
