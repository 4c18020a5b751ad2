import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { Migration, type MigrationArgs } from "../components";
import { collectAsked, settled } from "./asked";

const { asked, find } = collectAsked();

const directory = mkdtempSync(join(tmpdir(), "crossfade-migration-"));
const STASH = "pulumi:index:Stash";
const args: MigrationArgs = {
  phase: "expand",
  directory,
  postgres: 16,
  image: "shop@sha256:1",
  env: { LEVEL: "debug" },
  secrets: { DATABASE_URL: "arn:secret" },
  vpcId: "vpc-1",
  subnetIds: ["subnet-1"],
};

beforeAll(() => {
  writeFileSync(join(directory, "1_orders.sql"), "CREATE TABLE orders (id int)");
  writeFileSync(join(directory, "2_phone.sql"), "ALTER TABLE orders ADD COLUMN phone text");
});

test("the job has the version's image, variables and secrets, and is told what was judged", async () => {
  new Migration("shop", args);
  await settled();
  const [container] = JSON.parse(String(find("aws:ecs/taskDefinition:TaskDefinition").inputs.containerDefinitions));
  expect(container).toMatchObject({
    image: "shop@sha256:1",
    environment: [{ name: "LEVEL", value: "debug" }],
    secrets: [{ name: "DATABASE_URL", valueFrom: "arn:secret" }],
    command: [
      "npx",
      "crossfade",
      "migrate",
      directory,
      "--to",
      "2",
      "--digest",
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ],
  });
  expect(find("crossfade:index:Migration").inputs).toMatchObject({
    phase: "expand",
    to: 2,
    files: [expect.objectContaining({ number: 1, sql: "CREATE TABLE orders (id int)" }), expect.anything()],
  });
});

test("what has been run is kept when all that it needs is there, and is the same whatever the image: nothing is run for that", async () => {
  const { version } = new Migration("first", args);
  new Migration("next", { ...args, image: "shop@sha256:2", env: {}, command: ["flyway", "migrate"] });
  await settled();
  const kept = find(STASH, "first-schema").inputs.input;
  expect(kept).toMatchObject({ version: 2, files: { "1_orders.sql": expect.any(String) } });
  expect(find(STASH, "next-schema").inputs.input).toEqual(kept);
  const types = asked.map(({ type, name }) => `${type} ${name}`);
  expect(types.indexOf(`${STASH} first-schema`)).toBeGreaterThan(
    types.indexOf("aws:ecs/taskDefinition:TaskDefinition first"),
  );
  expect(await new Promise((resolve) => version.apply(resolve))).toBe(2);
});
