import { balancer, forward, group, type Program, record, ref, service } from "../small-programs";
import { type Pair, pair } from "./case";
import { type DnsShape, dnsShop } from "./dns-world";
import { fromProgram, type Item, item } from "./item";

const ZONE = item("aws:route53/zone:Zone", "zone", { name: "example.com" });

interface NameShape {
  /** The weight of each edge's record; a simple record where there is one without. */
  records?: Record<string, object>;
  edges?: readonly string[];
  zone?: object;
}

const weighted = (set: string, weight: number, more: object = {}) => ({
  setIdentifier: set,
  weightedRoutingPolicies: [{ weight }],
  healthCheckId: "hc-{case}",
  ttl: 60,
  records: [`192.0.2.${set.length}`],
  ...more,
});
const simple = (more: object = {}) => ({ ttl: 60, records: ["192.0.2.9"], ...more });

/** A name in Route 53, with records to addresses that no stack of ours has. */
function name({ records = {} }: NameShape = {}): Item[] {
  return [
    ZONE,
    ...Object.entries(records).map(([own, inputs]) =>
      item("aws:route53/record:Record", own, {
        zoneId: ref("zone", "zoneId"),
        name: "shop.example.com",
        type: "A",
        ...inputs,
      }),
    ),
  ];
}
const both = (before: NameShape["records"], after: NameShape["records"]) => ({
  prior: name({ records: before }),
  desired: name({ records: after }),
});
const BOTH = { blue: weighted("blue", 100), green: weighted("green", 0) };

/** Of each case its own: a word does for an address here. */
const address = (own: string, publicIp: string) =>
  item("aws:ec2/eip:Eip", own, { domain: "vpc" }, { outputs: { publicIp } });
const OLD = address("old", "old-{case}");
const NEW = address("new", "new-{case}");
const led = (to: string) => name({ records: { shop: { ttl: 300, records: [ref(to, "publicIp")] } } });

const ours = (before: DnsShape, after: DnsShape) => ({ prior: dnsShop(before), desired: dnsShop(after) });
const CANARY: DnsShape = { stage: "canary-5" };

/** The program that makes a record weighted: of its own, or out of the simple one that is there. */
const weightedFrom = (...aliases: string[]) =>
  name({ records: { blue: weighted("blue", 100) } }).map((one) =>
    one.name === "blue" ? { ...one, opts: { aliases } } : one,
  );

/** Two edges that this stack has, each with all that answers there. The one that gets all weight comes up in the same update. */
function moved(from: string, to: string, first: string): { prior: Item[]; desired: Item[] } {
  const edge = (color: string, desiredCount: number): Program => [
    group(`${color}-g`),
    service(`${color}-s`, `${color}-g`, { desiredCount, taskDefinition: `arn:{case}:${desiredCount}` }),
    balancer(`${color}-lb`),
    {
      name: `${color}-l`,
      kind: "listener",
      inputs: { loadBalancerArn: ref(`${color}-lb`), port: 80, defaultActions: [forward({ [`${color}-g`]: 1 })] },
    },
  ];
  const records = (weights: Record<string, number>) =>
    [first, first === from ? to : from].map((color) => {
      const alias = { name: ref(`${color}-lb`, "dnsName"), zoneId: "ZELB", evaluateTargetHealth: false };
      const own = record(`${color}-r`, `${color}-lb`, { weight: weights[color] }, { aliases: [alias] });
      const dependsOn = [...(color === first ? [] : [`${first}-r`]), ...(color === to ? [`${to}-s`] : [])];
      return { ...own, inputs: { ...own.inputs, name: "{case}.example.com", healthCheckId: "hc-{case}" }, dependsOn };
    });
  const world = (weights: Record<string, number>, count: number) =>
    fromProgram([...edge(from, 2), ...edge(to, count), ...records(weights)]);
  return { prior: world({ [from]: 100, [to]: 0 }, 0), desired: world({ [from]: 0, [to]: 100 }, 2) };
}

/** Hazards of names. */
export const dnsPairs: Pair[] = [
  pair("h18", {
    hazards: ["18"],
    policy: "serving-replacement",
    change: (color: "blue" | "green") =>
      both(BOTH, { ...BOTH, [color]: { ...BOTH[color], name: "store.example.com" } }),
    refused: "blue",
    passes: "green",
  }),
  pair("h19", {
    hazards: ["19"],
    policy: "weights-explicit",
    change: (green: object) => both({ blue: weighted("blue", 100) }, { blue: weighted("blue", 100), green }),
    refused: simple(),
    passes: weighted("green", 0),
  }),
  pair("h20", {
    hazards: ["20"],
    policy: "weights-explicit",
    change: (blue: number) => both(BOTH, { ...BOTH, blue: weighted("blue", blue) }),
    refused: 0,
    passes: 1,
  }),
  pair("h21", {
    hazards: ["21"],
    policy: "serving-deletion",
    // Caches have the old address for 300 s yet.
    change: (stay: Item[]) => ({ prior: [OLD, NEW, ...led("old")], desired: [...stay, NEW, ...led("new")] }),
    refused: [],
    passes: [OLD],
  }),
  pair("h23", {
    hazards: ["23"],
    policy: "weights-explicit",
    change: (ttl: number) => both(BOTH, { ...BOTH, green: weighted("green", 0, { ttl }) }),
    refused: 300,
    passes: 60,
  }),
  pair("h24", {
    hazards: ["24"],
    policy: "health-check",
    change: (healthCheckId: string) => both(BOTH, { ...BOTH, green: weighted("green", 0, { healthCheckId }) }),
    refused: "",
    passes: "hc-{case}-2",
  }),
  pair("h17", {
    hazards: ["17"],
    policy: "interrupted-update",
    // Between the two calls all weights are 0, and the edge that is not up yet gets half of the users.
    change: (first: string) => moved("blue", "green", first),
    refused: "blue",
    passes: "green",
  }),
  pair("hA12", {
    hazards: ["A12"],
    policy: "interrupted-update",
    // The order that was safe on the way there is not on the way back.
    change: (first: string) => moved("green", "blue", first),
    refused: "green",
    passes: "blue",
  }),
  pair("h18b", {
    hazards: ["18"],
    policy: "serving-replacement",
    change: (color: "blue" | "green") => both(BOTH, { ...BOTH, [color]: { ...BOTH[color], setIdentifier: "red" } }),
    refused: "blue",
    passes: "green",
  }),
  pair("h18c", {
    hazards: ["18"],
    policy: "serving-replacement",
    change: (color: "blue" | "green") =>
      both(BOTH, { ...BOTH, [color]: { ...BOTH[color], type: "AAAA", records: ["2001:db8::1"] } }),
    refused: "blue",
    passes: "green",
  }),
  pair("h18d", {
    hazards: ["18"],
    policy: "serving-replacement",
    change: (zone: object) => ({
      prior: name({ records: BOTH }),
      desired: name({ records: BOTH }).map((one) =>
        one.name === "zone" ? { ...one, inputs: { ...one.inputs, ...zone } } : one,
      ),
    }),
    refused: { name: "example.net" },
    passes: { comment: "the shop" },
  }),
  pair("h19b", {
    hazards: ["19"],
    policy: "interrupted-update",
    also: ["serving-deletion"],
    // With the alias it is one change batch, which deletes and creates at once.
    change: (aliases: string[]) => ({
      prior: name({ records: { shop: simple() } }),
      desired: weightedFrom(...aliases),
    }),
    refused: [],
    passes: ["shop"],
  }),
  pair("h21b", {
    hazards: ["21"],
    policy: "serving-deletion",
    change: (left: "blue" | "green") => both(BOTH, { [left]: BOTH[left] }),
    refused: "green",
    passes: "blue",
  }),
  pair("h21c", {
    hazards: ["21"],
    policy: "hold-time",
    change: (ttl: number) => ours({ ...CANARY, ttl: 60 }, { ...CANARY, ttl }),
    refused: 300,
    passes: 30,
  }),
  pair("h23b", {
    hazards: ["23"],
    policy: "weights-explicit",
    change: (set: string) => both(BOTH, { ...BOTH, more: weighted(set, 0) }),
    refused: "green",
    passes: "red",
  }),
  pair("h15c", {
    hazards: ["15"],
    policy: "health-check",
    // Port 80 of an edge with a certificate redirects, whatever is behind it.
    change: (check: object) => {
      const secure = { ...CANARY, certificate: "arn:cert-{case}" };
      return ours(secure, { ...secure, inputs: { "check-green": check } });
    },
    refused: { type: "HTTP", port: 80 },
    passes: { resourcePath: "/ready" },
  }),
  pair("hA10", {
    hazards: ["A10"],
    policy: "health-check",
    change: (evaluateTargetHealth: boolean) => {
      const alias = { name: ref("lb-green", "dnsName"), zoneId: ref("lb-green", "zoneId"), evaluateTargetHealth };
      const empty: DnsShape = { tasks: { blue: 4, green: 0 } };
      return ours(empty, { ...empty, inputs: { "shop-green-a": { aliases: [alias] } } });
    },
    refused: true,
    passes: false,
  }),
  pair("hA11", {
    hazards: ["A11"],
    policy: "parity",
    change: (idleTimeout: number) => {
      const inputs = { "lb-green": { idleTimeout } };
      return ours({ inputs }, { ...CANARY, inputs });
    },
    refused: 120,
    passes: 60,
  }),
  pair("hA11b", {
    hazards: ["A11"],
    policy: "hold-time",
    // Twice 60 s, an hour for connections that clients keep, the drain and the nodes: 3840 s.
    change: (movedAgo: number) =>
      ours({ stable: "green", movedAgo }, { stable: "green", movedAgo, tasks: { green: 4 } }),
    refused: 600,
    passes: 3900,
  }),
  pair("h31b", {
    hazards: ["31"],
    policy: "hold-time",
    change: (movedAgo: number) => ours({ movedAgo }, { movedAgo, tasks: { blue: 4, green: 1 } }),
    refused: 600,
    passes: 3900,
  }),
  pair("h31c", {
    hazards: ["31"],
    policy: "capacity",
    change: (green: number) => {
      const tasks = { blue: 8, green };
      return ours({ ...CANARY, tasks }, { stage: "canary-50", tasks });
    },
    refused: 2,
    passes: 4,
  }),
  pair("h41d", {
    hazards: ["41"],
    policy: "stage-order",
    change: (stage: string) => ours({}, { stage }),
    refused: "canary-50",
    passes: "canary-5",
  }),
  pair("h41e", {
    hazards: ["41"],
    policy: "bake-time",
    change: (movedAgo: number) => ours({ ...CANARY, movedAgo }, { stage: "canary-50" }),
    refused: 300,
    passes: 900,
  }),
  pair("h41f", {
    hazards: ["41"],
    policy: "one-change",
    // An edge that is in the middle of a rollout of its own.
    change: (share: number) => ours({ behind: { green: share } }, { ...CANARY, behind: { green: share } }),
    refused: 5,
    passes: 0,
  }),
  pair("h42b", {
    hazards: ["42"],
    policy: "release-without-canary",
    change: (color: string) => ours({}, { versions: { [color]: "arn:v2" } }),
    refused: "blue",
    passes: "green",
  }),
  pair("h10b", {
    hazards: ["10"],
    policy: "entrypoint-protected",
    // The protection of an edge goes with its weight, and not before.
    change: (stage: string) => ours(CANARY, { stage, inputs: { "lb-green": { enableDeletionProtection: false } } }),
    refused: "canary-5",
    passes: "idle",
  }),
];
