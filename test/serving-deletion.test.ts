import { expect, test } from "vitest";
import { planOf } from "../policies/plan";
import { servingDeletion } from "../policies/serving-deletion";
import type { Resource } from "../traffic";
import {
  balancer,
  deployed,
  forward,
  group,
  listener,
  type Program,
  previewed,
  type RuleShape,
  rule,
  service,
  urnOf,
} from "./small-programs";

/** Rule "b" gives group B no weight, so that a client can be on B by a cookie alone; its service gets a successor of no tasks. */
function program({ sticky = true, replaced = false }): Program {
  return [
    ...[group("A"), group("B"), balancer(), listener()],
    rule("b", {}, forward({ A: 100, B: 0 }, sticky)),
    service("a", "A"),
    service("s", "B", replaced ? { cluster: "y", desiredCount: 0 } : { cluster: "x" }),
  ];
}

/** As the update to the program leaves it that is stopped before its deletions. */
function beforeDeletions(before: Program, after: Program): Resource[] {
  const urn = urnOf({ kind: "service", name: "s" });
  const old = deployed(before).filter((resource) => resource.urn === urn);
  return [...deployed(after), ...old.map((resource) => ({ ...resource, pendingDelete: true }))];
}

const refused = (prior: Resource[], after: Program) => servingDeletion.judge(planOf(prior, previewed(after, prior)));

test("what a stopped update would still delete stays while a cookie may name it, and its finding tells the way on", () => {
  const after = program({ replaced: true });
  const [finding, ...more] = refused(beforeDeletions(program({}), after), after);
  expect(more).toEqual([]);
  expect(finding).toMatchObject({
    urn: urnOf({ kind: "service", name: "s" }),
    what: expect.stringContaining("may receive requests with a stickiness cookie"),
    instead: expect.stringContaining("pulumi refresh"),
  });
});

test("the way on: with the stickiness off in the cloud, the rest passes", () => {
  const state = beforeDeletions(program({}), program({ replaced: true, sticky: false }));
  expect(refused(state, program({ replaced: true, sticky: false }))).toEqual([]);
  expect(refused(state, program({ replaced: true }))).toEqual([]);
});

test.each<[string, RuleShape, string, number]>([
  ["of a host goes, and one of every path answers", { host: ["old.example.com"] }, "/*", 0],
  ["of paths goes, and one of every path answers", { path: ["/legacy/*"] }, "/*", 0],
  ["of paths goes, and one answers that has all of them", { path: ["/shop/cart/*"] }, "/shop/*", 0],
  ["of paths goes, and one answers that has a part of them", { path: ["/shop*"] }, "/shop/*", 1],
])("a rule %s", (_, old, path, count) => {
  const stays = [
    ...[group("A"), balancer(), listener(), service("a", "A")],
    rule("all", { host: [], path: [path], priority: 20 }, forward({ A: 1 })),
  ];
  expect(refused(deployed([...stays, rule("old", old, forward({ A: 1 }))]), stays)).toHaveLength(count);
});
