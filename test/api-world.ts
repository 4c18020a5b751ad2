import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalCloud, type LocalCloudOptions } from "../local/local-cloud";
import { LocalProvider, Records } from "../local/providers";
import { freshPort } from "./ports";

/** What stands in the world: two versions behind one weighted rule. The image `shop` is `test/facts/target.js`. */
export interface ApiWorld {
  cloud: LocalCloud;
  /** Of AWS, by the SDK's own environment variables. */
  settings: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };
  balancer: string;
  listener: string;
  rule: string;
  cluster: string;
  /** `local.test`, with a weighted record `shop` of blue only. */
  zone: string;
  groups: { blue: string; green: string };
  services: { blue: string; green: string };
  /** A node of the balancer: `127.0.0.1:4080`. */
  address: string;
}

const IMAGE = "shop@sha256:1";

/** A local cloud that finds these resources in its folder, as after a restart: no engine is needed. */
export async function startApiWorld(options: Partial<LocalCloudOptions> = {}): Promise<ApiWorld> {
  const home = mkdtempSync(join(tmpdir(), "crossfade-api-"));
  const provider = new LocalProvider(new Records(join(home, "cloud.json")), { changed: async () => {} }, () => {});
  const make = async (type: string, name: string, inputs: Record<string, unknown>) => {
    const urn = `urn:pulumi:dev::api::${type}::${name}`;
    return (await provider.create(urn, { name, ...inputs }, false)).id;
  };
  const balancer = await make("aws:lb/loadBalancer:LoadBalancer", "shop", {});
  const listener = await make("aws:lb/listener:Listener", "shop", {
    loadBalancerArn: balancer,
    port: 80,
    defaultActions: [
      { type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404", messageBody: "<&>" } },
    ],
  });
  const healthCheck = { path: "/healthz", interval: 0.1, healthyThreshold: 2, unhealthyThreshold: 5 };
  const group = (color: string) =>
    make("aws:lb/targetGroup:TargetGroup", `shop-${color}`, {
      port: 80,
      targetType: "ip",
      deregistrationDelay: 1,
      healthCheck,
    });
  const groups = { blue: await group("blue"), green: await group("green") };
  const targetGroups = [
    { arn: groups.blue, weight: 100 },
    { arn: groups.green, weight: 0 },
  ];
  const rule = await make("aws:lb/listenerRule:ListenerRule", "shop", {
    listenerArn: listener,
    priority: 10,
    conditions: [{ pathPattern: { values: ["/*"] } }],
    actions: [{ type: "forward", forward: { targetGroups, stickiness: { enabled: false, duration: 3600 } } }],
  });
  const cluster = await make("aws:ecs/cluster:Cluster", "shop", {});
  const service = async (color: "blue" | "green") => {
    const containerDefinitions = JSON.stringify([
      { name: "shop", image: IMAGE, environment: [{ name: "VERSION", value: color }], stopTimeout: 5 },
    ]);
    const definition = { family: `shop-${color}`, containerDefinitions };
    await make("aws:ecs/taskDefinition:TaskDefinition", `shop-${color}`, definition);
    const records = new Records(join(home, "cloud.json"));
    const found = records
      .ofType("aws:ecs/taskDefinition:TaskDefinition")
      .find(({ inputs }) => inputs.family === `shop-${color}`);
    return make("aws:ecs/service:Service", `shop-${color}`, {
      cluster,
      desiredCount: 2,
      healthCheckGracePeriodSeconds: 3600, // a test may make a target unhealthy, and find it so
      taskDefinition: found?.outputs.arn,
      loadBalancers: [{ targetGroupArn: groups[color], containerName: "shop", containerPort: 80 }],
    });
  };
  const zone = await make("aws:route53/zone:Zone", "local.test", {});
  await make("aws:route53/record:Record", "shop", {
    zoneId: zone,
    type: "A",
    setIdentifier: "blue",
    weightedRoutingPolicies: [{ weight: 100 }],
    ttl: 60,
    records: ["192.0.2.1"],
  });
  const services = { blue: await service("blue"), green: await service("green") };
  const run = `${process.execPath} ${join(__dirname, "facts/target.js")}`;
  const images = () => ({ [IMAGE]: { run } });
  const cloud = await LocalCloud.start({ home, images, adoptionDelay: [0, 50], basePort: freshPort(), ...options });
  for (const arn of Object.values(services)) await cloud.dataPlane.steady(arn);
  const { AWS_ENDPOINT_URL = "", AWS_REGION = "", AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = cloud.env;
  return {
    cloud,
    settings: {
      endpoint: AWS_ENDPOINT_URL,
      region: AWS_REGION,
      credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
    },
    balancer,
    listener,
    rule,
    cluster,
    zone,
    groups,
    services,
    address: cloud.dataPlane.addresses(balancer, 80)[0] ?? "",
  };
}

/** What is to go wrong with the next calls: for a cloud in any process. */
export function askFaults(endpoint: string, faults: object[]): Promise<void> {
  return put(`${endpoint}/_crossfade/faults`, faults);
}

/** What the account may have, such as `{ addresses: 4 }`: for a cloud in any process. */
export function askLimits(endpoint: string, limits: object): Promise<void> {
  return put(`${endpoint}/_crossfade/limits`, limits);
}

async function put(url: string, body: object): Promise<void> {
  const answer = await fetch(url, { method: "PUT", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
}
