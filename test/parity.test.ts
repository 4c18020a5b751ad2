import { expect, test } from "vitest";
import { parity } from "../policies/parity";
import { planOf } from "../policies/plan";
import { TRAITS } from "../policies/reading/edge-traits";
import { nameOf } from "../traffic";
import { type DnsShape, dnsShop } from "./cases/dns-world";
import { type Item, item, placed } from "./cases/item";
import { planOfChange } from "./cases/judged-purely";
import { NOW, stack } from "./crossfade-stack";
import { ref } from "./small-programs";

/** What is said when the second edge gets its first users; `more` is there before as well. */
async function said(inputs: DnsShape["inputs"], more: readonly Item[] = [], settings = {}, shape: DnsShape = {}) {
  const world = (stage: string) => placed([...dnsShop({ ...shape, stage, inputs }), ...more], "x");
  const plan = await planOfChange({ prior: world("idle"), desired: world("canary-5") }, NOW);
  return parity.judge(plan, settings).map(({ what, advisory }) => `${advisory ? "said" : "refused"}: ${what}`);
}

const firewall = (color: string) =>
  item("aws:wafv2/webAclAssociation:WebAclAssociation", `acl-${color}`, {
    resourceArn: ref(`lb-${color}`),
    webAclArn: "arn:acl",
  });
const open = (color: string) =>
  item("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", `in-${color}`, {
    securityGroupId: ref(`sg-${color}`, "id"),
    ipProtocol: "tcp",
    fromPort: 80,
    toPort: 80,
    cidrIpv6: "::/0",
  });

test("two edges that are alike are not spoken of", async () => {
  expect(await said({})).toEqual([]);
  expect(await said({}, [firewall("blue"), firewall("green"), open("blue"), open("green")])).toEqual([]);
});

test.each<[string, object]>([
  ["idleTimeout", { idleTimeout: 120 }],
  ["clientKeepAlive", { clientKeepAlive: 60 }],
  ["enableHttp2", { enableHttp2: false }],
  ["dropInvalidHeaderFields", { dropInvalidHeaderFields: false }],
  ["accessLogs", { accessLogs: { bucket: "logs", enabled: true } }],
])("another %s is refused once, when both get users", async (trait, inputs) => {
  expect(await said({ "lb-green": inputs })).toEqual([
    expect.stringMatching(`^refused: "x-lb-blue" and "x-lb-green" both get users, and differ in ${trait}: `),
  ]);
  expect(await said({ "lb-green": inputs }, [], { differs: [trait] })).toEqual([]);
});

test("what is said nowhere is AWS's default", async () => {
  expect(await said({ "lb-green": { enableHttp2: true, idleTimeout: undefined } })).toEqual([]);
});

test("a web ACL, a listener's protocol, a rule that lets clients in: on one edge only", async () => {
  expect(await said({}, [firewall("blue")])).toEqual([expect.stringContaining("differ in webAcl: [arn:acl] and [].")]);
  expect(await said({}, [open("green")])).toEqual([expect.stringContaining("differ in ingress: ")]);
  expect(await said({ "web-green": { port: 8080 } })).toEqual([
    expect.stringContaining("differ in listeners: [80: HTTP] and [8080: HTTP]."),
  ]);
});

test("what the config lets a color have of its own is declared there; a team may be stricter", async () => {
  const release = { "lb-green": { internal: true, subnets: ["subnet-c", "subnet-d"] } };
  expect(await said(release)).toEqual([]);
  expect(await said(release, [], { differs: [] })).toEqual([
    expect.stringContaining("differ in internal: false and true."),
    expect.stringContaining("differ in subnets: [subnet-a, subnet-b] and [subnet-c, subnet-d]."),
  ]);
});

test("what was so before is told in one line, and at idle nothing is said", async () => {
  const inputs = { "lb-green": { idleTimeout: 120 } };
  const judged = async (from: string, to: string) => {
    const world = (stage: string) => placed(dnsShop({ stage, inputs }), "x");
    const plan = await planOfChange({ prior: world(from), desired: world(to) }, NOW);
    return parity.judge(plan).map(({ advisory }) => advisory);
  };
  expect(await judged("canary-5", "canary-50")).toEqual([true]);
  expect(await judged("canary-5", "idle")).toEqual([]);
});

test("on records of somebody's own it is advice", async () => {
  const items = dnsShop({ inputs: { "lb-green": { idleTimeout: 120 } } }).filter(({ component }) => !component);
  const world = (green: number) =>
    placed(
      items.map(({ parent, ...one }) =>
        /^shop-green-(a|aaaa)$/.test(one.name)
          ? { ...one, inputs: { ...one.inputs, weightedRoutingPolicies: [{ weight: green }] } }
          : one,
      ),
      "x",
    );
  const plan = await planOfChange({ prior: world(0), desired: world(5) }, NOW);
  expect(parity.judge(plan).map(({ advisory }) => advisory)).toEqual([true]);
});

test("every trait can be declared", () => {
  expect(parity.settings.parse({ differs: [...TRAITS] })).toMatchObject({ differs: [...TRAITS] });
});

/** What is told of a candidate between two stages, when something of its environment is not as stable's. */
function unlike(change: object, { from = "idle", to = "canary-5", type = "Service", settings = {} } = {}) {
  const changed = (stage: string) =>
    stack({ stage }).map((one) =>
      one.type.endsWith(type) && nameOf(one.urn).endsWith("green")
        ? { ...one, inputs: { ...one.inputs, ...change } }
        : one,
    );
  return parity.judge(planOf(changed(from), changed(to), NOW), settings);
}

test("a candidate that is as stable is not spoken of", () => {
  expect(unlike({})).toEqual([]);
});

test.each<[string, object]>([
  ["its numbers and sizes", { desiredCount: 1, cpu: 4096 }],
  ["its names", { name: "shop-green-abc", family: "other" }],
])("nor are %s a difference", (_, change) => {
  expect(unlike(change)).toEqual([]);
});

test("what else it differs in is told as it gets its first weight, and not later", () => {
  const [told, ...more] = unlike({ healthCheckGracePeriodSeconds: 5 });
  expect(more).toEqual([]);
  expect(told).toMatchObject({ urn: "urn:pulumi:dev::shop::crossfade:index:WeightedAlbRoute::shop", advisory: true });
  expect(told?.what).toContain(
    "differs from blue in more than its version: shop-green in healthCheckGracePeriodSeconds (5, blue's 60).",
  );
  expect(unlike({ healthCheckGracePeriodSeconds: 5 }, { from: "canary-5", to: "canary-50" })).toEqual([]);
  expect(unlike({ healthCheckGracePeriodSeconds: 5 }, { from: "canary-5", to: "idle" })).toEqual([]);
});

test("a difference that is declared is not told", () => {
  const settings = { mayDiffer: ["aws:ecs/service:Service#healthCheckGracePeriodSeconds"] };
  expect(unlike({ healthCheckGracePeriodSeconds: 5 }, { settings })).toEqual([]);
  expect(unlike({ deregistrationDelay: 5 }, { settings, type: "TargetGroup" })).toHaveLength(1);
});
