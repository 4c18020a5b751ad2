import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { ConfigError, parseConfig } from "../components";
import { formatDuration, parseDuration } from "../traffic";

const V1 = `shop@sha256:${"1".repeat(64)}`;
const V2 = `shop@sha256:${"2".repeat(64)}`;

const good = {
  blue: V1,
  stable: "blue",
  service: JSON.stringify({ host: "shop.example.com" }),
  network: JSON.stringify({ vpcId: "vpc-1", subnetIds: ["subnet-1", "subnet-2"] }),
};

function problems(texts: Record<string, string>, insideLocalCloud = false): string {
  try {
    parseConfig("prod", texts, insideLocalCloud);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error("the config was accepted");
}

test("one image and a host are enough", () => {
  const { rollout, environments, host } = parseConfig("prod", good, false);
  expect(rollout.stage).toBe("idle");
  expect(rollout.stages.map(({ name }) => name)).toEqual(["idle", "canary-5", "canary-25", "canary-50", "full"]);
  expect(host).toBe("shop.example.com");
  expect(environments.green).toBeUndefined();
  expect(environments.blue).toMatchObject({ image: V1, port: 8080, health: "/healthz", drain: 60, replicas: 2 });
});

test("a color overrides the service, and variables are merged", () => {
  const service = { host: "h.example", port: 8080, drain: "30s", env: { A: "1", B: "1" } };
  const green = { image: V2, port: 9090, env: { B: "2" } };
  const { environments } = parseConfig(
    "prod",
    { ...good, service: JSON.stringify(service), green: JSON.stringify(green) },
    false,
  );
  expect(environments.blue).toMatchObject({ port: 8080, drain: 30, env: { A: "1", B: "1" } });
  expect(environments.green).toMatchObject({ image: V2, port: 9090, drain: 30, env: { A: "1", B: "2" } });
});

const stageNames = (texts: Record<string, string>) =>
  parseConfig("prod", { ...good, ...texts }, false).rollout.stages.map(({ name }) => name);

test("a plan names the stages: the one that is built in, or one of the config, which may have its name", () => {
  expect(stageNames({ plan: "hotfix" })).toEqual(["idle", "canary-10", "canary-50", "full"]);
  const plans = JSON.stringify({ slow: [{ weight: 1, bake: "1h" }, { weight: 10 }], hotfix: [{ weight: 20 }] });
  expect(stageNames({ plans })).toEqual(["idle", "canary-5", "canary-25", "canary-50", "full"]);
  expect(stageNames({ plans, plan: "slow" })).toEqual(["idle", "canary-1", "canary-10", "full"]);
  expect(stageNames({ plans, plan: "hotfix" })).toEqual(["idle", "canary-20", "full"]);
  expect(stageNames({ plan: "hotfix", stage: "canary-10", green: V2 })).toContain("canary-10");
});

test("a rejected version is read with its moment, as the engine writes it too", () => {
  const digest = `sha256:${"2".repeat(64)}`;
  const rejected = [
    { digest, at: "2026-11-29T20:00:00+01:00", reason: "it was bad" },
    { digest, at: "2026-11-29 19:00:00 +0000 UTC", reason: "it was bad" },
  ];
  const at = "2026-11-29T19:00:00.000Z";
  expect(parseConfig("prod", { ...good, rejected: JSON.stringify(rejected) }, false).rejected).toEqual([
    { digest, at, reason: "it was bad" },
    { digest, at, reason: "it was bad" },
  ]);
  expect(parseConfig("prod", good, false).rejected).toEqual([]);
});

test("all errors come at once, each with its path", () => {
  const message = problems({
    ...good,
    stge: "idle",
    green: "shop:latest",
    stage: "canary-6",
    stages: JSON.stringify([{ weight: 25 }, { weight: 5 }, { name: "full", weight: 99 }]),
    service: JSON.stringify({ host: "shop.example.com", prt: 1, drain: 30 }),
  });
  expect(message).toContain('the stack config of "prod" has 5 errors; nothing was changed');
  expect(message).toMatch(/crossfade:stge +is no key here. Did you mean "stage"\?/);
  expect(message).toMatch(/crossfade:green.image +"shop:latest": an image by digest/);
  expect(message).toMatch(/crossfade:stages\[2\] .*weight 100 is the stage "full"/);
  expect(message).toMatch(/crossfade:service.prt +is no key here. Did you mean "port"\?/);
  expect(message).toMatch(/crossfade:service.drain +30: a duration such as/);
});

test.each([
  ["stages that do not rise", { stages: '[{"weight":25},{"weight":5}]' }, /stages\[1\].weight +5 comes after 25/],
  ["a weight out of range", { stages: '[{"weight":101}]' }, /stages\[0\].weight +101: /],
  ["a weight of 0", { stages: '[{"weight":0}]' }, /stages\[0\].weight +0: /],
  ["a broken weight", { stages: '[{"weight":2.5}]' }, /stages\[0\].weight +2.5: a whole number/],
  ["an unknown stage", { stage: "canary-6" }, /stage +"canary-6" is no stage. Did you mean "canary-5"\?/],
  [
    "a plan beside stages",
    { plan: "hotfix", stages: '[{"weight":5}]' },
    /crossfade:plan +"hotfix" is set together with crossfade:stages.*Keep one: .*crossfade:plans/,
  ],
  ["an unknown plan", { plan: "hotfx" }, /plan +"hotfx" is no plan. Did you mean "hotfix"\? Known: hotfix$/m],
  ["a plan by the name of what every object has", { plan: "constructor" }, /plan +"constructor" is no plan/],
  ["a stage of another plan", { plan: "hotfix", stage: "canary-5" }, /"canary-5" is no stage.*canary-10, canary-50/],
  ["plans that do not rise", { plans: '{"a":[{"weight":9},{"weight":5}]}' }, /plans.a\[1\].weight +5 comes after 9/],
  ["a plan without a stage", { plans: '{"a":[]}' }, /plans.a +a canary stage at least/],
  ["no stage", { stages: "[]", stage: "full" }, /crossfade:stages +a canary stage at least/],
  ["no stage but full", { stages: '[{"name":"full","bake":"1h"}]' }, /crossfade:stages +a canary stage at least/],
  ["a plan's name in capitals", { plans: '{"Fast":[{"weight":5}]}' }, /plans.Fast .*lower-case/],
  ["an unknown key of a plan's stage", { plans: '{"a":[{"weigth":5}]}' }, /weigth .*Did you mean "weight"/],
  [
    "a rejection by tag",
    { rejected: '[{"digest":"v2","at":"2026-11-29","reason":"x"}]' },
    /rejected\[0\].digest +"v2"/,
  ],
  ["a rejection without a reason", { rejected: '[{"digest":"v2"}]' }, /rejected\[0\].reason +is missing/],
  ["an unknown color", { stable: "blu" }, /stable +"blu" is none of blue, green. Did you mean "blue"\?/],
  ["no color", { blue: "" }, /blue/],
  ["no candidate for a stage", { stage: "canary-5" }, /green +is missing: stage "canary-5" needs a candidate/],
  ["stable without a line", { stable: "green" }, /green +is missing: .*To make blue stable: stable: blue/],
  [
    "a size that Fargate lacks",
    { blue: `{"image":"${V1}","cpu":512,"memory":512}` },
    /blue.memory +512 CPU units with 512/,
  ],
  ["a drain beyond ELB's", { service: '{"host":"a.b","drain":"2h"}' }, /service.drain +"2h": 0 s to 3600 s/],
  ["half a network", { network: '{"vpcId":"vpc-1"}' }, /network +.*either stack, or vpcId and subnetIds/],
  ["a secret by value", { service: '{"host":"a.b","secrets":{"K":"s3cret"}}' }, /service.secrets.K .*ARN/],
  ["text that is no object", { service: "shop.example.com" }, /service +"shop.example.com": /],
])("%s is refused", (_, change, expected) => {
  const texts: Record<string, string> = { ...good, ...change };
  expect(problems(texts)).toMatch(expected);
});

const DNS = { zone: "ZSHOP", domain: "example.com" };
const withDns = { ...good, dns: JSON.stringify(DNS) };

test("without dns both colors are behind one edge", () => {
  const { dns, edges, clientKeepAlive } = parseConfig("prod", good, false);
  expect([dns, clientKeepAlive]).toEqual([undefined, undefined]);
  expect(edges).toEqual({
    blue: { internal: false, network: { vpcId: "vpc-1", subnetIds: ["subnet-1", "subnet-2"] } },
  });
});

test("with dns each color has an edge, and may have one that differs", () => {
  const service = { host: "Shop.example.com", certificate: "arn:aws:acm:eu:1:certificate/1", clientKeepAlive: "5m" };
  const network = { stack: "acme/network/new" };
  const green = { image: V2, internal: true, network, certificate: "arn:aws:acm:us:1:certificate/2" };
  const config = parseConfig(
    "prod",
    { ...withDns, service: JSON.stringify(service), green: JSON.stringify(green) },
    false,
  );
  expect(config.dns).toEqual({
    ...DNS,
    failover: "none",
    previewHosts: { blue: "shop-blue.example.com", green: "shop-green.example.com" },
  });
  const { certificate } = service;
  expect(config.edges.blue).toMatchObject({
    certificate,
    internal: false,
    clientKeepAlive: 300,
    network: config.network,
  });
  expect(config.edges.green).toEqual({ certificate: green.certificate, internal: true, clientKeepAlive: 300, network });
  expect(config.environments.green).not.toHaveProperty("network");
});

test.each([
  [
    "a host outside the domain",
    { dns: '{"zone":"ZSHOP","domain":"example.org"}' },
    /service.host .* not in the zone "example.org"/,
  ],
  ["no domain", { dns: '{"zone":"ZSHOP"}' }, /dns.domain +is missing/],
  [
    "a zone's name for its id",
    { dns: '{"zone":"example.com","domain":"example.com"}' },
    /dns.zone +"example.com": the id of/,
  ],
  [
    "an unknown key",
    { dns: '{"zone":"Z1","domain":"example.com","failovr":"none"}' },
    /failovr .*Did you mean "failover"\?/,
  ],
  [
    "an unknown failover",
    { dns: '{"zone":"Z1","domain":"example.com","failover":"to-idel"}' },
    /dns.failover +"to-idel" is none of none, to-idle. Did you mean "to-idle"\?/,
  ],
  [
    "a preview host elsewhere",
    { dns: '{"zone":"Z1","domain":"example.com","previewHosts":{"green":"green.shop.org"}}' },
    /dns.previewHosts.green .*"green.shop.org" is not in the zone/,
  ],
  [
    "the host as its own preview host",
    { dns: '{"zone":"Z1","domain":"example.com","previewHosts":{"blue":"shop.example.com"}}' },
    /dns.previewHosts.blue .*the host itself/,
  ],
  [
    "an unknown color there",
    { dns: '{"zone":"Z1","domain":"example.com","previewHosts":{"grene":"a.b"}}' },
    /grene .*"green"/,
  ],
  [
    "a failover that no check starts",
    { dns: '{"zone":"Z1","domain":"example.com","failover":"to-idle"}', blue: `{"image":"${V1}","internal":true}` },
    /dns.failover .*blue's edge is internal/,
  ],
  [
    "an edge of its own without dns",
    { blue: `{"image":"${V1}","internal":true}` },
    /blue.internal .*set crossfade:service.internal/,
  ],
  [
    "a network of its own without dns",
    { blue: `{"image":"${V1}","network":{"stack":"a/b/c"}}` },
    /blue.network .*without crossfade:dns .*set crossfade:network/,
  ],
  [
    "half a network of a color",
    { ...withDns, blue: `{"image":"${V1}","network":{"vpcId":"v"}}` },
    /blue.network .*either stack/,
  ],
  [
    "a keep-alive below ELB's",
    { service: '{"host":"a.b","clientKeepAlive":"30s"}' },
    /clientKeepAlive +"30s": 60 s to 604800 s/,
  ],
  ["a speed of 0", { local: '{"images":{},"dnsSpeed":0}' }, /local.dnsSpeed +0: /],
  ["half a speed", { local: '{"images":{},"dnsSpeed":1.5}' }, /local.dnsSpeed +1.5: a whole number/],
])("of DNS, %s is refused", (_, change, expected) => {
  const texts: Record<string, string> = { ...good, ...change };
  expect(problems(texts, texts.local !== undefined)).toMatch(expected);
});

const GATEWAY = { name: "public", namespace: "edge" };
const { network: _, ...withoutNetwork } = good;
const onAlb = { ...good, compute: "kubernetes", kubernetes: '{"namespace":"shop"}' };
const onGateway = {
  ...withoutNetwork,
  compute: "kubernetes",
  kubernetes: JSON.stringify({ namespace: "shop", gateway: GATEWAY }),
};
const service = (more: object) => ({ service: JSON.stringify({ host: "a.b", ...more }) });
const blue = (more: object) => ({ blue: JSON.stringify({ image: V1, ...more }) });
const inShop = (more: object) => ({ kubernetes: JSON.stringify({ namespace: "shop", ...more }) });

test("the compute is Fargate unless it is said to be another", () => {
  const { compute, kubernetes } = parseConfig("prod", good, false);
  expect([compute, kubernetes]).toEqual(["fargate", undefined]);
});

test("on Kubernetes both colors are behind one edge, or behind a Gateway without any", () => {
  const alb = parseConfig("prod", onAlb, false);
  expect(alb).toMatchObject({ compute: "kubernetes", kubernetes: { namespace: "shop", mirror: false }, sticky: 3600 });
  expect(alb.kubernetes).not.toHaveProperty("gateway");
  expect(alb.edges.blue?.network).toEqual(alb.network);

  const gateway = parseConfig("prod", { ...onGateway, ...inShop({ gateway: GATEWAY, mirror: true }) }, false);
  expect(gateway.kubernetes).toEqual({ namespace: "shop", gateway: GATEWAY, mirror: true });
  expect([gateway.network, gateway.edges, gateway.sticky]).toEqual([undefined, {}, 0]);
});

test("on Kubernetes a size that Fargate lacks, and secrets by their key, are as good", () => {
  const version = { cpu: 100, memory: 4000, secrets: { KEY: "shop-session/key" } };
  expect(parseConfig("prod", { ...onAlb, ...blue(version) }, false).environments.blue).toMatchObject(version);
});

test("on Kubernetes with scaling there is no number beside it, on Fargate it is where it starts", () => {
  const scaling = { min: 2, max: 4 };
  const ofBlue = (texts: Record<string, string>) => parseConfig("prod", texts, false).environments.blue;
  expect(ofBlue({ ...onAlb, ...blue({ scaling }) })).toMatchObject({ scaling });
  expect(ofBlue({ ...onAlb, ...blue({ scaling }) })).not.toHaveProperty("replicas");
  expect(ofBlue({ ...onAlb, ...blue({}) })).toMatchObject({ replicas: 2 });
  expect(ofBlue({ ...good, ...service({ replicas: 4 }), ...blue({ scaling }) })).toMatchObject({
    replicas: 4,
    scaling,
  });
});

const SCALING = { scaling: { min: 2, max: 4 } };
test.each<[string, Record<string, string>, RegExp]>([
  [
    "an unknown compute",
    { ...good, compute: "kubernets" },
    /compute .*"kubernets" is none of fargate, kubernetes, autoscaling. Did you/,
  ],
  ["its settings on Fargate", { ...good, ...inShop({}) }, /kubernetes +is for crossfade:compute kubernetes, .*fargate/],
  ["no settings of it", { ...good, compute: "kubernetes" }, /kubernetes +is missing: .* needs its namespace/],
  ["no namespace", { ...onAlb, kubernetes: "{}" }, /kubernetes.namespace +is missing/],
  [
    "a namespace in capitals",
    { ...onAlb, ...inShop({ namespace: "Shop" }) },
    /kubernetes.namespace +"Shop": .*lower-case/,
  ],
  ["an unknown key", { ...onAlb, ...inShop({ gatway: GATEWAY }) }, /kubernetes.gatway .*Did you mean "gateway"\?/],
  [
    "an unknown key of the Gateway",
    { ...onGateway, ...inShop({ gateway: { ...GATEWAY, nam: "x" } }) },
    /kubernetes.gateway.nam .*Did you mean "name"\? Known: name, namespace/,
  ],
  [
    "a Gateway nowhere",
    { ...onGateway, ...inShop({ gateway: { name: "a" } }) },
    /kubernetes.gateway.namespace +is missing/,
  ],
  [
    "a nameless Gateway",
    { ...onGateway, ...inShop({ gateway: { namespace: "a" } }) },
    /kubernetes.gateway.name +is missing/,
  ],
  ["a Gateway beside a network", { ...onGateway, network: good.network }, /network +means nothing behind a Gateway/],
  ["neither of them", { ...onGateway, ...inShop({}) }, /network +is missing: without crossfade:kubernetes.gateway/],
  [
    "a mirror without a Gateway",
    { ...onAlb, ...inShop({ mirror: true }) },
    /kubernetes.mirror .*a balancer copies no request/,
  ],
  ["DNS", { ...onAlb, dns: '{"zone":"ZSHOP","domain":"example.com"}' }, /dns +is for an edge of each color/],
  [
    "subnets of tasks",
    { ...onAlb, network: '{"vpcId":"v","subnetIds":["a","b"],"taskSubnetIds":["c"]}' },
    /network.taskSubnetIds +is for tasks on Fargate/,
  ],
  [
    "a certificate",
    { ...onGateway, ...service({ certificate: "arn:aws:acm:1" }) },
    /service.certificate .*the Gateway's list/,
  ],
  [
    "a certificate of a color",
    { ...onGateway, ...blue({ certificate: "arn:aws:acm:1" }) },
    /blue.certificate .*a Gateway/,
  ],
  ["an internal edge", { ...onGateway, ...service({ internal: true }) }, /service.internal .*is the Gateway's/],
  ["a keep-alive", { ...onGateway, ...service({ clientKeepAlive: "60s" }) }, /service.clientKeepAlive .*the Gateway's/],
  ["stickiness", { ...onGateway, ...service({ sticky: "1h" }) }, /service.sticky .*experimental \(GEP-1619\)/],
  [
    "a network of a color",
    { ...onGateway, ...blue({ network: { stack: "a/b/c" } }) },
    /blue.network .*behind a Gateway/,
  ],
  [
    "replicas and scaling",
    { ...onAlb, ...service({ replicas: 4, ...SCALING }) },
    /service.replicas .*give one of the two/,
  ],
  [
    "replicas and a color's scaling",
    { ...onGateway, ...service({ replicas: 4 }), ...blue(SCALING) },
    /has an error(.|\n)*blue.scaling .*the number is the autoscaler's/,
  ],
  ["no drain", { ...onAlb, ...service({ drain: "0s" }) }, /service.drain .*a drain of at least 1 s/],
  [
    "a secret of AWS",
    { ...onAlb, ...service({ secrets: { K: "arn:aws:ssm:1" } }) },
    /service.secrets.K .*on kubernetes "secret-/,
  ],
  [
    "a Secret's key on Fargate",
    { ...good, ...service({ secrets: { K: "shop/key" } }) },
    /service.secrets.K .*on fargate the ARN/,
  ],
  [
    "a container that ends its pod",
    { ...onAlb, ...service({ sidecars: { proxy: { image: V1, essential: true } } }) },
    /service.sidecars.proxy.essential .*starts the container again/,
  ],
])("of Kubernetes, %s is refused", (_, texts, expected) => {
  expect(problems(texts)).toMatch(expected);
});

test("a local stack is refused outside of the local cloud, and any other inside it", () => {
  const local = { ...good, local: JSON.stringify({ images: { [V1]: { run: "node server.js" } } }) };
  expect(problems(local, false)).toContain("npx crossfade local -- pulumi");
  expect(problems(good, true)).toContain("Run this stack outside of it");
  expect(parseConfig("local", local, true).local?.images[V1]?.run).toBe("node server.js");
});

test.each([
  ["30s", 30],
  ["10m", 600],
  ["1h", 3600],
  ["2d", 172800],
])("%s is %i seconds, and back", (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
  expect(formatDuration(seconds)).toBe(text);
});

test.each(["", "5", "5 s", "-5s", "1.5h", "5S", "5sec"])('"%s" is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

const COUNTS = { name: "orders", kind: "counts", bad: 'failed{c="{{color}}"}', all: 'orders{c="{{color}}"}' };
const PROMETHEUS = { source: "prometheus", prometheus: { url: "https://prometheus.example.com/" }, metrics: [COUNTS] };
const TRIED = { ...good, local: '{"images":{}}' };

test.each<[string, Record<string, string>, object | undefined]>([
  [
    "CloudWatch counts where nothing is said",
    good,
    { source: "cloudwatch", deadline: 3600, unanswered: 60, settle: 180 },
  ],
  ["in the local cloud its own counts", TRIED, { source: "local", settle: 2 }],
  ["… and CloudWatch's, where it is said", { ...TRIED, analysis: '{"source":"cloudwatch"}' }, { source: "cloudwatch" }],
  ["behind a Gateway nobody is known who does", onGateway, undefined],
])("of an analysis, %s", (_, texts, expected) => {
  const { analysis } = parseConfig("prod", texts, texts.local !== undefined);
  if (expected) expect(analysis).toMatchObject(expected);
  else expect(analysis).toBeUndefined();
});

test("of an analysis, errors and slow answers are judged, and share one alpha", () => {
  const criteria = { tolerance: 0.01, alpha: 0.005, burst: 10 };
  expect(parseConfig("prod", good, false).analysis?.metrics).toEqual([
    { name: "errors", kind: "errors", clientErrors: "good", ...criteria },
    { name: "slow", kind: "slow", over: 1000, ...criteria },
  ]);
});

test("of an analysis, all can be set", () => {
  const metrics = [
    { name: "errors", kind: "errors", clientErrors: "bad", tolerance: "0.5%", alpha: 0.001, burst: 50 },
    { name: "half-second", kind: "slow", over: "500ms", tolerance: "5 %" },
  ];
  const texts = { ...good, analysis: JSON.stringify({ metrics, deadline: "2h", settle: "5m" }) };
  expect(parseConfig("prod", texts, false).analysis).toMatchObject({
    deadline: 7200,
    settle: 300,
    metrics: [
      { clientErrors: "bad", tolerance: 0.005, alpha: 0.001, burst: 50 },
      { over: 500, tolerance: 0.05, alpha: 0.005, burst: 10 },
    ],
  });
  const counted = parseConfig("prod", { ...onGateway, analysis: JSON.stringify(PROMETHEUS) }, false).analysis;
  expect(counted).toEqual({
    source: "prometheus",
    prometheus: { url: "https://prometheus.example.com/", block: 60 },
    metrics: [{ ...COUNTS, tolerance: 0.01, alpha: 0.01, burst: 10 }],
    deadline: 3600,
    unanswered: 60,
    settle: 30,
  });
});

test.each<[string, object, RegExp]>([
  ["an unknown source", { source: "promtheus" }, /analysis.source .* Did you mean "prometheus"\?/],
  ["an unknown key", { deadlin: "1h" }, /analysis.deadlin .*Did you mean "deadline"\?/],
  [
    "an unknown key of a metric",
    { metrics: [{ ...COUNTS, tolerans: "1%" }] },
    /\.tolerans .*Did you mean "tolerance"\?/,
  ],
  ["an unknown key of Prometheus", { prometheus: { ulr: "http://a.b" } }, /prometheus.ulr .*Did you mean "url"\?/],
  ["no metric", { metrics: [] }, /analysis.metrics +\[\]: a metric at least/],
  ["an unknown kind", { metrics: [{ name: "a", kind: "error" }] }, /kind .*Did you mean "errors"\?/],
  ["a bare tolerance", { metrics: [{ name: "a", kind: "errors", tolerance: 0.01 }] }, /0.01: a share such as "1%"/],
  ["no tolerance", { metrics: [{ name: "a", kind: "errors", tolerance: "0%" }] }, /"0%": more than 0%/],
  ["all of it", { metrics: [{ name: "a", kind: "errors", tolerance: "100%" }] }, /"100%": a share such as "1%", below/],
  ["an alpha of 1", { metrics: [{ name: "a", kind: "errors", alpha: 1 }] }, /alpha +1: between 0 and 0.5/],
  ["a burst of 0", { metrics: [{ name: "a", kind: "errors", burst: 0 }] }, /burst +0: 1 event at least/],
  ["a time of no unit", { metrics: [{ name: "a", kind: "slow", over: 500 }] }, /over +500: a duration such as "500ms"/],
  ["a week and more", { deadline: "8d" }, /deadline +"8d": 0 s to 604800 s/],
  [
    "a name twice",
    {
      metrics: [
        { name: "a", kind: "errors" },
        { name: "a", kind: "slow" },
      ],
    },
    /\[1\].name +"a" is there/,
  ],
  [
    "another kind's key",
    { metrics: [{ name: "a", kind: "errors", over: "1s" }] },
    /\.over +is for kind slow, not errors/,
  ],
  ["counts of a balancer", { metrics: [COUNTS] }, /"counts" is for source prometheus, and it is cloudwatch/],
  ["Prometheus without an address", { source: "prometheus", metrics: [COUNTS] }, /analysis.prometheus +is missing/],
  ["… and without metrics", { ...PROMETHEUS, metrics: undefined }, /analysis.metrics +is missing: Prometheus has/],
  [
    "… with a balancer's",
    { ...PROMETHEUS, metrics: [{ name: "a", kind: "errors" }] },
    /"errors" is counted by a balancer/,
  ],
  ["… with half a pair", { ...PROMETHEUS, metrics: [{ ...COUNTS, all: undefined }] }, /\.all +is missing/],
  [
    "… with a placeholder of its own",
    { ...PROMETHEUS, metrics: [{ ...COUNTS, bad: "f{{colour}}" }] },
    /\{\{colour\}\}. Known/,
  ],
  [
    "… with one query for both",
    { ...PROMETHEUS, metrics: [{ ...COUNTS, bad: "failed" }] },
    /the same for both versions/,
  ],
  ["… for another source", { prometheus: { url: "http://a.b" } }, /is for source prometheus, and it is cloudwatch/],
  ["… at no address", { ...PROMETHEUS, prometheus: { url: "a.b" } }, /url +"a.b": the address of a Prometheus/],
  ["… with a password", { ...PROMETHEUS, prometheus: { url: "http://a:b@c.d" } }, /url +holds a password/],
  [
    "… with a secret for its variable",
    { ...PROMETHEUS, prometheus: { url: "http://a.b", authorization: "Bearer 1" } },
    /authorization .*the name of an environment variable/,
  ],
  [
    "… with a version for a baseline",
    { ...PROMETHEUS, prometheus: { url: "http://a.b", baseline: { color: "blue" } } },
    /baseline.color +"blue": a label of its own, such as baseline/,
  ],
  ["the local cloud's outside of it", { source: "local" }, /"local" is the local cloud, and this stack is none of it/],
])("of an analysis, %s is refused", (_, analysis, expected) => {
  expect(problems({ ...good, analysis: JSON.stringify(analysis) })).toMatch(expected);
});

test("of an analysis, the README's example is one", () => {
  const [, example = ""] = /```yaml\n( {2}crossfade:analysis:.*?)```/s.exec(readFileSync("README.md", "utf8")) ?? [];
  const { "crossfade:analysis": analysis } = parse(example) as Record<string, unknown>;
  const read = parseConfig("prod", { ...good, analysis: JSON.stringify(analysis) }, false).analysis;
  expect(read?.prometheus).toMatchObject({ baseline: { color: "baseline" } });
  expect(read).toMatchObject({ source: "prometheus", metrics: [{ name: "orders", tolerance: 0.01, burst: 10 }] });
});

test("of an analysis behind a Gateway, Prometheus is asked for", () => {
  const refused = (analysis: object) => problems({ ...onGateway, analysis: JSON.stringify(analysis) });
  expect(refused({})).toMatch(/analysis.source +is missing: behind a Gateway there is no balancer of AWS's/);
  expect(refused({ source: "cloudwatch" })).toMatch(/"cloudwatch" has the counts of balancers, and a Gateway is none/);
});

const machine = (more: object) => ({ autoscaling: JSON.stringify({ instanceType: "m7g.large", ...more }) });
const AMI = "ami-0123456789abcdef0";
const onInstances = { ...good, compute: "autoscaling", ...machine({ ami: AMI }) };

test("on instances a version is a container on an AMI, or an AMI, and their type has their size", () => {
  const { environments, autoscaling } = parseConfig(
    "prod",
    { ...onInstances, ...machine({ ami: AMI, instanceProfile: "arn:p" }), green: "ami-0000000000000002f" },
    false,
  );
  expect(autoscaling).toEqual({ instanceProfile: "arn:p" });
  expect(environments.blue).toMatchObject({ image: V1, ami: AMI, instanceType: "m7g.large", replicas: 2 });
  expect(environments.green).toMatchObject({ image: "ami-0000000000000002f", instanceType: "m7g.large" });
  for (const key of ["cpu", "memory", "instanceProfile"]) expect(environments.blue).not.toHaveProperty(key);
  expect(environments.green).not.toHaveProperty("ami");
});

test("a color may have instances of its own", () => {
  const own = blue({ instanceType: "c7g.xlarge", userData: "echo" });
  const { environments } = parseConfig("prod", { ...onInstances, ...own }, false);
  expect(environments.blue).toMatchObject({ instanceType: "c7g.xlarge", userData: "echo" });
});

test.each<[string, Record<string, string>, RegExp]>([
  ["nothing of theirs", { ...good, compute: "autoscaling" }, /autoscaling +is missing: .*instanceType/],
  ["no network", { ...onInstances, network: undefined as never }, /network +is missing/],
  ["no type", { ...onInstances, autoscaling: "{}" }, /autoscaling.instanceType +is missing, and blue sets none/],
  [
    "a type that is none",
    { ...onInstances, ...machine({ instanceType: "large" }) },
    /instanceType +"large": .*m7g.large/,
  ],
  ["a container without an AMI for it", { ...onInstances, ...machine({}) }, /autoscaling.ami .*docker/],
  ["an AMI that is none", { ...onInstances, ...machine({ ami: "ami-latest" }) }, /autoscaling.ami .*8 or 17 hex/],
  ["an AMI for an AMI", { ...onInstances, ...blue({ image: AMI, ami: AMI }) }, /blue.ami .*is an AMI itself/],
  ["a command for an AMI", { ...onInstances, ...blue({ image: AMI, command: ["x"] }) }, /blue.command .*userData/],
  ["a size", { ...onInstances, ...blue({ cpu: 512 }) }, /blue.cpu +is for containers: .*instanceType/],
  ["a sidecar", { ...onInstances, ...blue({ sidecars: {} }) }, /blue.sidecars +is for containers: .*AMI/],
  [
    "an unknown key",
    { ...onInstances, ...machine({ instancetype: "x" }) },
    /instancetype .*Did you mean "instanceType"/,
  ],
  ["a tag", { ...onInstances, blue: "shop:v1" }, /blue.image +"shop:v1": an image by digest/],
  ["an AMI on Fargate", { ...good, blue: AMI }, /blue.image .*is an AMI, which crossfade:compute autoscaling runs/],
  ["its settings on Fargate", { ...good, ...machine({}) }, /autoscaling +is for crossfade:compute autoscaling, and/],
  ["a type on Fargate", { ...good, ...blue({ instanceType: "m7g.large" }) }, /blue.instanceType +is for crossfade:c/],
])("of instances, %s is refused", (_, texts, expected) => {
  const given = Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined));
  expect(problems(given)).toMatch(expected);
});

const rolling = (more: object) => ({ rolling: JSON.stringify({ batches: [10, 50, 100], pause: "1h", ...more }) });
const rolled = { ...onInstances, ...rolling({}), ...service({ replicas: 10 }) };

test("of a release in batches, the batches and the pause between them are read", () => {
  expect(parseConfig("prod", rolled, false).rolling).toEqual({ batches: [10, 50, 100], pause: 3600 });
  expect(parseConfig("prod", onInstances, false).rolling).toBeUndefined();
});

test.each<[string, Record<string, string>, RegExp]>([
  ["batches that fall", { ...rolled, ...rolling({ batches: [50, 10, 100] }) }, /batches\[1\] +10 comes after 50/],
  ["batches that end too early", { ...rolled, ...rolling({ batches: [10, 50] }) }, /batches\[1\] .*must be 100/],
  ["two colors", { ...rolled, green: V2 }, /rolling +is for one environment, and both blue and green are there/],
  ["a stage", { ...rolled, stage: "canary-5", green: V2 }, /stage +"canary-5" is between two environments/],
  ["too few instances", { ...rolled, ...service({ replicas: 2 }) }, /blue cannot be split so: of 2 .*run 3 at least/],
  ["too few at least", { ...rolled, ...service({ scaling: { min: 1, max: 9 } }) }, /of 1 the batches .*run 3 at least/],
  ["a pause beyond AWS's", { ...rolled, ...rolling({ pause: "3d" }) }, /pause +"3d": 0 s to 172800 s/],
  ["an unknown key", { ...rolled, ...rolling({ puase: "1h" }) }, /rolling.puase .*Did you mean "pause"/],
  ["Fargate", { ...good, ...rolling({}), ...service({ replicas: 10 }) }, /rolling .*no stops.*LINEAR and CANARY/],
  ["Kubernetes", { ...onAlb, ...rolling({}), ...service({ replicas: 10 }) }, /rolling .*minReadySeconds/],
])("of a release in batches, %s: refused", (_, texts, expected) => {
  expect(problems(texts)).toMatch(expected);
});

test("the gates are turned off by the text that the engine gives for false, and by nothing else", () => {
  expect(() => parseConfig("prod", { ...good, gates: "false" }, false)).not.toThrow();
  expect(() => parseConfig("prod", { ...good, gates: "off" }, false)).toThrow('"off" is none of true, false');
});

const migration = (more: object) => ({
  migration: JSON.stringify({ phase: "expand", directory: "migrations", postgres: 16, ...more }),
});

const CART = "acme/cart/prod";

test("what versions need of others is said for both, and by a color for itself", () => {
  const requires = (contract: string) => [{ stack: CART, contract }];
  const web = { stack: "acme/web/prod", contract: "1" };
  const texts = {
    ...good,
    ...blue({ contract: ">=3 <=4", requires: [...requires("3"), web] }),
    ...{ green: V2, requires: JSON.stringify(requires(">=4")), requiredBy: JSON.stringify(["acme/web/prod"]) },
    releasedFirst: "acme/shop/staging",
  };
  const { environments, requiredBy, releasedFirst } = parseConfig("prod", texts, false);
  expect(environments.blue).toMatchObject({ contract: ">=3 <=4", requires: [...requires("3"), web] });
  expect(environments.green?.requires).toEqual(requires(">=4"));
  expect(requiredBy).toEqual(["acme/web/prod"]);
  expect(releasedFirst).toBe("acme/shop/staging");
  expect(parseConfig("prod", good, false).environments.blue).not.toHaveProperty("requires");
});

test.each<[string, Record<string, string>, RegExp]>([
  [
    "a stack's short name",
    { requires: JSON.stringify([{ stack: "prod", contract: "3" }]) },
    /requires\[0\].stack +"prod": a stack, written out/,
  ],
  [
    "no range",
    { requires: JSON.stringify([{ stack: CART, contract: "^3" }]) },
    /requires\[0\].contract +"\^3": the versions of its contract/,
  ],
  [
    "a stack twice",
    { requires: JSON.stringify([1, 2].map((n) => ({ stack: CART, contract: `${n}` }))) },
    /requires .*each stack once/,
  ],
  [
    "an unknown key",
    { requires: JSON.stringify([{ stack: CART, contrat: "3" }]) },
    /requires\[0\].contrat .*Did you mean "contract"/,
  ],
  ["a list of stacks that are first", { releasedFirst: JSON.stringify([CART]) }, /releasedFirst/],
  ["no list", { requiredBy: "acme/web/prod" }, /requiredBy/],
])("of what versions need, %s is refused", (_, texts, expected) => {
  expect(problems({ ...good, ...texts })).toMatch(expected);
});

test("of a migration, its schema is read, and of a version those that it works on", () => {
  const texts = { ...good, ...migration({ to: 7, patience: "1h" }), ...blue({ schema: ">=6 <=7" }) };
  const { migration: read, environments } = parseConfig("prod", texts, false);
  expect(read).toEqual({ phase: "expand", directory: "migrations", to: 7, postgres: 16, patience: 3600 });
  expect(environments.blue?.schema).toBe(">=6 <=7");
});

test.each<[string, Record<string, string>, RegExp]>([
  [
    "another phase",
    { ...good, ...migration({ phase: "contrakt" }) },
    /"contrakt" is none of .*Did you mean "contract"/,
  ],
  ["half a version", { ...good, ...migration({ to: 1.5 }) }, /migration.to +1.5: a whole number/],
  ["an old server", { ...good, ...migration({ postgres: 9 }) }, /migration.postgres +9: 11 is the oldest/],
  ["an unknown key", { ...good, ...migration({ directry: "x" }) }, /migration.directry .*Did you mean "directory"/],
  [
    "an empty range",
    { ...good, ...blue({ schema: ">=7 <=6" }) },
    /blue.schema +">=7 <=6": the schemas that it works on/,
  ],
  ["a bare number", { ...good, ...blue({ schema: 7 }) }, /blue.schema +7: text: quote it/],
  [
    "an AMI",
    { ...onInstances, ...machine({ ami: undefined }), blue: AMI, ...migration({}) },
    /migration .*blue is an AMI/,
  ],
])("of a migration, %s is refused", (_, texts, expected) => {
  expect(problems(texts)).toMatch(expected);
});

const serviceWith = (of: object) => ({ service: JSON.stringify({ host: "shop.example.com", ...of }) });
const unasked = (of: object, more: Record<string, string> = {}) => ({ ...good, ...serviceWith(of), ...more });

test("what works unasked is part of a version, and a color may have its own", () => {
  const workers = { mailer: { command: ["mail"], replicas: 3, exclusive: true } };
  const green = JSON.stringify({ image: V2, workers: {}, signal: true });
  const { environments } = parseConfig("prod", unasked({ workers }, { green }), false);
  expect(environments.blue).toMatchObject({ workers });
  expect(environments.green).toMatchObject({ workers: {}, signal: true });
});

test.each<[string, Record<string, string>, RegExp]>([
  [
    "of the other kind",
    unasked({ schedules: { a: { at: "0 3 * * *" } } }),
    /schedules.a.at +"0 3 \* \* \*": on fargate/,
  ],
  ["that is left out", unasked({ schedules: { a: { command: ["x"] } } }), /service.schedules.a.at +is missing/],
  [
    "of the other kind, on Kubernetes",
    { ...onAlb, ...serviceWith({ schedules: { a: { at: "rate(1 hour)" } } }) },
    /schedules.a.at +"rate\(1 hour\)": on kubernetes/,
  ],
])("a schedule's time %s is refused", (_, texts, expected) => {
  expect(problems(texts)).toMatch(expected);
});

test.each<[string, Record<string, string>, RegExp]>([
  ["an unknown key", unasked({ workers: { mailer: { replica: 3 } } }), /mailer.replica .*Did you mean "replicas"/],
  ["a name with spaces", unasked({ workers: { "The Mailer": {} } }), /The Mailer +is no name here/],
  ["a size", unasked({ workers: { mailer: { memory: 8192 } } }), /256 CPU units with 8192 MiB do not go together/],
  ["instances", { ...onInstances, ...serviceWith({ workers: { a: {} } }) }, /service.workers +is for containers/],
  ["a signal on instances", { ...onInstances, ...serviceWith({ signal: true }) }, /service.signal +is told to tasks/],
])("workers: %s is refused", (_, texts, expected) => {
  expect(problems(texts)).toMatch(expected);
});
