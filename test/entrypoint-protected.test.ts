import { describe, expect, test } from "vitest";
import { entrypointProtected } from "../policies/entrypoint-protected";
import { planOfOne } from "../policies/plan";
import type { Resource } from "../traffic";
import { balancer, changed, forward, listener, ours, record, resource, verdicts } from "./resources";

const web = listener(forward({ blue: 1 }));
const PROTECTED = { protect: true };
const kept = (before: Resource, more: Partial<Resource> = PROTECTED) => changed(before, {}, more);
const aws = (enableDeletionProtection: boolean) => balancer({ enableDeletionProtection });
const zone = (more: object = {}) => resource("zone", "aws:route53/zone:Zone", { name: "example.com", ...more });

describe("a hazard is refused, and its nearest safe twin passes", () => {
  test.each<[string, Resource[], Resource[], Resource[]]>([
    [
      "10: protect is taken from a listener that serves",
      [aws(true), kept(web)],
      [aws(true), web],
      [aws(true), kept(web)],
    ],
    ["AWS's own protection is taken from a balancer", [aws(true), web], [aws(false), web], [aws(true), web]],
    ["protect is taken from a record", [kept(record("shop"))], [record("shop")], [kept(record("shop"))]],
    ["one protection of two is taken away", [kept(aws(true)), web], [aws(true), web], [kept(aws(true)), web]],
  ])("%s", (_, prior, bad, safe) => {
    expect(verdicts(entrypointProtected, prior, bad)).toContain("refused");
    expect(verdicts(entrypointProtected, prior, safe)).toEqual([]);
  });

  test("a balancer of ours without protection", () => {
    const edge = (inputs: object) => ours("Edge", balancer(inputs));
    expect(verdicts(entrypointProtected, [], edge({}))).toEqual(["refused"]);
    expect(verdicts(entrypointProtected, [], edge({ enableDeletionProtection: true }))).toEqual([]);
  });
});

test.each<[string, Resource[], string[], object?]>([
  ["a balancer that nothing protects", [balancer()], ["said"]],
  ["a balancer that the engine protects", [kept(balancer())], []],
  ["a balancer that AWS protects", [aws(true)], []],
  ["the same, where a team wants protect", [aws(true)], ["said"], { balancer: "protect" }],
  ["an internal balancer that carries nothing here", [balancer({ internal: true })], []],
  ["a zone", [zone()], ["said"]],
  ["a private zone that answers nobody", [zone({ vpcs: [{ vpcId: "vpc-1" }] })], []],
  ["a listener", [web], []],
])("new: %s", (_, desired, expected, settings) => {
  expect(verdicts(entrypointProtected, [], desired, settings)).toEqual(expected);
});

test("listeners and records are asked for where a team says so", () => {
  const kinds = { kinds: ["listener", "record"] };
  const served = [balancer(), web, record("shop")];
  expect(entrypointProtected.judge(planOfOne(served, web), kinds)).toHaveLength(1);
  expect(verdicts(entrypointProtected, served, [balancer(), kept(web), kept(record("shop"))], kinds)).toEqual([]);
});

test("protection may go when nothing serves, and comes at any time", () => {
  const weighted = (setIdentifier: string, weight: number, more: Partial<Resource> = {}) =>
    resource(
      setIdentifier,
      "aws:route53/record:Record",
      { zoneId: "Z1", name: "shop.example.com", type: "A", setIdentifier, weightedRoutingPolicies: [{ weight }] },
      more,
    );
  const on = weighted("on", 100);
  expect(verdicts(entrypointProtected, [on, weighted("off", 0, PROTECTED)], [on, weighted("off", 0)])).toEqual([]);
  expect(verdicts(entrypointProtected, [on, weighted("off", 1, PROTECTED)], [on, weighted("off", 1)])).toHaveLength(1);
  expect(verdicts(entrypointProtected, [aws(false), web], [aws(true), web])).toEqual([]);
});

test("where a source does not tell what is protected, nothing is taken away", () => {
  const { protect: _, ...untold } = web;
  expect(verdicts(entrypointProtected, [kept(web)], [untold])).toEqual([]);
});

test("under another name it is the same entry point", () => {
  const renamed = { ...web, urn: `${web.urn}-2`, aliases: [web.urn] };
  expect(verdicts(entrypointProtected, [kept(web)], [renamed])).toEqual(["refused"]);
  expect(verdicts(entrypointProtected, [kept(web)], [kept(renamed)])).toEqual([]);
});

test("in an update it is judged before its own step", () => {
  expect(entrypointProtected.judge(planOfOne([aws(true), kept(web)], web))).toMatchObject([{ urn: web.urn }]);
});
