import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { Migration, type MigrationArgs } from "../components";
import { KubernetesMigration } from "../components/kubernetes";
import { loadParser } from "../migrations";
import { migrationLocks } from "../policies/migration-locks";
import { planOf } from "../policies/plan";
import { collectAsked, settled } from "./asked";
import { resource } from "./resources";

// What must be there before the job is run comes late, so that nothing is in order by chance.
const NEEDED = [
  "aws:ecs/cluster:Cluster",
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
  "aws:iam/rolePolicy:RolePolicy",
];
const { asked, find } = collectAsked((_, type) => (NEEDED.includes(type) ? 100 : 0));

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
      "node_modules/.bin/crossfade",
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
  const types = asked.filter(({ name }) => name.startsWith("first")).map(({ type }) => type);
  for (const type of [...NEEDED, "aws:ecs/taskDefinition:TaskDefinition"]) {
    expect([type, types.indexOf(type) >= 0 && types.indexOf(STASH) > types.indexOf(type)]).toEqual([type, true]);
  }
  expect(await new Promise((resolve) => version.apply(resolve))).toBe(2);
});

/** What the policy says of it, over what a state has of the first file. */
function judged(type: string): string[] {
  const inputs = find(type, "shop").inputs;
  const migration = resource("shop", type, inputs, { custom: false });
  const ran = { input: { version: 1, files: {} } };
  const kept = resource("shop-schema", STASH, ran, { parent: migration.urn });
  return migrationLocks.judge(planOf([migration, kept], [migration, kept])).map(({ what }) => what);
}

test("the policies read of either kind what it would run", async () => {
  await loadParser();
  const locking = mkdtempSync(join(tmpdir(), "crossfade-migration-"));
  writeFileSync(join(locking, "1_orders.sql"), "CREATE TABLE orders (id int)");
  writeFileSync(join(locking, "2_index.sql"), "CREATE INDEX by_id ON orders (id)");
  new Migration("shop", { ...args, directory: locking });
  const { phase, postgres, image } = args;
  new KubernetesMigration("shop", { phase, postgres, image, directory: locking, namespace: "shop" });
  await settled();
  const refused = ['2_index.sql, line 1: "orders" is locked in mode SHARE while an index is built of all of its rows.'];
  expect(judged("crossfade:index:Migration")).toEqual(refused);
  expect(judged("crossfade:index:KubernetesMigration")).toEqual(refused);
});

test("a Job is let into a restricted namespace, ends by itself, and is made anew where it has failed", async () => {
  const secrets = { DATABASE_URL: "database/url" };
  new KubernetesMigration("jobbed", { ...args, secrets, namespace: "shop", patience: 600 });
  await settled();
  const { metadata, spec } = find("kubernetes:batch/v1:Job", "jobbed").inputs as Record<string, object>;
  expect(metadata).toMatchObject({ annotations: { "pulumi.com/replaceUnready": "true" } });
  expect(spec).toMatchObject({
    backoffLimit: 0,
    activeDeadlineSeconds: 600,
    template: {
      spec: {
        restartPolicy: "Never",
        securityContext: { runAsNonRoot: true },
        containers: [
          {
            image: args.image,
            env: [
              { name: "LEVEL", value: "debug" },
              { name: "DATABASE_URL", valueFrom: { secretKeyRef: { name: "database", key: "url" } } },
            ],
          },
        ],
      },
    },
  });
});
