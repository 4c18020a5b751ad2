import { expect, test } from "vitest";
import { exempted } from "../policies/break-glass";
import { judgeAll } from "../policies/rules";
import type { Resource } from "../traffic";
import { exemptions } from "../traffic/exemption-schema";
import { NOW, planBetween } from "./crossfade-stack";

/** A stage that is left early, which bake-time refuses. */
const plan = planBetween({ stage: "canary-5", movedAgo: 5 }, { stage: "canary-50" });
const ROUTE = "urn:pulumi:dev::shop::crossfade:index:WeightedAlbRoute::shop";

function judged(...entries: object[]): string[] {
  const given = exemptions.parse(entries.map((e) => ({ reason: "the fix of incident 42", until: "2026-11-22", ...e })));
  const settings = { drain: "disabled", "entrypoint-protected": "disabled" };
  const found = judgeAll(plan, { exemptions: given, settings });
  return found.map(({ policy, advisory }) => `${policy} ${advisory ? "told" : "refused"}`);
}

test.each<[string, object[], string[]]>([
  ["nothing exempted", [], ["bake-time refused"]],
  ["by URN", [{ policy: "bake-time", urn: ROUTE }], ["bake-time told", "break-glass told"]],
  ["by name", [{ policy: "bake-time", urn: "shop" }], ["bake-time told", "break-glass told"]],
  ["by host", [{ policy: "bake-time", entryPoint: "shop.example.com" }], ["bake-time told", "break-glass told"]],
  ["another host", [{ policy: "bake-time", entryPoint: "example.com" }], ["bake-time refused", "break-glass told"]],
  ["another resource", [{ policy: "bake-time", urn: "blue" }], ["bake-time refused", "break-glass told"]],
  ["another policy", [{ policy: "stage-order", urn: "shop" }], ["bake-time refused", "break-glass told"]],
  ["no such policy", [{ policy: "bake", urn: "shop" }], ["bake-time refused", "break-glass refused"]],
  [
    "one that is over",
    [{ policy: "bake-time", urn: "shop", until: NOW.toISOString() }],
    ["bake-time refused", "break-glass refused"],
  ],
])("%s", (_, entries, expected) => {
  expect(judged(...entries)).toEqual(expected);
});

test.each([
  ["HTTPRoute", "gateway.networking.k8s.io/v1", { hostnames: ["shop.example.com"], rules: [{}] }],
  ["Ingress", "networking.k8s.io/v1", { rules: [{ host: "shop.example.com" }] }],
])("by the host of one of Kubernetes: %s", (kind, group, spec) => {
  const urn = `urn:pulumi:dev::shop::kubernetes:${group}:${kind}::shop`;
  const type = `kubernetes:${group}:${kind}`;
  const resource: Resource = { urn, type, custom: true, inputs: { spec }, outputs: {} };
  const finding = { urn, what: "", why: "", instead: "" };
  const by = (entryPoint: string) => {
    const given = [{ policy: "drain", entryPoint, reason: "incident 42", until: new Date("2026-11-22") }];
    return exempted("drain", finding, { ...plan, desired: [resource] }, given).advisory ?? false;
  };
  expect([by("Shop.example.com"), by("example.com")]).toEqual([true, false]);
});

test("the reason and the end are told with the finding", () => {
  const given = exemptions.parse([{ policy: "bake-time", urn: "shop", reason: "incident 42", until: "2026-11-22" }]);
  const [found] = judgeAll(plan, { exemptions: given });
  expect(found?.what).toContain("lets it through until 2026-11-22T00:00:00.000Z: incident 42.");
});

test("a date without quotes is one, as the engine hands it on", () => {
  const given = { policy: "bake-time", urn: "shop", reason: "incident 42", until: "2026-11-22 00:00:00 +0000 UTC" };
  expect(exemptions.parse([given])[0]?.until).toEqual(new Date("2026-11-22"));
});

test.each([
  ["no reason", { policy: "bake-time", urn: "shop", until: "2026-11-22" }],
  ["no end", { policy: "bake-time", urn: "shop", reason: "incident 42" }],
  ["an end that is none", { policy: "bake-time", urn: "shop", reason: "incident 42", until: "tomorrow" }],
  ["neither resource nor host", { policy: "bake-time", reason: "incident 42", until: "2026-11-22" }],
  ["both", { policy: "bake-time", urn: "x", entryPoint: "y", reason: "incident 42", until: "2026-11-22" }],
  ["a key that is none", { policy: "bake-time", urn: "x", why: "y", reason: "incident 42", until: "2026-11-22" }],
])("%s is no exemption", (_, entry) => {
  expect(exemptions.safeParse([entry]).success).toBe(false);
});
