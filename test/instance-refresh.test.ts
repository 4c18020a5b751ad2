import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AutoScaling } from "@aws-sdk/client-auto-scaling";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { exchangeInstances, type RefreshArgs, VERSION_TAG } from "../components/instance-refresh";
import { AwsClients } from "../live/aws-clients";
import { LocalCloud } from "../local/local-cloud";
import { LocalProvider, Records } from "../local/providers";
import { until } from "./facts/local-cloud";
import { freshPort } from "./ports";

const IMAGES = { good: {}, better: {}, bad: { HEALTH: "500" } };
type Image = keyof typeof IMAGES;

/** A group of four behind a balancer, in a cloud that is asked by the official SDK. */
let cloud: LocalCloud;
let client: AutoScaling;
let clients: AwsClients;
let provider: LocalProvider;
let template: string;
let group: string;
const lines: string[] = [];

const urn = (type: string) => `urn:pulumi:dev::shop::${type}::shop`;
const templateInputs = (image: Image) => ({
  name: "shop",
  userData: Buffer.from(`image='${image}'\ncat > /etc/crossfade/environment <<'END'\nA=1\nEND\n`).toString("base64"),
});

beforeAll(async () => {
  const home = mkdtempSync(join(tmpdir(), "crossfade-refresh-"));
  const records = new Records(join(home, "cloud.json"));
  const maker = new LocalProvider(records, { changed: async () => {} }, () => {});
  const make = async (type: string, inputs: Record<string, unknown>) =>
    (await maker.create(urn(type), { name: "shop", ...inputs }, false)).id;
  const balancer = await make("aws:lb/loadBalancer:LoadBalancer", {});
  const targetGroup = await make("aws:lb/targetGroup:TargetGroup", {
    port: 80,
    deregistrationDelay: 0,
    healthCheck: { path: "/healthz", interval: 0.1, timeout: 1, unhealthyThreshold: 20 },
  });
  await make("aws:lb/listener:Listener", {
    loadBalancerArn: balancer,
    port: 80,
    defaultActions: [{ type: "forward", targetGroupArn: targetGroup }],
  });
  template = await make("aws:ec2/launchTemplate:LaunchTemplate", templateInputs("good"));
  group = await make("aws:autoscaling/group:Group", {
    minSize: 4,
    maxSize: 8,
    desiredCapacity: 4,
    launchTemplate: { id: template, version: "1" },
    targetGroupArns: [targetGroup],
    healthCheckType: "ELB",
    healthCheckGracePeriod: 1,
    defaultInstanceWarmup: 0,
    instanceMaintenancePolicy: { minHealthyPercentage: 100, maxHealthyPercentage: 200 },
  });
  const run = `${process.execPath} ${join(__dirname, "facts/target.js")}`;
  const images = Object.fromEntries(Object.entries(IMAGES).map(([image, env]) => [image, { run, env }]));
  cloud = await LocalCloud.start({ home, images: () => images, adoptionDelay: [0, 50], basePort: freshPort() });
  const { AWS_ENDPOINT_URL: endpoint } = cloud.env;
  const keys = { region: "eu-local-1", accessKey: "local", secretKey: "local" };
  process.env.AWS_ENDPOINT_URL = endpoint;
  clients = new AwsClients(keys);
  client = await clients.autoScaling();
  provider = new LocalProvider(cloud.records, { changed: async () => {} }, () => {});
});
afterAll(async () => {
  delete process.env.AWS_ENDPOINT_URL;
  await cloud.stop();
});
beforeEach(() => {
  lines.length = 0;
});

/** The template's next version: its number. */
async function version(image: Image): Promise<string> {
  const type = "aws:ec2/launchTemplate:LaunchTemplate";
  const before = cloud.records.get(type, template);
  const { inputs = {}, outputs = {} } = before ?? {};
  const after = await provider.update(urn(type), template, outputs, inputs, templateInputs(image), false);
  return String(after.latestVersion);
}

const groupInputs = (version: string, content: Image) => ({
  launchTemplate: { id: template, version },
  tags: [{ key: VERSION_TAG, value: content }],
});

function exchange(from: [string, Image], to: [string, Image], more: Partial<RefreshArgs> = {}): Promise<void> {
  const inputs = { id: group, oldInputs: groupInputs(...from), newInputs: groupInputs(...to) };
  return exchangeInstances(inputs, { patience: 60, ...more }, clients, {
    say: (line) => void lines.push(line),
    askEvery: 0.05,
  });
}

async function now() {
  const { AutoScalingGroups: [found] = [] } = await client.describeAutoScalingGroups({
    AutoScalingGroupNames: [group],
  });
  const versions = (found?.Instances ?? []).map(({ LaunchTemplate }) => LaunchTemplate?.Version);
  return { saved: found?.LaunchTemplate?.Version, versions };
}
const refreshes = async () =>
  (await client.describeInstanceRefreshes({ AutoScalingGroupName: group })).InstanceRefreshes ?? [];

/** The version that all instances have, saved on the group. */
async function settled(): Promise<[string, Image]> {
  await until(async () => (await now()).versions.length === 4);
  const { saved = "" } = await now();
  const script = Buffer.from(
    String(
      cloud.records.get("aws:ec2/launchTemplate:LaunchTemplate", template)?.versions?.[Number(saved) - 1]?.userData,
    ),
    "base64",
  ).toString();
  return [saved, /'(.*)'/.exec(script)?.[1] as Image];
}

describe("the instances of a group are exchanged before its template is", () => {
  test("in batches, with a pause after each but the last, which is told", async () => {
    const before = await settled();
    const next = await version("better");
    const began = Date.now();
    await exchange(before, [next, "better"], { rolling: { batches: [25, 50, 100], pause: 1, alarms: ["shop-5xx"] } });
    expect(Date.now() - began).toBeGreaterThanOrEqual(2000);
    expect(await now()).toEqual({ saved: next, versions: [next, next, next, next] });
    expect(lines.filter((line) => /at (25|50) %/.test(line)).length).toBeGreaterThanOrEqual(2);
    const [latest] = await refreshes();
    expect(latest).toMatchObject({
      Status: "Successful",
      Preferences: {
        CheckpointPercentages: [25, 50, 100],
        CheckpointDelay: 1,
        SkipMatching: true,
        AutoRollback: true,
        AlarmSpecification: { Alarms: ["shop-5xx"] },
      },
    });
  });

  test("not at all where they have it", async () => {
    const before = await settled();
    const count = (await refreshes()).length;
    await exchange(before, before);
    expect(await refreshes()).toHaveLength(count);
  });

  test("a version that never gets healthy stops at its first batch and is rolled back, to what was saved", async () => {
    const before = await settled();
    const bad = await version("bad");
    const made = exchange(before, [bad, "bad"], { rolling: { batches: [25, 100], pause: 60 }, patience: 2 });
    await expect(made).rejects.toThrow(
      /did not get through: RollbackSuccessful .*All instances have the version before/,
    );
    expect(await now()).toEqual({ saved: before[0], versions: Array(4).fill(before[0]) });
    expect(lines).toContainEqual(expect.stringMatching(/no instance got healthy in 2s: rolling back/));
  });
});

describe("where an update was killed in the middle of a batch", () => {
  /** A refresh that nobody waits for, at its first stop. */
  async function abandoned(content: Image, pause: number): Promise<{ before: [string, Image]; next: string }> {
    const before = await settled();
    const next = await version(content);
    await client.startInstanceRefresh({
      AutoScalingGroupName: group,
      DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: template, Version: next } },
      Preferences: {
        CheckpointPercentages: [25, 100],
        CheckpointDelay: pause,
        MinHealthyPercentage: 100,
        MaxHealthyPercentage: 200,
        InstanceWarmup: 0,
      },
    });
    await until(async () => (await now()).versions.filter((one) => one === next).length === 1);
    return { before, next };
  }

  test("the next one goes on with the same version", async () => {
    const { before, next } = await abandoned("good", 3);
    const count = (await refreshes()).length;
    await exchange(before, [next, "good"]);
    expect(await now()).toEqual({ saved: next, versions: [next, next, next, next] });
    expect(await refreshes()).toHaveLength(count);
    expect(lines[0]).toMatch(/^going on with what an earlier update has left/);
  });

  test("or returns to the version before, which has another number by then", async () => {
    const { before } = await abandoned("better", 3600);
    const again = await version("good");
    await exchange(before, [again, "good"]);
    expect(await now()).toEqual({ saved: before[0], versions: Array(4).fill(before[0]) });
    expect((await refreshes())[0]).toMatchObject({ Status: "RollbackSuccessful" });
  });

  test("a third version is refused, and the first is untouched by that", async () => {
    const { before, next } = await abandoned("better", 10);
    const third = await version("bad");
    await expect(exchange(before, [third, "bad"])).rejects.toThrow(/in the middle of a release of another version/);
    await exchange(before, [next, "better"]);
    expect((await now()).saved).toBe(next);
  });
});
