import { describe, expect, test } from "vitest";
import { plannedChanges, type Resource, UNKNOWN } from "../traffic";

const provider = (kind: string, inputs: Record<string, unknown>, name = "p"): Resource => {
  const type = `pulumi:providers:${kind}`;
  return { urn: `urn:pulumi:dev::test::${type}::${name}`, type, custom: false, inputs, outputs: {} };
};
const made = (type: string, by: Resource, inputs: Record<string, unknown> = {}): Resource => ({
  urn: `urn:pulumi:dev::test::${type}::x`,
  type,
  custom: true,
  inputs,
  outputs: { id: "x" },
  provider: by.urn,
});

/** What becomes of an unchanged resource of the type when its provider's configuration changes. */
function outcome(type: string, before: Resource, after: Resource, inputs = {}): string[] {
  const changes = plannedChanges([before, made(type, before, inputs)], [after, made(type, after, inputs)]);
  return changes.map((c) => (c.kind === "replace" ? `replace for ${c.because.map((b) => b.property)}` : c.kind));
}

describe("a provider of Kubernetes", () => {
  const config = (server: string, token: string, more = {}) => ({
    "current-context": "main",
    contexts: [
      { name: "main", context: { cluster: "one", user: "me" } },
      { name: "other", context: { cluster: "two", user: "me" } },
    ],
    clusters: [
      { name: "one", cluster: { server, "certificate-authority-data": "Q0E=" } },
      { name: "two", cluster: { server: "https://two" } },
    ],
    users: [{ name: "me", user: { token } }],
    ...more,
  });
  const YAML =
    "current-context: m\ncontexts: [{name: m, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: S}}]\n";
  const json = JSON.stringify(config("https://one", "t1"));

  test.each<[string, Record<string, unknown>, Record<string, unknown>, string[]]>([
    ["a new token", { kubeconfig: json }, { kubeconfig: JSON.stringify(config("https://one", "t2")) }, []],
    [
      "another text of the same",
      { kubeconfig: json },
      { kubeconfig: JSON.stringify(config("https://one", "t1"), null, 2) },
      [],
    ],
    [
      "another server",
      { kubeconfig: json },
      { kubeconfig: JSON.stringify(config("https://new", "t1")) },
      ["replace for provider kubeconfig"],
    ],
    ["another context", { kubeconfig: json }, { kubeconfig: json, context: "other" }, ["replace for provider context"]],
    ["another cluster", { kubeconfig: json }, { kubeconfig: json, cluster: "two" }, ["replace for provider cluster"]],
    ["one that is not known", { kubeconfig: json }, { kubeconfig: UNKNOWN }, ["replace for provider kubeconfig"]],
    [
      "YAML with another server",
      { kubeconfig: YAML },
      { kubeconfig: YAML.replace("S", "T") },
      ["replace for provider kubeconfig"],
    ],
    ["YAML and a comment", { kubeconfig: YAML }, { kubeconfig: `# ours\n${YAML}` }, []],
    ["another file", { kubeconfig: "~/.kube/a" }, { kubeconfig: "~/.kube/b" }, ["replace for provider kubeconfig"]],
    [
      "the same identifier, whatever the server",
      { kubeconfig: json, clusterIdentifier: "c" },
      { kubeconfig: UNKNOWN, clusterIdentifier: "c" },
      [],
    ],
    [
      "another identifier",
      { kubeconfig: json, clusterIdentifier: "c" },
      { kubeconfig: json, clusterIdentifier: "d" },
      ["replace for provider clusterIdentifier"],
    ],
    ["what leads nowhere else", { kubeconfig: json }, { kubeconfig: json, enableServerSideApply: "true" }, []],
  ])("%s", (_, before, after, expected) => {
    const type = "kubernetes:apps/v1:Deployment";
    expect(outcome(type, provider("kubernetes", before), provider("kubernetes", after))).toEqual(expected);
  });
});

describe("a provider of AWS", () => {
  const roles = (account: string) =>
    JSON.stringify([{ roleArn: `arn:aws:iam::${account}:role/deploy`, sessionName: "x" }]);
  test.each<[string, Record<string, unknown>, Record<string, unknown>, string[]]>([
    ["another region", { region: "eu-west-1" }, { region: "eu-west-2" }, ["replace for provider region"]],
    ["a region that is not known", { region: "eu-west-1" }, { region: UNKNOWN }, ["replace for provider region"]],
    ["a region that an old state does not have", {}, { region: "eu-west-1" }, []],
    [
      "another account",
      { allowedAccountIds: '["111111111111"]' },
      { allowedAccountIds: '["222222222222"]' },
      ["replace for provider allowedAccountIds"],
    ],
    [
      "another account's role",
      { assumeRoles: roles("111111111111") },
      { assumeRoles: roles("222222222222") },
      ["replace for provider assumeRoles"],
    ],
    [
      "a role that is not known",
      { assumeRoles: roles("111111111111") },
      { assumeRoles: UNKNOWN },
      ["replace for provider assumeRoles"],
    ],
    [
      "another role of the account",
      { assumeRoles: roles("111111111111") },
      { assumeRoles: roles("111111111111").replace("deploy", "release") },
      [],
    ],
    [
      "default tags",
      { region: "r", defaultTags: '{"tags":{}}' },
      { region: "r", defaultTags: '{"tags":{"a":"b"}}' },
      [],
    ],
    ["a new key", { region: "r", accessKey: "a" }, { region: "r", accessKey: "b" }, []],
    ["a minor bump", { region: "r", version: "7.48.0" }, { region: "r", version: "7.49.0" }, []],
  ])("%s", (_, before, after, expected) => {
    expect(outcome("aws:ecs/cluster:Cluster", provider("aws", before), provider("aws", after))).toEqual(expected);
  });

  test("a bump of the default provider, which has another URN, is none", () => {
    const [old, now] = ["7_48_0", "7_49_0"].map((v) => provider("aws", { region: "r" }, `default_${v}`)) as [
      Resource,
      Resource,
    ];
    expect(outcome("aws:ecs/cluster:Cluster", old, now)).toEqual([]);
    expect(outcome("aws:ecs/cluster:Cluster", old, { ...now, inputs: { region: "s" } })).toEqual([
      "replace for provider region",
    ]);
  });

  test("a resource with a region of its own stays", () => {
    const [old, now] = [provider("aws", { region: "r" }), provider("aws", { region: "s" })];
    expect(outcome("aws:ecs/cluster:Cluster", old, now, { region: "t" })).toEqual([]);
  });
});

describe("what replaces an object of Kubernetes", () => {
  const object = (kind: string, inputs: Record<string, unknown>, name: object = { name: "x" }): Resource => ({
    urn: "urn:pulumi:dev::test::kubernetes::x",
    type: `kubernetes:${kind}`,
    custom: true,
    inputs: { metadata: name, ...inputs },
    outputs: {},
  });
  const change = (before: Resource, after: Resource) => {
    const [first] = plannedChanges([before], [after]);
    return first?.kind === "replace" ? (first.deletedFirst ? "deleted first" : "created first") : first?.kind;
  };

  test.each<[string, string, object, object, string | undefined]>([
    [
      "a selector of a Deployment",
      "apps/v1:Deployment",
      { selector: { matchLabels: { a: "b" } } },
      { selector: {} },
      "deleted first",
    ],
    [
      "an image of a Deployment",
      "apps/v1:Deployment",
      { template: { image: "a" } },
      { template: { image: "b" } },
      "update",
    ],
    [
      "an image of a Pod",
      "core/v1:Pod",
      { containers: [{ image: "a" }] },
      { containers: [{ image: "b" }] },
      "deleted first",
    ],
    [
      "a selector of a Service, which is how blue and green are switched",
      "core/v1:Service",
      { selector: { v: "1" } },
      { selector: { v: "2" } },
      "update",
    ],
    [
      "an address of a Service",
      "core/v1:Service",
      { clusterIP: "10.0.0.1" },
      { clusterIP: "10.0.0.2" },
      "deleted first",
    ],
    ["a route's backends", "gateway.networking.k8s.io/v1:HTTPRoute", { rules: [1] }, { rules: [2] }, "update"],
    [
      "an address that is not known",
      "core/v1:Service",
      { clusterIP: "10.0.0.1" },
      { clusterIP: UNKNOWN },
      "deleted first",
    ],
  ])("%s", (_, kind, before, after, expected) => {
    expect(change(object(kind, { spec: before }), object(kind, { spec: after }))).toBe(expected);
  });

  test("a name of its own is deleted first, an auto-name or another namespace is not", () => {
    const deployment = (name: object, a: string) => object("apps/v1:Deployment", { spec: { selector: { a } } }, name);
    const auto = { name: "x-1", annotations: { "pulumi.com/autonamed": "true" } };
    expect(change(deployment(auto, "1"), deployment(auto, "2"))).toBe("created first");
    expect(change(deployment({ name: "x", namespace: "a" }, "1"), deployment({ name: "x", namespace: "b" }, "1"))).toBe(
      "created first",
    );
    expect(change(deployment({ name: "x" }, "1"), deployment({ name: "y" }, "1"))).toBe("created first");
    expect(change(deployment({ name: "x" }, "1"), deployment({ name: UNKNOWN }, "1"))).toBe("deleted first");
  });

  test("a chart's release is no object", () => {
    const release = (values: object) => object("helm.sh/v3:Release", { values }, { name: "x" });
    expect(change(release({ a: 1 }), { ...release({ a: 2 }), inputs: { metadata: { name: "y" } } })).toBe("update");
  });
});
