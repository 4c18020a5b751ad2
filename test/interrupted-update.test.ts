import { expect, test } from "vitest";
import { interruptedUpdate } from "../policies/interrupted-update";
import { planOf } from "../policies/plan";
import {
  balancer,
  deployed,
  forward,
  group,
  type Item,
  listener,
  type Program,
  previewed,
  service,
} from "./small-programs";

// What is found is tried in plan-check.test.ts, and through the engine in cases.test.ts; here is what it says of it.

const BLUE = [group("blue"), service("blue-s", "blue")];
const GREEN = [group("green"), service("green-s", "green")];
const web = (weights: Record<string, number>, more: Partial<Item> = {}) => listener(forward(weights), more);

function said(before: Program, after: Program): string[] {
  const prior = deployed(before);
  return interruptedUpdate
    .judge(planOf(prior, previewed(after, prior)))
    .map(({ what, why, instead }) => `${what}\n${why}\n${instead}`);
}

const before = [...BLUE, balancer(), web({ blue: 100 })];

test("the step after which, the one that would end it, who loses how much, why, and the edge that cures it", () => {
  const after = [...BLUE, ...GREEN, balancer(), web({ blue: 75, green: 25 })];
  expect(said(before, after)).toEqual([
    [
      'After "web" (aws:lb/listener:Listener) is updated and before "green-s" (aws:ecs/service:Service) is created, 25 % of the requests of listener "web" are lost.',
      'Nobody answers behind target group "green": "green-s" (aws:ecs/service:Service) is not there. The engine may be there for a while, and may stop there.',
      'Give "web" (aws:lb/listener:Listener) a dependsOn on "green-s" (aws:ecs/service:Service), or make two updates of it, the one with "green-s" (aws:ecs/service:Service) first.',
    ].join("\n"),
  ]);
  expect(
    said(before, [...BLUE, ...GREEN, balancer(), web({ blue: 75, green: 25 }, { dependsOn: ["green-s"] })]),
  ).toEqual([]);
});

test("where an edge would be a circle, the other way round is said", () => {
  const after = [
    ...BLUE,
    group("green"),
    balancer(),
    web({ blue: 75, green: 25 }),
    service("green-s", "green", {}, { dependsOn: ["web"] }),
  ];
  expect(said(before, after)).toEqual([expect.stringContaining("a rule that asks for the header x-crossfade will do")]);
});

test("what lasts is said to last", () => {
  const scaled = [group("blue"), service("blue-s", "blue", { desiredCount: 0 }), balancer(), web({ blue: 100 })];
  expect(said(before, scaled)).toEqual([
    expect.stringMatching(/is updated, and from then on, 100 % of .* are lost\.\n.*runs nothing\. It stays so\./),
  ]);
});
