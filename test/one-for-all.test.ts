import { ConfigureAnalyzerRequest, type EnforcementLevel, PolicyConfig } from "@pulumi/pulumi/proto/analyzer_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { expect, test, vi } from "vitest";
import { LEVELS, type Level } from "../policies/engine/levels";
import { oneForAll, type PackPolicy } from "../policies/engine/one-for-all";
import { policies } from "../policies/index";
import { judgePreview, type PreviewToJudge } from "../policies/testing";

type Settings = Record<string, { level: Level } & Record<string, JavaScriptValue>>;

/** The pack as it is once the engine has told it the settings, of which it gives all their level. */
function configured(own: PackPolicy[], settings: Settings): PackPolicy[] {
  const service = {
    configure: { requestDeserialize: (bytes: Buffer) => ConfigureAnalyzerRequest.deserializeBinary(bytes) },
  };
  const together = oneForAll(own, service);
  const request = new ConfigureAnalyzerRequest();
  for (const { name } of own) {
    const { level, ...properties } = settings[name] ?? { level: "mandatory" };
    const config = new PolicyConfig();
    config.setEnforcementlevel(LEVELS.indexOf(level) as EnforcementLevel);
    config.setProperties(Struct.fromJavaScript(properties));
    request.getPolicyconfigMap().set(name, config);
  }
  service.configure.requestDeserialize(Buffer.from(request.serializeBinary()));
  return together;
}

const group = (port: number, more: object = {}) => ({
  type: "aws:lb/targetGroup:TargetGroup",
  name: "blue",
  inputs: { port, protocol: "HTTP", deregistrationDelay: 0 },
  ...more,
});
const web = {
  type: "aws:lb/listener:Listener",
  name: "web",
  inputs: { loadBalancerArn: "arn:edge", port: 80, defaultActions: [{ type: "forward", targetGroupArn: "arn:blue" }] },
};
const edge = { type: "aws:lb/loadBalancer:LoadBalancer", name: "edge", inputs: {} };
/** A new port, which is a replacement, and a policy's own settings, of a group that serves. */
const preview: PreviewToJudge = {
  prior: [edge, web, group(8080)],
  desired: [edge, web, group(9090, { outputs: {} }), { ...group(80), name: "new" }],
};

test.each<[string, Settings]>([
  ["as they are", {}],
  ["one off, which is the first", { "serving-replacement": { level: "disabled" } }],
  [
    "one advisory, one with settings",
    { "serving-replacement": { level: "advisory" }, drain: { level: "mandatory", least: 5 } },
  ],
  ["one to remediate, which nothing does", { "serving-replacement": { level: "remediate" } }],
  [
    "all off but the exemptions",
    Object.fromEntries(policies.slice(0, -1).map(({ name }) => [name, { level: "disabled" }])),
  ],
])("what they say together is what they say one by one: %s", async (_, settings) => {
  const policyConfig = Object.fromEntries(
    Object.entries(settings).map(([name, { level, ...rest }]) => [name, { enforcementLevel: level, ...rest }]),
  );
  // By this the pack tells an update from an analysis.
  vi.stubEnv("PULUMI_NODEJS_STACK", "dev");
  for (const during of ["preview", "update"] as const) {
    const alone = await judgePreview(policies, { ...preview, during, policyConfig });
    if (during === "preview") expect(alone.length > 0).toBe(settings.drain?.level !== "disabled");
    expect(await judgePreview(configured(policies, settings), { ...preview, during })).toEqual(alone);
  }
});

test("of those that are on the first alone has checks, once the settings have come", () => {
  const checks = (own: PackPolicy[]) =>
    own.flatMap((policy) => (typeof policy.validateStack === "function" ? [policy.name] : []));
  expect(checks(oneForAll(policies, {}))).toHaveLength(policies.length);
  expect(checks(configured(policies, {}))).toEqual(["serving-replacement"]);
  expect(checks(configured(policies, { "serving-replacement": { level: "disabled" } }))).toEqual(["serving-deletion"]);
});
