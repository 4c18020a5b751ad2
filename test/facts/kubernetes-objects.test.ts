import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { KUBERNETES, LocalProvider, Records } from "../../local/providers";
import { changedPaths } from "../../local/providers/changed-paths";
import type { Properties } from "../../local/providers/record";
import { DEPLOYMENT, HTTP_ROUTE, type Metadata, SERVICE } from "../../local/providers/types/kubernetes-objects";

// What pulumi-kubernetes@94977969 makes of an object; the quotes are of provider/pkg/provider/provider.go.

function start() {
  const records = new Records(join(mkdtempSync(join(tmpdir(), "crossfade-")), "cloud.json"));
  return new LocalProvider(records, { changed: async () => {} }, () => {}, KUBERNETES);
}

const urnOf = (type: string) => `urn:pulumi:dev::test::${type}::shop`;
const none = new Uint8Array();
const metadataOf = (properties: Properties) => properties.metadata as Metadata;
const service = (spec: Properties, metadata: Properties = { namespace: "shop" }) => ({
  kind: "Service",
  metadata,
  spec,
});

// "If the user HAS NOT assigned a name in the new inputs, we autoname it and mark the object as autonamed" "This makes it easier for
// `Diff` to decide whether this needs to be `DeleteBeforeReplace`'d."
it("names an object, keeps the name, and gives a replacement another one", () => {
  const provider = start();
  const named = provider.check(urnOf(SERVICE), {}, service({}), new Uint8Array([1]));
  expect(metadataOf(named)).toMatchObject({
    name: expect.stringMatching(/^shop-[0-9a-f]{8}$/),
    annotations: { "pulumi.com/autonamed": "true" },
  });
  expect(provider.check(urnOf(SERVICE), named, service({ type: "ClusterIP" }), none).metadata).toEqual(named.metadata);
  const another = provider.check(urnOf(SERVICE), {}, service({}), new Uint8Array([2]));
  expect(metadataOf(another).name).not.toBe(metadataOf(named).name);
});

// "Delete before replacement if we are forced to replace the old object, and the new version of that object MUST have the same name."
it.each([
  { before: { name: "shop" }, after: { name: "shop" }, first: true },
  { before: { name: "shop" }, after: { name: "other" }, first: false },
  { before: { name: "shop", namespace: "shop" }, after: { name: "shop", namespace: "default" }, first: false },
  { before: { name: "shop" }, after: { name: "shop", namespace: "default" }, first: true },
  {
    before: { name: "shop-1" },
    after: { name: "shop-1", annotations: { "pulumi.com/autonamed": "true" } },
    first: false,
  },
])("of $before and then $after the old one is deleted first: $first", ({ before, after, first }) => {
  const diff = start().diff(urnOf(SERVICE), service({}, before), service({}, after));
  expect(diff.deleteBeforeReplace).toBe(first);
});

// `forceNewProperties` in provider/pkg/provider/diff.go.
it.each([
  [DEPLOYMENT, { selector: { matchLabels: { a: "1" } } }, { selector: { matchLabels: { a: "2" } } }, ["spec.selector"]],
  [DEPLOYMENT, { replicas: 1, template: { a: 1 } }, { replicas: 2, template: { a: 2 } }, []],
  [SERVICE, { selector: { a: "1" } }, { selector: { a: "2" } }, []],
  [SERVICE, { clusterIP: "None" }, {}, ["spec.clusterIP"]],
  [HTTP_ROUTE, { rules: [1] }, { rules: [2] }, []],
])("of a %s from %o to %o replaces: %o", (type, before, after, replaces) => {
  const object = (spec: Properties) => ({ metadata: { namespace: "shop" }, spec });
  expect(start().diff(urnOf(type), object(before), object(after)).replaces).toEqual(replaces);
});

it("says where a change is, as the engine writes paths", () => {
  const before = {
    metadata: { labels: { "a.b/c": "1" } },
    spec: { ports: [{ port: 80 }, { port: 81 }], gone: 1, same: { x: 1 } },
  };
  const after = {
    metadata: { labels: { "a.b/c": "2" } },
    spec: { ports: [{ port: 80 }, { port: 82 }], same: { x: 1 } },
  };
  expect(changedPaths(before, after)).toEqual(['metadata.labels["a.b/c"]', "spec.ports[1].port", "spec.gone"]);
  expect(changedPaths({ spec: [1] }, { spec: { 0: 1 } })).toEqual(["spec"]);
});

// "metadata.generation: a sequence number representing a specific generation of the desired state" (Kubernetes API conventions).
it("keeps what the API server has given, and counts generations of the spec", async () => {
  const provider = start();
  const inputs = service({ selector: { a: "1" } }, { namespace: "shop", name: "shop" });
  const { id, properties } = await provider.create(urnOf(SERVICE), inputs, false);
  expect(id).toBe("shop/shop");
  expect(metadataOf(properties)).toMatchObject({ uid: expect.any(String), generation: 1, resourceVersion: "1" });
  const update = (olds: Properties, oldInputs: Properties, news: Properties) =>
    provider.update(urnOf(SERVICE), id, olds, oldInputs, news, false);
  const labelled = { ...inputs, metadata: { ...inputs.metadata, labels: { b: "2" } } };
  const second = await update(properties, inputs, labelled);
  expect(metadataOf(second)).toMatchObject({ uid: metadataOf(properties).uid, generation: 1, resourceVersion: "2" });
  const third = await update(second, labelled, { ...labelled, spec: { selector: { a: "2" } } });
  expect(metadataOf(third).generation).toBe(2);
  expect(third.spec).toEqual({ ...(properties.spec as object), selector: { a: "2" } });
});

it("gives a preview its inputs, also in a namespace that is not there yet", async () => {
  const inputs = service({}, { namespace: "later", name: "shop" });
  expect(await start().create(urnOf(SERVICE), inputs, true)).toEqual({ id: "", properties: inputs });
});

// What the API server refuses.
it.each([
  ['namespaces "later" not found', SERVICE, service({}, { namespace: "later", name: "one" })],
  ['services "shop" already exists', SERVICE, service({}, { namespace: "shop", name: "shop" })],
  [
    "`selector` does not match template `labels`",
    DEPLOYMENT,
    {
      kind: "Deployment",
      metadata: { name: "shop", namespace: "shop" },
      spec: { selector: { matchLabels: { a: "1" } }, template: { metadata: { labels: { a: "2" } } } },
    },
  ],
])("refuses: %s", async (reason, type, inputs) => {
  const provider = start();
  await provider.create(urnOf(SERVICE), service({}, { namespace: "shop", name: "shop" }), false);
  await expect(provider.create(urnOf(type), inputs, false)).rejects.toThrow(reason);
});
