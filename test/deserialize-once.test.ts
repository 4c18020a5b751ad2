import { readFileSync } from "node:fs";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { expect, test } from "vitest";
import { deserializeOnce } from "../policies/engine/deserialize-once";

const properties = () => Struct.fromJavaScript({ port: 80, tags: { team: "shop" } });

test("what was read of a resource is given to each policy", () => {
  const sdk = { ...require("@pulumi/policy/deserialize") };
  const before = sdk.deserializeProperties;
  deserializeOnce(sdk);
  const own = properties();
  const first = sdk.deserializeProperties(own, false);
  expect(first).toEqual(before(own, false));
  expect(sdk.deserializeProperties(own, false)).toBe(first);
  expect(sdk.deserializeProperties(properties(), false)).not.toBe(first);
});

test("where secrets are to be wrapped, each is given its own", () => {
  const sdk = { ...require("@pulumi/policy/deserialize") };
  deserializeOnce(sdk);
  const own = properties();
  expect(sdk.deserializeProperties(own, true)).not.toBe(sdk.deserializeProperties(own, false));
});

test("an SDK that does it otherwise is left as it is", () => {
  const sdk = {};
  deserializeOnce(sdk);
  expect(sdk).toEqual({});
});

test("the SDK's server reads through what is exported, so that this has an effect", () => {
  const server = readFileSync(require.resolve("@pulumi/policy/server"), "utf8");
  expect(server.match(/deserialize_1\.deserializeProperties\(/g)?.length).toBeGreaterThanOrEqual(2);
});
