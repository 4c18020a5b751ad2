import { describe, expect, test } from "vitest";
import { UNKNOWN } from "../traffic";
import { edited, losses } from "./plan-losses";
import {
  addressRecord,
  balancer,
  forward,
  group,
  type Item,
  NOT_FOUND,
  type Program,
  type RecordShape,
  record,
  ref,
  service,
} from "./small-programs";

const HOST = "shop.example.com";

/** A balancer with all that answers behind it. */
function edge(color: string, inputs: object = {}, port = 443): Program {
  return [
    group(`${color}-g`),
    service(`${color}-s`, `${color}-g`, inputs),
    balancer(`${color}-lb`),
    {
      name: `${color}-l`,
      kind: "listener",
      inputs: { loadBalancerArn: ref(`${color}-lb`), port, defaultActions: [forward({ [`${color}-g`]: 1 })] },
      dependsOn: [`${color}-s`],
    },
  ];
}

const BLUE = edge("blue");
const GREEN = edge("green");
/** The balancer alone: nothing listens on it, nothing runs behind it. */
const DARK = [balancer("green-lb")];

const to = (color: string, shape: RecordShape = {}, more: Partial<Item> = {}) =>
  record(`${color}-r`, `${color}-lb`, shape, {}, more);
const weighted = (blue: number, green: number, more: Partial<Item> = {}) => [
  to("blue", { weight: blue }),
  to("green", { weight: green }, more),
];
const simple = (color: string, more: Partial<Item> = {}) => record("r", `${color}-lb`, {}, {}, more);
/** Records of addresses that are no resource of this stack, to balancers that are: what routing they have. */
const routed = (policy: (color: string) => object, ...colors: string[]) =>
  colors.map((color) => record(`${color}-r`, `${color}-lb`, { set: color }, policy(color)));
const latency = (region: string) => ({ latencyRoutingPolicies: [{ region }] });
const failover = (type: string) => ({ failoverRoutingPolicies: [{ type }] });
const country = (of: Record<string, string>) => (color: string) => ({
  geolocationRoutingPolicies: [{ country: of[color] }],
});
const checked = (program: Program, name = "blue-r"): Program => [
  { name: "check", kind: "healthCheck", inputs: { type: "HTTPS", fqdn: "blue.example.com", resourcePath: "/" } },
  ...edited(program, name, { healthCheckId: ref("check") }),
];
/** The edge of a color with nobody behind it. */
const dead = (color: string) => edge(color, { desiredCount: 0 });
const without = (program: Program, ...names: string[]) => program.filter(({ name }) => !names.includes(name));

describe("an update loses requests on their way by Route 53, and its nearest safe twin does not", () => {
  test.each<[string, Program, Program, string, Program]>([
    [
      "a record that is moved to a balancer beside what is to answer there",
      [...BLUE, simple("blue")],
      [...BLUE, ...GREEN, simple("green")],
      `after update r; until create green-l; 100 % of the requests of clients that ask for ${HOST} (A): listener "green-l" is not there`,
      [...BLUE, ...GREEN, simple("green", { dependsOn: ["green-l"] })],
    ],
    [
      "a part of its weight",
      [...BLUE, to("blue", { weight: 100 })],
      [...BLUE, ...GREEN, ...weighted(95, 5)],
      "5 % of the requests of clients that ask",
      [...BLUE, ...GREEN, ...weighted(95, 5, { dependsOn: ["green-l"] })],
    ],
    [
      "weight on a balancer that nothing listens on",
      [...BLUE, to("blue", { weight: 100 })],
      [...BLUE, ...DARK, ...weighted(90, 10)],
      '9 % of the requests of clients that ask for shop.example.com (A): nothing listens on balancer "green-lb"',
      [...BLUE, ...DARK, ...weighted(90, 0)],
    ],
    [
      "a balancer that listens on another port",
      [...BLUE, simple("blue")],
      [...BLUE, ...edge("green", {}, 8443), simple("green", { dependsOn: ["green-l"] })],
      'nothing listens on port 443 of balancer "green-lb"',
      [...BLUE, ...edge("green", {}, 443), simple("green", { dependsOn: ["green-l"] })],
    ],
    [
      "a listener that answers another host only",
      [...BLUE, simple("blue")],
      [
        ...BLUE,
        ...edited(GREEN, "green-l", { defaultActions: [NOT_FOUND] }),
        hostRule("other.example.com"),
        simple("green", { dependsOn: ["green-rule"] }),
      ],
      "the balancer answers them with 404 itself",
      [
        ...BLUE,
        ...edited(GREEN, "green-l", { defaultActions: [NOT_FOUND] }),
        hostRule(HOST),
        simple("green", { dependsOn: ["green-rule"] }),
      ],
    ],
    [
      "the first of two weights taken away: all weights 0 are all alike",
      [...BLUE, ...dead("green"), ...weighted(100, 0)],
      [...BLUE, ...dead("green"), ...weighted(0, 0)],
      "after update blue-r; until ; 50 % of the requests of clients that ask",
      [...BLUE, ...dead("green"), ...weighted(1, 0)],
    ],
    [
      "a weight that is not known",
      [...BLUE, ...dead("green"), ...weighted(100, 0)],
      [...BLUE, ...dead("green"), to("blue", { weight: 100 }), to("green", { weight: UNKNOWN })],
      "100 % of the requests of clients that ask",
      [
        ...BLUE,
        // A new version: the provider waits until it is healthy, which it does not for a mere count.
        ...edge("green", { taskDefinition: "arn:v2" }),
        to("blue", { weight: 100 }),
        to("green", { weight: UNKNOWN }, { dependsOn: ["green-l"] }),
      ],
    ],
    [
      "the old balancer gone in the update that moves the record: caches still lead to it",
      [...BLUE, ...GREEN, simple("blue")],
      [...GREEN, simple("green")],
      'the requests of clients that keep the answer of record "r" for its time to live of 60 s: listener "blue-l" is not there',
      [...BLUE, ...GREEN, simple("green")],
    ],
    [
      "the old color's record and balancer gone at once",
      [...BLUE, ...GREEN, ...weighted(10, 90)],
      [...GREEN, to("green", { weight: 90 })],
      '10 % of the requests of clients that ask for shop.example.com (A): listener "blue-l" is not there',
      [...BLUE, ...GREEN, to("green", { weight: 90 })],
    ],
    [
      "an address that goes with the record's change",
      [eip("old"), eip("new"), addressRecord("r", [ref("old")])],
      [eip("new"), addressRecord("r", [ref("new")])],
      'for its time to live of 300 s: "old" (aws:ec2/eip:Eip) is not there',
      [eip("old"), eip("new"), addressRecord("r", [ref("new")])],
    ],
    [
      "one of two addresses",
      [eip("old"), eip("new"), addressRecord("r", [ref("old"), ref("new")])],
      [eip("new"), addressRecord("r", ["arn:old", ref("new")])],
      "50 % of the requests of clients that ask",
      [eip("old"), eip("new"), addressRecord("r", [ref("new")])],
    ],
    [
      "a target that is not known",
      [...BLUE, simple("blue")],
      [...BLUE, edited([simple("blue")], "r", { aliases: UNKNOWN })[0] as Item],
      "what it leads to is not known before the update",
      [...BLUE, edited([simple("blue")], "r", { aliases: [{ name: "elsewhere.example.net" }] })[0] as Item],
    ],
    [
      "a latency record that somebody is nearest to",
      [...BLUE, ...dead("green"), ...routed(latency, "blue")],
      [...BLUE, ...dead("green"), ...routed(latency, "blue", "green")],
      "100 % of the requests of clients that ask",
      [...BLUE, ...dead("green"), ...routed(latency, "blue", "blue")],
    ],
    [
      "the record of a country, with none for anywhere",
      [...BLUE, ...GREEN, ...routed(country({ blue: "DE", green: "FR" }), "blue", "green")],
      [...BLUE, ...GREEN, ...routed(country({ blue: "DE" }), "blue")],
      'record "green-r" is not there, and none answers for anywhere',
      [...BLUE, ...GREEN, ...routed(country({ blue: "DE", green: "FR" }), "blue", "green")],
    ],
    [
      "a primary that is moved to a dark balancer",
      [...BLUE, ...dead("green"), ...routed(() => failover("PRIMARY"), "blue")],
      [
        ...BLUE,
        ...dead("green"),
        edited(
          routed(() => failover("PRIMARY"), "blue"),
          "blue-r",
          alias("green-lb"),
        )[0] as Item,
      ],
      "100 % of the requests of clients that ask",
      [...BLUE, ...DARK, ...routed((color) => failover(color === "blue" ? "PRIMARY" : "SECONDARY"), "blue", "green")],
    ],
    [
      "a health check that goes: its record may be left out, and all go to the dark one",
      checked([...BLUE, ...dead("green"), ...weighted(100, 0)]),
      edited(without(checked([...BLUE, ...dead("green"), ...weighted(100, 0)]), "check"), "blue-r", {
        healthCheckId: "arn:check",
      }),
      "after delete check; until ; 100 % of the requests of clients that ask",
      [...BLUE, ...dead("green"), ...weighted(100, 0)],
    ],
    [
      "a health check that asks for something else",
      checked([...BLUE, ...dead("green"), ...weighted(100, 0)]),
      edited(checked([...BLUE, ...dead("green"), ...weighted(100, 0)]), "check", { resourcePath: "/typo" }),
      "after update check; until ; 100 % of the requests of clients that ask",
      edited(checked([...BLUE, ...dead("green"), ...weighted(100, 0)]), "check", { failureThreshold: 5 }),
    ],
    [
      "an alias whose health is evaluated, and a second group of its balancer that goes dark: the dark edge gets all",
      evaluated([...BLUE, ...second(), ...dead("green"), ...weighted(100, 0)]),
      evaluated([...BLUE, ...second({ desiredCount: 0 }), ...dead("green"), ...weighted(100, 0)]),
      "after update second-s; until ; 100 % of the requests of clients that ask",
      [...BLUE, ...second(), ...dead("green"), ...weighted(100, 0)],
    ],
    [
      "a record under another name without an alias, which overwrites it: the deletion takes what is there",
      [...BLUE, simple("blue")],
      [...BLUE, record("renamed", "blue-lb", {}, { allowOverwrite: true })],
      "after delete r; until ; 100 % of the requests of clients that ask",
      [...BLUE, simple("blue"), record("another", "blue-lb", { name: "other.example.com" })],
    ],
    [
      "a name that is taken from the record: nobody was told the other",
      [...BLUE, simple("blue")],
      [...BLUE, record("r", "blue-lb", { name: "store.example.com" })],
      `after delete r; until ; 100 % of the requests of clients that ask for ${HOST} (A): no record answers`,
      [...BLUE, simple("blue"), record("second", "blue-lb", { name: "store.example.com" })],
    ],
    [
      "a zone that is made again: it has other name servers",
      [zone("example.com"), ...BLUE, inZone(simple("blue"))],
      [zone("example.org"), ...BLUE, inZone(simple("blue"))],
      `the requests of clients that ask for ${HOST} (A)`,
      [{ ...zone("example.com"), inputs: { name: "example.com", comment: "ours" } }, ...BLUE, inZone(simple("blue"))],
    ],
    [
      "a record that an alias leads to, taken away",
      [...BLUE, simple("blue"), www()],
      [...BLUE, www()],
      "100 % of the requests of clients that ask for www.example.com (A): no record answers for shop.example.com (A)",
      [...BLUE, record("www", "blue-lb", { name: "www.example.com" })],
    ],
    [
      "AAAA that is left behind",
      [...BLUE, ...GREEN, simple("green"), record("six", "blue-lb", { type: "AAAA" })],
      [
        ...GREEN,
        simple("green"),
        edited([record("six", "blue-lb", { type: "AAAA" })], "six", alias("gone"))[0] as Item,
      ],
      'the answer of record "six"',
      [...BLUE, ...GREEN, simple("green"), record("six", "blue-lb", { type: "AAAA" })],
    ],
  ])("%s", (_, before, after, expected, safe) => {
    expect(losses(before, after).join("\n")).toContain(expected);
    expect(losses(before, safe)).toEqual([]);
  });
});

function alias(name: string): object {
  return { aliases: [{ name: name === "gone" ? "elsewhere.example.net" : ref(name), evaluateTargetHealth: false }] };
}

function zone(name: string): Item {
  return { name: "zone", kind: "zone", inputs: { name } };
}

function inZone(item: Item): Item {
  return { ...item, inputs: { ...item.inputs, zoneId: ref("zone") } };
}

function eip(name: string): Item {
  return { name, kind: "eip", inputs: { domain: "vpc" } };
}

function hostRule(host: string): Item {
  const conditions = [{ hostHeader: { values: [host] } }];
  const inputs = { listenerArn: ref("green-l"), priority: 1, conditions, actions: [forward({ "green-g": 1 })] };
  return { name: "green-rule", kind: "rule", inputs };
}

/** Both records with health evaluated on the first. */
function evaluated(program: Program): Program {
  return edited(program, "blue-r", { aliases: [{ name: ref("blue-lb"), evaluateTargetHealth: true }] });
}

/** Another service behind blue's balancer, by a path of its own. */
function second(inputs: object = {}): Program {
  const conditions = [{ httpHeader: { httpHeaderName: "x-crossfade", values: ["second"] } }];
  return [
    group("second-g"),
    service("second-s", "second-g", inputs),
    {
      name: "second",
      kind: "rule",
      inputs: { listenerArn: ref("blue-l"), priority: 1, conditions, actions: [forward({ "second-g": 1 })] },
    },
  ];
}

function www(): Item {
  return {
    name: "www",
    kind: "record",
    inputs: { zoneId: "Z1", name: "www.example.com", type: "A", aliases: [{ name: HOST, evaluateTargetHealth: true }] },
  };
}

describe("an update loses nothing", () => {
  const BOTH = [...BLUE, ...GREEN, ...weighted(100, 0)];
  test.each<[string, Program, Program]>([
    ["no change", BOTH, BOTH],
    ["a promotion, whichever record comes first", BOTH, [...BLUE, ...GREEN, ...weighted(50, 50)]],
    ["all weight to the other, and back", [...BLUE, ...GREEN, ...weighted(0, 100)], BOTH],
    ["a record that is new", BLUE, [...BLUE, simple("blue")]],
    ["a name that goes, with all that answered it", [...BLUE, simple("blue")], []],
    [
      "a shorter time to live",
      [eip("e"), addressRecord("r", [ref("e")])],
      edited([eip("e"), addressRecord("r", [ref("e")])], "r", { ttl: 60 }),
    ],
    [
      "simple made weighted in place: one batch",
      [...BLUE, simple("blue")],
      [...BLUE, record("r", "blue-lb", { weight: 100 })],
    ],
    [
      "a weighted record beside a simple one: it is not made, and the simple one answers",
      [...BLUE, simple("blue")],
      [...BLUE, ...DARK, simple("blue"), to("green", { weight: 100 })],
    ],
    [
      "another type in place: one batch",
      [...BLUE, simple("blue")],
      [...BLUE, record("r", "blue-lb", { type: "CNAME" })],
    ],
    [
      "another set identifier in place",
      [...BLUE, to("blue", { weight: 1 })],
      [...BLUE, to("blue", { weight: 1, set: "b" })],
    ],
    [
      "a record that leads to another stack",
      [...BLUE, simple("blue")],
      [...BLUE, edited([simple("blue")], "r", { aliases: [{ name: "theirs.example.net" }] })[0] as Item],
    ],
    [
      "its balancer's name as the console writes it",
      [...BLUE, simple("blue")],
      [...BLUE, edited([simple("blue")], "r", { aliases: [{ name: "dualstack.ARN:blue-lb." }] })[0] as Item],
    ],
    [
      "a text record beside",
      [...BLUE, simple("blue")],
      [...BLUE, simple("blue"), addressRecord("txt", ["v=spf1"], { type: "TXT" })],
    ],
    [
      "the record of a country, with one for anywhere",
      [...BLUE, ...GREEN, ...routed(country({ blue: "*", green: "FR" }), "blue", "green")],
      [...BLUE, ...GREEN, ...routed(country({ blue: "*" }), "blue")],
    ],
    [
      "a dark color whose health is evaluated, at weight 0",
      evaluated(BOTH),
      evaluated([...BLUE, ...dead("green"), ...weighted(100, 0)]),
    ],
  ])("%s", (_, before, after) => {
    expect(losses(before, after)).toEqual([]);
  });

  test("a name is written in full or within its zone", () => {
    const zoned = [zone("example.com"), ...BLUE, inZone(www())];
    const own = inZone(record("r", "blue-lb", { name: "shop" }));
    const found = losses([...zoned, own], zoned);
    expect(found).toEqual([expect.stringContaining("ask for www.example.com (A)")]);
  });
});
