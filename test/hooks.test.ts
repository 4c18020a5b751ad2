import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { AwsClients } from "../live/aws-clients";
import { readRule, writeRule } from "../live/rule";
import { type Load, startLoad } from "../load/load";
import { LocalWorld, ROOT, type TestStack } from "./local-world";

/**
 * The gates, by the real engine and against the API of the local cloud. What a gate refuses is done again with the gates off: then
 * it goes through, and weight on killed tasks loses requests.
 */
const IMAGE = (color: string) => `${color}@sha256:${"1".repeat(64)}`;
const KEYS = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
const OFF = ["-c", "crossfade:gates=false"];
const ON = ["-c", "crossfade:gates=true"];

let world: LocalWorld;
let stack: TestStack;
let load: Load | undefined;
/** Green's tasks do not come up while this is there. */
let broken = "";
const pids: number[] = [];

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "crossfade-hooks-"));
  broken = join(folder, "broken");
  const target = join(ROOT, "test/facts/target.js");
  const task = join(folder, "task.js");
  writeFileSync(
    task,
    `require("node:fs").existsSync(${JSON.stringify(broken)}) ? process.exit(1) : require("${target}")`,
  );
  world = await LocalWorld.start({
    images: () => ({ [IMAGE("blue")]: { run: `node ${target}` }, [IMAGE("green")]: { run: `node ${task}` } }),
    say: (line) => {
      const [, pid] = /green listens, pid (\d+)/.exec(line) ?? [];
      if (pid) pids.push(Number(pid));
    },
  });
  stack = await world.project("gates", program({}));
});
afterEach(() => load?.stop());
afterAll(() => world.stop());

interface Shape {
  stage?: string;
  /** How long a raise waits. */
  wait?: string;
  /** What the candidate has besides. */
  env?: string;
  without?: "green";
}

function program({ stage = "idle", wait = "2m", env = "", without }: Shape): string {
  return `
    import * as aws from "@pulumi/aws";
    import { FargateEnvironment, Rollout, WeightedAlbRoute } from "${ROOT}/components";
    const balancer = new aws.lb.LoadBalancer("web", { subnets: ["subnet-1", "subnet-2"] });
    const listener = new aws.lb.Listener("web", {
      loadBalancerArn: balancer.arn, port: 80,
      defaultActions: [{ type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404" } }],
    });
    const targets = {};
    for (const [color, previewPriority] of [["blue", 1]${without ? "" : ', ["green", 2]'}]) {
      const image = color + "@sha256:" + "1".repeat(64);
      targets[color] = new FargateEnvironment("shop-" + color, {
        color, image, previewPriority, listenerArn: listener.arn, hosts: ["shop.test"], healthInterval: 2, drain: 1, grace: 600,
        env: { VERSION: color, ...(color === "green" && { ENV: "${env}" }) }, stop: 2,
        vpcId: "vpc-1", subnetIds: ["subnet-1"], balancerSecurityGroupId: "sg-1",
      }).target;
    }
    const rollout = new Rollout("shop", { stable: "blue", stage: "${stage}", stages: [{ name: "half", weight: 50, bake: 0 }] });
    new WeightedAlbRoute("shop", {
      rollout, targets, listenerArn: listener.arn, hosts: ["shop.test"], priority: 3, gates: { wait: "${wait}" },
    });`;
}

async function up(shape: Shape, ...flags: string[]) {
  stack.write(program(shape));
  const { code, output } = await stack.up("--skip-preview", ...flags);
  return { code, output: output.replace(/\s+/g, " ") };
}

const clients = () => {
  process.env.AWS_ENDPOINT_URL = world.cloud.env.AWS_ENDPOINT_URL;
  return new AwsClients({ region: "eu-local-1", accessKey: "local", secretKey: "local" });
};
const rule = () => {
  const found = world.cloud.records
    .ofType("aws:lb/listenerRule:ListenerRule")
    .find(({ inputs }) => inputs.priority === 3);
  return found?.id ?? "";
};

/** Blue's weight and green's, on the wire. */
async function live(): Promise<number[]> {
  return (await readRule(clients(), rule())).groups.map(({ weight }) => weight);
}

/** As \`crossfade rollback\` or the console would: beside Pulumi. */
async function move(...weights: [blue: number, green: number]): Promise<void> {
  const { groups } = await readRule(clients(), rule());
  await writeRule(clients(), rule(), {
    weights: Object.fromEntries(groups.map(({ arn }, i) => [arn, weights[i] ?? 0])),
    sticky: false,
  });
  await world.cloud.dataPlane.settled();
}

/** Kills green's tasks; none comes back. */
function breakGreen(): void {
  writeFileSync(broken, "");
  for (const pid of pids.splice(0)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it has ended by itself
    }
  }
}

function underLoad(): Load {
  load = startLoad({
    addresses: world.cloud.addresses(),
    host: "shop.test",
    ask: { path: "/" },
    stage: { name: "gates", weight: 0 },
    rate: 12, // this process is the load, the balancer and the API
    seed: 7,
    drainSeconds: 1,
    timeoutMs: 30_000, // what is slow on a machine that has other work is not lost
    maxSeconds: 200,
  });
  return load;
}

/** What was lost, by its cause. */
async function lostIn(requests: Load): Promise<object> {
  await sleep(2500); // until the nodes have taken over what was written
  const [stage] = (await requests.stop()).stages;
  return stage?.lostBy ?? {};
}

test("a first update without credentials goes through, and says what a raise will be told", async () => {
  const none = Object.fromEntries(KEYS.map((key) => [key, ""]));
  Object.assign(stack.pulumi.env, none, { AWS_EC2_METADATA_DISABLED: "true" });
  const { code, output } = await up({});
  expect(output).toMatch(
    /Whether blue can carry its share of "shop" cannot be told. AWS did not answer \w+ for \S+: CredentialsProviderError/,
  );
  expect(output).toContain("a raise would be refused");
  expect(code).toBe(0);
  const raise = await up({ stage: "half" });
  expect(raise.output).toMatch(/What cannot be told gets no more requests: the weights are as they were/);
  expect(raise.code).not.toBe(0);
  expect(await live()).toEqual([100, 0]);
  for (const key of KEYS) stack.pulumi.env[key] = "local";
});

test("weight on an environment whose tasks were killed is refused, and nothing is lost", async () => {
  breakGreen();
  const requests = underLoad();
  const { code, output } = await up({ stage: "half", wait: "3s" });
  expect(output).toMatch(/green, which is to get 50 % of "shop", cannot carry it after 3s: 0 of 1 targets healthy/);
  expect(code).not.toBe(0);
  expect(await live()).toEqual([100, 0]);
  expect(await lostIn(requests)).toEqual({});
});

test("… with the gates off it gets the weight, and requests are lost; the way back asks nobody's leave", async () => {
  const requests = underLoad();
  expect(await up({ stage: "half", wait: "3s" }, ...OFF)).toMatchObject({ code: 0 });
  expect(await live()).toEqual([50, 50]);
  expect(await lostIn(requests)).not.toEqual({});

  const back = await up({}, ...ON);
  expect(back.output).not.toContain("waiting");
  expect(back.code).toBe(0);
  expect(await live()).toEqual([100, 0]);
});

test("a raise waits for targets that come back, and nothing is lost", async () => {
  const requests = underLoad();
  const raise = up({ stage: "half" });
  await called("DescribeTargetHealth");
  rmSync(broken);
  const { code, output } = await raise;
  expect(output).toMatch(/waiting for green, which is to get 50 % of "shop": \d of 1 targets healthy/);
  expect(output).toMatch(/green, which is to get 50 % of "shop", is ready/);
  expect(code).toBe(0);
  expect(await live()).toEqual([50, 50]);
  expect(await lostIn(requests)).toEqual({});
});

test("a rollback made beside Pulumi while a raise waits is not overwritten", async () => {
  breakGreen();
  const raise = up({ stage: "full" });
  await called("DescribeTargetHealth");
  await move(100, 0);
  rmSync(broken);
  const { code, output } = await raise;
  expect(output).toContain("waiting for green");
  expect(output).toContain(
    'The weights of "shop" are blue 100, green 0 on the wire, and in Pulumi\'s state blue 50, green 50',
  );
  expect(code).not.toBe(0);
  expect(await live()).toEqual([100, 0]);
  // To write down what is so is no raise.
  expect(await up({})).toMatchObject({ code: 0 });
});

test("what the state calls idle and is not, is neither changed nor deleted", async () => {
  await move(50, 50);
  const requests = underLoad();
  const changed = await up({ env: "another" });
  expect(changed.output).toMatch(
    /"shop-green" \(aws:ecs\/service:Service\) is not updated: .* sends it 50 % of its requests/,
  );
  expect(changed.code).not.toBe(0);
  const gone = await up({ without: "green" });
  expect(gone.output).toMatch(
    /"shop" \(aws:lb\/listenerRule:ListenerRule\) is not updated: .* sends it 50 % of its requests/,
  );
  expect(gone.code).not.toBe(0);
  expect(await live()).toEqual([50, 50]);
  expect(await lostIn(requests)).toEqual({});
});

test("… with the gates off it is deleted, for all that half the users are on it", async () => {
  expect(await live()).toEqual([50, 50]);
  expect(await up({ without: "green" }, ...OFF)).toMatchObject({ code: 0 });
  expect(await live()).toEqual([100]);
  expect((await stack.resources()).filter(({ type }) => type === "aws:ecs/service:Service")).toHaveLength(1);
});

/** Waits until the operation is called from now on. */
async function called(operation: string): Promise<void> {
  const count = async () => {
    const answer = await fetch(`${world.cloud.env.AWS_ENDPOINT_URL}/_crossfade/calls`);
    return ((await answer.json()) as { operation: string }[]).filter((call) => call.operation === operation).length;
  };
  const before = await count();
  await vi.waitFor(async () => expect(await count()).toBeGreaterThan(before), { timeout: 120_000, interval: 200 });
}
