import type { PolicyResourceOptions, ResourceValidationArgs } from "@pulumi/policy";
import { expect, test } from "vitest";
import { desiredBeforeStep } from "../policies/engine/desired-state";
import { parseState } from "../traffic/sources/state";

const URN = "urn:pulumi:dev::test::aws:ecs/service:Service::shop";
const TYPE = "aws:ecs/service:Service";

/** As an export of version 3 has a resource (pulumi/sdk, `apitype.ResourceV3`): what is not set is left out. */
function exported(more: object) {
  const resource = { urn: URN, type: TYPE, custom: true, ...more };
  return parseState(JSON.stringify({ version: 3, deployment: { resources: [resource] } })).resources[0];
}

/** As the policy SDK shows its options: what is not set is false, empty or 0. */
function shown(more: Partial<PolicyResourceOptions>) {
  const customTimeouts = { createSeconds: 0, updateSeconds: 0, deleteSeconds: 0 };
  const opts = { protect: false, ignoreChanges: [], aliases: [], additionalSecretOutputs: [], customTimeouts, ...more };
  return desiredBeforeStep({ urn: URN, type: TYPE, props: {}, opts } as unknown as ResourceValidationArgs);
}

test("protect, ignoreChanges and time-outs are the same, read from a state or shown by the engine", () => {
  const state = exported({
    protect: true,
    ignoreChanges: ["desiredCount"],
    customTimeouts: { create: 1800, update: 3600 },
  });
  const asked = shown({
    protect: true,
    ignoreChanges: ["desiredCount"],
    customTimeouts: { createSeconds: 1800, updateSeconds: 3600, deleteSeconds: 0 },
  });
  const expected = {
    protect: true,
    ignoreChanges: ["desiredCount"],
    customTimeouts: { create: 1800, update: 3600 },
  };
  expect(state).toMatchObject(expected);
  expect(asked).toMatchObject(expected);
});

test("what is not set is nothing, and no time-out of 0", () => {
  for (const resource of [exported({}), shown({})]) {
    expect(resource?.protect).toBe(false);
    expect(resource?.ignoreChanges ?? []).toEqual([]);
    expect(resource?.customTimeouts?.create).toBeUndefined();
    expect(resource?.customTimeouts?.update).toBeUndefined();
  }
});
