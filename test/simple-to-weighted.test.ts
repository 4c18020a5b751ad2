import { Resolver } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LocalWorld, PACK, packWithout, ROOT, type TestStack } from "./local-world";

/** The steps of `examples/weighted-dns`: each passes the policies and succeeds, and the name answers all the time. */

const EXAMPLE = join(ROOT, "examples/weighted-dns");
const HOST = "www.example.com";
const IMAGE = `registry.example.com/shop@sha256:${"1".repeat(64)}`;

const target = { run: `node ${join(ROOT, "test/facts/target.js")}`, env: { VERSION: "v1" } };

let world: LocalWorld;
let stack: TestStack;
beforeEach(async () => {
  world = await LocalWorld.start({ images: () => ({ [IMAGE]: target }) });
});
afterEach(() => world.stop());

const program = (step: string) => `import "${join(EXAMPLE, step)}";`;

async function begin(source: string): Promise<void> {
  stack = await world.project("shop", source);
  expect(await stack.up("--skip-preview")).toMatchObject({ code: 0 });
}

function resolverOf({ cloud }: LocalWorld): Resolver {
  const resolver = new Resolver({ timeout: 1000, tries: 1 });
  resolver.setServers(cloud.dataPlane.dnsAddresses());
  return resolver;
}

/** Asks for the name over and over while something runs: how often it was answered, and what else there was. */
async function asking<T>(run: () => Promise<T>): Promise<{ result: T; answered: number; failures: string[] }> {
  const resolver = resolverOf(world);
  const failures: string[] = [];
  let answered = 0;
  let isOver = false;
  const look = async () => {
    while (!isOver) {
      await resolver.resolve4(HOST).then(
        () => answered++,
        (error: NodeJS.ErrnoException) => failures.push(error.code ?? String(error)),
      );
      await sleep(5);
    }
  };
  const looking = look();
  const result = await run().finally(() => {
    isOver = true;
  });
  await looking;
  return { result, answered, failures };
}

test.each([
  ["alias records", ["alias-1-simple", "alias-2-weighted", "alias-3-second-edge"]],
  ["a CNAME", ["cname-1-simple", "cname-2-short-ttl", "cname-3-weighted"]],
])(
  "%s: each step passes the policies, and the name answers all the time",
  async (_, [first = "", ...steps]) => {
    await begin(program(first));
    for (const step of steps) {
      stack.write(program(step));
      const { result, answered, failures } = await asking(() => stack.up("--skip-preview", ...PACK));
      expect([step, result]).toEqual([step, expect.objectContaining({ code: 0 })]);
      expect(result.output).not.toMatch(/aws:route53:Record .*(replac|delet)/);
      expect([step, [...new Set(failures)]]).toEqual([step, []]);
      expect(answered).toBeGreaterThan(20);
    }
  },
  300_000,
);

test("a CNAME that becomes an alias is refused for its gap; without the policy the name answers all the time by IPv4", async () => {
  await begin(program("cname-2-short-ttl"));
  stack.write(program("cname-3-alias"));
  const refused = await stack.preview(...PACK);
  expect(refused.output).toMatch(/\[mandatory\] +serving-replacement/);
  expect(refused.output).toContain('for type "CNAME" -> "A"');
  expect(refused.code).not.toBe(0);
  expect(await stack.preview(...packWithout("serving-replacement", world.home))).toMatchObject({ code: 0 });
  // The AAAA record is new, and Route 53 has none beside a CNAME: it must come after the A record in the CNAME's place.
  const { result, failures } = await asking(() => stack.up("--skip-preview"));
  expect(result).toMatchObject({ code: 0 });
  expect([...new Set(failures)]).toEqual([]);
});

test("at a stage of the second edge users are led to both", async () => {
  await begin(program("alias-3-second-edge"));
  const { result, failures } = await asking(() => stack.up("--skip-preview", "-c", "stage=canary-50"));
  expect(result).toMatchObject({ code: 0 });
  expect(failures).toEqual([]);
  const resolver = resolverOf(world);
  const seen = new Set<string>();
  for (let i = 0; i < 100; i++) for (const address of await resolver.resolve4(HOST)) seen.add(address);
  const alone = await Promise.all(["blue", "green"].map((color) => resolver.resolve4(`www-${color}.example.com`)));
  expect([...seen].sort()).toEqual(alone.flat().sort());
});

test("control: as other resources the records are refused by Route 53, or the name is without an answer", async () => {
  await begin(program("alias-1-simple"));
  const source = readFileSync(join(EXAMPLE, "alias-2-weighted.ts"), "utf8");
  const [shop, components] = [join(EXAMPLE, "shop"), join(ROOT, "components")];
  const moved = source.replaceAll("./shop", shop).replaceAll("../../components", components);
  stack.write(moved.replace(/ *existing: .*\n/, ""));
  const beside = await asking(() => stack.up("--skip-preview"));
  expect(beside.result.output).toContain("InvalidChangeBatch");
  expect(beside.result.code).not.toBe(0);
  expect(beside.failures).toEqual([]);

  stack.write(program("shop"));
  const { failures } = await asking(() => stack.up("--skip-preview"));
  expect(failures.length).toBeGreaterThan(0);
});

/** A zone of the program's own, and a record whose name is written without it. */
const shortName = (record: string) => `
  import * as aws from "@pulumi/aws";
  import { Rollout, WeightedDnsRoute } from "${ROOT}/components";
  const { zoneId } = new aws.route53.Zone("example", { name: "example.com" });
  ${record}`;
const SIMPLE = 'new aws.route53.Record("www", { zoneId, name: "www", type: "A", records: ["192.0.2.1"], ttl: 60 });';
const WEIGHTED = `new WeightedDnsRoute("shop", {
    rollout: new Rollout("shop", { stable: "blue" }), zoneId, domain: "example.com", host: "${HOST}",
    targets: { blue: { ipv4: ["192.0.2.1"], existing: { a: "www" } } },
  });`;

test("a record whose name is written short is not replaced for its name", async () => {
  await begin(shortName(SIMPLE));
  stack.write(shortName(WEIGHTED));
  const { result, failures } = await asking(() => stack.up("--skip-preview"));
  expect(result.output).toMatch(/aws:route53:Record shop-blue-a updated/);
  expect(result.output).not.toContain("replace");
  expect(result.code).toBe(0);
  expect(failures).toEqual([]);
});
