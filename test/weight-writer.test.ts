import { Route53 } from "@aws-sdk/client-route-53";
import { afterAll, beforeAll, expect, test } from "vitest";
import { liveShares } from "../cli/live-shares";
import { holdWeights } from "../cli/rollback/hold-weights";
import { weightWriter } from "../cli/rollback/weight-writer";
import { type RouteNow, routesNow } from "../cli/rollout-now";
import { AwsClients } from "../live/aws-clients";
import { readRule, writeRule } from "../live/rule";
import { type ApiWorld, askFaults, startApiWorld } from "./api-world";
import { stack } from "./crossfade-stack";

let world: ApiWorld;
let clients: AwsClients;
beforeAll(async () => {
  world = await startApiWorld();
  const { region, credentials } = world.settings;
  process.env.AWS_ENDPOINT_URL = world.settings.endpoint;
  clients = new AwsClients({ region, accessKey: credentials.accessKeyId, secretKey: credentials.secretAccessKey });
});
afterAll(() => {
  delete process.env.AWS_ENDPOINT_URL;
  return world.cloud.stop();
});

/** A route whose weights are in the world's rule or records. */
function route(more: Partial<RouteNow>): RouteNow {
  const [found] = routesNow(stack({ stage: "canary-5" }));
  if (!found) throw new Error("there is no route");
  const carriers = [{ urn: "", type: "aws:lb/listenerRule:ListenerRule", id: world.rule }];
  return { ...found, carriers, targetGroups: world.groups, ...more };
}

test("by a rule: weights and stickiness in one call, though AWS throttles", async () => {
  const { blue, green } = world.groups;
  await writeRule(clients, world.rule, { weights: { [blue]: 95, [green]: 5 }, sticky: true });
  const writer = weightWriter(route({}), "blue", clients);
  expect(await writer?.isDone()).toBe(false);
  await askFaults(world.settings.endpoint, [{ operation: "ModifyRule", what: "throttle", calls: [1, 2] }]);
  await writer?.write();
  expect(await writer?.isDone()).toBe(true);
  const { groups, sticky } = await readRule(clients, world.rule);
  expect([groups.map(({ weight }) => weight), sticky]).toEqual([[100, 0], false]);

  // A cookie outranks a weight: with it on the users are not back.
  await writeRule(clients, world.rule, { weights: { [blue]: 100, [green]: 0 }, sticky: true });
  expect(await writer?.isDone()).toBe(false);
});

test("by weighted records: those of a host in one batch", async () => {
  const route53 = new Route53(world.settings);
  const own = { Name: "shop.local.test.", Type: "A" as const, SetIdentifier: "green", Weight: 5, TTL: 60 };
  const ResourceRecordSet = { ...own, ResourceRecords: [{ Value: "192.0.2.2" }] };
  await route53.changeResourceRecordSets({
    HostedZoneId: world.zone,
    ChangeBatch: { Changes: [{ Action: "CREATE", ResourceRecordSet }] },
  });
  const dns = route({ kind: "dns", records: { zoneId: world.zone, host: "shop.local.test" } });
  const writer = weightWriter(dns, "blue", clients);
  expect(await writer?.isDone()).toBe(false);
  await writer?.write();
  expect(await writer?.isDone()).toBe(true);
  expect(await liveShares(dns, clients)).toEqual({ blue: 100, green: 0 });
});

test("behind a Gateway there is none", () => {
  expect(weightWriter(route({ kind: "gateway" }), "blue", clients)).toBeUndefined();
});

test("somebody who writes other weights is written over", async () => {
  const { blue, green } = world.groups;
  const writer = weightWriter(route({}), "blue", clients);
  if (!writer) throw new Error("there is no rule");
  await writer.write();
  const raised: string[] = [];
  const raising = writeRule(clients, world.rule, { weights: { [blue]: 50, [green]: 50 }, sticky: true });
  await holdWeights([writer], raising, { onRaised: (name) => raised.push(name), lookMs: 20 });
  expect(raised).toEqual(["shop"]);
  expect(await writer.isDone()).toBe(true);
});
