import { expect, test } from "vitest";
import { lossOf } from "../traffic";
import { deployment, httpRoute, service as podsOf } from "./kubernetes-programs";
import { edited } from "./plan-losses";
import { balancer, deployed, forward, group, listener, type Program, record, rule, service } from "./small-programs";

const EDGE = [balancer(), listener()];
const BLUE = [group("blue"), service("blue-s", "blue")];
const GREEN = [group("green"), service("green-s", "green")];
const SHOP = [...EDGE, ...BLUE, ...GREEN, rule("shop", {}, forward({ blue: 95, green: 5 }))];

/** Each entry point with what it loses, in percent. */
function found(program: Program): [string, number, boolean][] {
  return lossOf(deployed(program)).map(({ requests, lost, refused }) => [requests, Math.round(lost * 100), refused]);
}

const DEFAULT = ['the requests of listener "web"', 100, true];

test.each<[string, Program, unknown[]]>([
  ["nothing but what the balancer refuses", SHOP, [DEFAULT, ['the requests of rule "shop"', 0, false]]],
  [
    "a color without tasks",
    edited(SHOP, "green-s", { desiredCount: 0 }),
    [DEFAULT, ['the requests of rule "shop"', 5, false]],
  ],
  [
    "the same color without weight",
    edited(edited(SHOP, "green-s", { desiredCount: 0 }), "shop", { actions: [forward({ blue: 100, green: 0 })] }),
    [DEFAULT, ['the requests of rule "shop"', 0, false]],
  ],
  [
    "a record to a balancer that nobody answers behind",
    [
      ...EDGE.slice(0, 1),
      ...edited(BLUE, "blue-s", { desiredCount: 0 }),
      listener(forward({ blue: 1 })),
      record("r", "lb"),
    ],
    [
      ['the requests of listener "web"', 100, false],
      ["the requests of clients that ask for shop.example.com (A)", 100, false],
    ],
  ],
  [
    "a route of Kubernetes",
    [
      deployment("blue"),
      podsOf("blue"),
      deployment("green", { replicas: 0 }),
      podsOf("green"),
      httpRoute("r", { blue: 3, green: 1 }),
    ],
    [['the requests of HTTPRoute "r"', 25, false]],
  ],
  ["an empty state", [], []],
])("%s", (_, program, expected) => {
  expect(found(program)).toEqual(expected);
});

test("with the reason", () => {
  const [, shop] = lossOf(deployed(edited(SHOP, "green-s", { desiredCount: 0 })));
  expect(shop?.why).toEqual([
    'nobody answers behind target group "green": "green-s" (aws:ecs/service:Service) runs nothing',
  ]);
});
