import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readSchema } from "../components/migration-files";
import { type Job, runJob } from "../components/migration-job";
import { AwsClients } from "../live/aws-clients";
import { findTask } from "../live/task";
import { LocalProvider } from "../local/providers";
import { type ApiWorld, startApiWorld } from "./api-world";

let world: ApiWorld;
let clients: AwsClients;
const lines: string[] = [];

beforeAll(async () => {
  world = await startApiWorld();
  process.env.AWS_ENDPOINT_URL = world.settings.endpoint;
  clients = new AwsClients({ region: "eu-local-1", accessKey: "local", secretKey: "local" });
});
afterAll(async () => {
  delete process.env.AWS_ENDPOINT_URL;
  await world.cloud.stop();
});
beforeEach(() => {
  lines.length = 0;
});

let made = 0;
/** The ARN of a task definition that runs a shell's line. */
async function definition(line: string, image = "shop@sha256:1"): Promise<string> {
  const provider = new LocalProvider(world.cloud.records, { changed: async () => {} }, () => {});
  const container = { name: "migration", image, command: ["/bin/sh", "-c", line], stopTimeout: 2 };
  const inputs = { family: "job", containerDefinitions: JSON.stringify([container]) };
  const type = "aws:ecs/taskDefinition:TaskDefinition";
  return (await provider.create(`urn:pulumi:dev::api::${type}::job-${++made}`, inputs, false)).id;
}

async function run(line: string, more: Partial<Job> & { image?: string; cluster?: string } = {}): Promise<void> {
  const { image, cluster = world.cluster, ...job } = more;
  const place = {
    cluster,
    taskDefinition: await definition(line, image),
    subnets: ["subnet-1"],
    securityGroups: ["sg-1"],
  };
  await runJob(
    { name: "shop", to: 7, digest: `${made}`.repeat(64), patience: 60, ...job },
    { ...place, publicAddress: false },
    clients,
    { say: (said) => void lines.push(said), askEvery: 0.05 },
  );
}

test("a job is run once, and waited for", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "crossfade-job-")), "ran");
  await run(`sleep 0.3; echo ran >> ${file}; test $(wc -l < ${file}) = 1`);
  expect(lines[0]).toMatch(/^schema 7 is made by task [0-9a-f]{32}$/);
  expect(lines.at(-1)).toMatch(/is STOPPED$/);
});

test("one that fails fails the step, with its exit code and where its log is", async () => {
  await expect(run("exit 3")).rejects.toThrow(
    /^the job task [0-9a-f]{32}, which was to bring "shop" to schema 7, has failed: exit code 3, Essential container in task exited\. Its log/,
  );
});

test("one that hangs is stopped", async () => {
  await expect(run("exec sleep 60", { patience: 0.3, digest: "hangs" })).rejects.toThrow(
    "it took longer than 0.3 s, and was stopped",
  );
  await expect.poll(() => findTask(clients, world.cluster, "crossfade/shop/hangs")).toBeUndefined();
});

test("one that cannot be started says why", async () => {
  await expect(run("true", { image: "nowhere@sha256:2" })).rejects.toThrow(
    "it never ran, CannotPullContainerError: no command stands for the image nowhere@sha256:2",
  );
  await expect(run("true", { cluster: "arn:aws:ecs:eu-local-1:0:cluster/gone" })).rejects.toThrow(
    "ClusterNotFoundException",
  );
});

test("one that a killed update has left running is waited for, and not started again", async () => {
  const digest = "left".repeat(10);
  const first = run("sleep 1", { digest });
  await expect.poll(() => findTask(clients, world.cluster, `crossfade/shop/${digest}`)).toBeDefined();
  await run("exit 1", { digest }); // what would be run, were it started
  expect(lines).toContainEqual(
    expect.stringMatching(/^waiting for the job that an earlier update has left running: task/),
  );
  await first;
});

test("what the directory holds is read and refused before anything is made", () => {
  const directory = mkdtempSync(join(tmpdir(), "crossfade-schema-"));
  const args = { phase: "expand", directory, postgres: 16 } as const;
  writeFileSync(join(directory, "1_orders.sql"), "CREATE TABLE orders (id int)");
  writeFileSync(join(directory, "2_phone.sql"), "ALTER TABLE orders ADD COLUMN phone text");
  const all = readSchema("shop", args);
  expect(all).toMatchObject({ to: 2, kept: { version: 2 } });
  const one = readSchema("shop", { ...args, to: 1 });
  expect(one.command).toEqual([
    "node_modules/.bin/crossfade",
    ...["migrate", directory, "--to", "1", "--digest", one.digest],
  ]);
  expect(one.digest).not.toBe(all.digest);
  writeFileSync(join(directory, "2_phone.sql"), "ALTER TABLE orders ADD COLUMN telephone text");
  expect(readSchema("shop", args).digest).not.toBe(all.digest);
  expect(readSchema("shop", { ...args, to: 1 }).digest).toBe(one.digest); // it is of what is run
  writeFileSync(join(directory, "2_mail.sql"), "");
  const wrong = { phase: "explode" as "expand", directory, to: 9, postgres: 9.6 };
  expect(() => readSchema("shop", wrong)).toThrow(
    /phase: "explode" is neither.*\n.*postgres: 9\.6: .*\n.*directory: 2_mail\.sql and 2_phone\.sql have the number 2 both/,
  );
  expect(() => readSchema("shop", { ...args, directory: "/nowhere" })).toThrow(/directory: ENOENT/);
});
