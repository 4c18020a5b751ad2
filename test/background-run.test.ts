import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LocalWorld, ROOT, type TestStack } from "./local-world";

/** Workers that note their version in a file, ten times a second, by the real engine and as real processes. */
const image = (n: number) => `shop@sha256:${String(n).repeat(64)}`;
let world: LocalWorld;
let stack: TestStack;
let notes: string;

beforeAll(async () => {
  const images = {
    [image(1)]: { run: "false", env: { VERSION: "v1" } },
    [image(2)]: { run: "false", env: { VERSION: "v2" } },
  };
  world = await LocalWorld.start({ images: () => images });
  stack = await world.project("background", "");
  notes = join(world.home, "notes");
});
afterAll(() => world?.stop());

function program(stable: string, stage: string): string {
  const work = `setInterval(() => require("node:fs").appendFileSync(${JSON.stringify(notes)}, process.env.VERSION + "\\n"), 100)`;
  const command = [process.execPath, "-e", work];
  const versions = { blue: { image: image(1), command }, green: { image: image(2), command } };
  return `
    import { FargateSchedule, FargateWorkers, RoleSignal, Rollout } from "${ROOT}/components";
    const rollout = new Rollout("shop", { stable: "${stable}", stage: "${stage}", stages: [{ name: "half", weight: 50, bake: 0 }] });
    const all = { rollout, versions: ${JSON.stringify(versions)}, vpcId: "vpc-1", subnetIds: ["subnet-1"] };
    new FargateWorkers("mailer", { ...all, exclusive: true });
    new FargateSchedule("nightly", { ...all, at: "rate(1 hour)" });
    new RoleSignal("role", { rollout });`;
}

async function up(stable: string, stage: string) {
  stack.write(program(stable, stage));
  const { code, output } = await stack.up();
  expect(output).not.toContain("error:");
  expect(code).toBe(0);
  const resources = await stack.resources();
  const outputs = (type: string, name: string) =>
    resources.find(({ urn }) => urn.endsWith(`${type}::${name}`))?.outputs;
  return {
    told: JSON.parse(String(outputs("aws:ssm/parameter:Parameter", "role")?.insecureValue)),
    mailer: outputs("aws:ecs/taskDefinition:TaskDefinition", "mailer")?.arn,
    nightly: outputs("aws:scheduler/schedule:Schedule", "nightly")?.arn,
  };
}

/** What was noted in the next moment. */
async function working(): Promise<string[]> {
  const from = noted().length;
  while (noted().length < from + 3) await sleep(50);
  return [...new Set(noted().slice(from))];
}

function noted(): string[] {
  try {
    return readFileSync(notes, "utf8").trim().split("\n");
  } catch {
    return [];
  }
}

test("workers stay with stable until the finish, and then are the candidate's alone", {
  timeout: 600_000,
}, async () => {
  const installed = await up("blue", "idle");
  expect(await working()).toEqual(["v1"]);
  const half = await up("blue", "half");
  expect(half.told).toEqual({ stable: "blue", stage: "half", shares: { blue: 50, green: 50 } });
  // The same tasks are told other words, and the same schedule goes on.
  expect(half.mailer).toBe(installed.mailer);
  expect(await working()).toEqual(["v1"]);
  const finished = await up("green", "idle");
  expect(finished.told).toMatchObject({ stable: "green", shares: { blue: 0, green: 100 } });
  expect(finished.nightly).toBe(installed.nightly);
  expect(finished.mailer).not.toBe(installed.mailer);
  expect(await working()).toEqual(["v2"]);
  // Exclusive: what was noted first by v1 and then by v2 is never noted by v1 again.
  expect(
    noted()
      .join("")
      .replace(/(v\d)\1*/g, "$1"),
  ).toBe("v1v2");
});
