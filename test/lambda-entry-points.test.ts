import { expect, test } from "vitest";
import { losses } from "./plan-losses";
import { balancer, forward, type Item, listener, type Program, ref } from "./small-programs";

const fn = (name: string, inputs: object = {}): Item => ({ name, kind: "function", inputs: { name, ...inputs } });
const alias = (inputs: object = {}): Item => ({
  name: "live",
  kind: "alias",
  inputs: { name: "live", functionName: ref("fn"), functionVersion: "1", __defaults: [], ...inputs },
});
const url = (of: string): Item => ({ name: "url", kind: "functionUrl", inputs: { functionName: ref(of) } });
const weights = (version: string, weight: number) => ({
  routingConfig: { additionalVersionWeights: { [version]: weight } },
});
/** A function behind a target group that calls functions. */
const web = (name: string, group: string, ...dependsOn: string[]): Program => [
  { name: group, kind: "group", inputs: { targetType: "lambda", port: 80, name: group, __defaults: ["name"] } },
  { name: `to-${name}`, kind: "target", inputs: { targetGroupArn: ref(group), targetId: ref(name) } },
  balancer(),
  listener(forward({ [group]: 1 }), { dependsOn }),
];

test.each<[string, Program, Program, string, Program]>([
  [
    "an alias under another name: who calls it was not told",
    [fn("fn"), alias()],
    [fn("fn"), alias({ name: "current" })],
    'after delete live; until ; 100 % of the calls of alias "live"',
    [fn("fn"), alias({ functionVersion: "2" })],
  ],
  [
    "a function under another name, by its URL",
    [fn("fn"), url("fn")],
    [fn("fn", { name: "renamed" }), url("fn")],
    'the calls of function URL "url"',
    [fn("fn", { memorySize: 512 }), url("fn")],
  ],
  [
    "a function that goes from behind its alias",
    [fn("fn"), alias()],
    [{ ...alias(), inputs: { ...alias().inputs, functionName: "arn:fn" } }],
    'function "fn" is not there',
    [fn("fn"), { ...alias(), inputs: { ...alias().inputs, functionName: "arn:fn" } }],
  ],
  [
    "a function that goes from behind a target group",
    [fn("fn"), ...web("fn", "g")],
    web("fn", "g").map((i) => (i.kind === "target" ? { ...i, inputs: { ...i.inputs, targetId: "arn:fn" } } : i)),
    'after delete fn; until ; 100 % of the requests of listener "web"',
    [fn("fn", { memorySize: 512 }), ...web("fn", "g")],
  ],
  [
    "a listener that is led to a group whose function is not registered yet",
    [fn("fn"), ...web("fn", "g")],
    [fn("fn"), ...web("fn", "g").slice(0, 2), fn("next"), ...web("next", "h")],
    "until create to-next; 100 %",
    [fn("fn"), ...web("fn", "g").slice(0, 2), fn("next"), ...web("next", "h", "to-next")],
  ],
])("%s", (_, before, after, expected, safe) => {
  expect(losses(before, after).join("\n")).toContain(expected);
  expect(losses(before, safe)).toEqual([]);
});

test("weight from one version to another loses nothing", () => {
  const before = [fn("fn"), alias(weights("2", 0.1))];
  expect(losses(before, [fn("fn"), alias(weights("2", 0.5))])).toEqual([]);
  expect(losses(before, [fn("fn"), alias({ functionVersion: "2" })])).toEqual([]);
  expect(losses(before, [])).toEqual([]);
});
