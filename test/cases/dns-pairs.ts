import { ref } from "../small-programs";
import { type Pair, pair } from "./case";
import { type Item, item } from "./item";

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
];
