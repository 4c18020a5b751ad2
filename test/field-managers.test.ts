/**
 * Who owns a route's weights on a real API server: what becomes of the next `up` when somebody has moved them by other means.
 * The provider cannot be run here; what it sends is in `api-server/provider-writes.ts`.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ApiServer } from "./api-server/api-server";
import type { ApiClient, Manifest } from "./api-server/client";
import { NAMESPACE, startCluster } from "./api-server/cluster";
import { ProviderWrites } from "./api-server/provider-writes";

let server: ApiServer;
let client: ApiClient;
let provider: ProviderWrites;
let name: string;
let given = 0;

beforeAll(async () => {
  server = await startCluster((line) => process.stderr.write(`${line}\n`));
  client = server.client;
});
afterAll(() => server?.stop());

/** Each test has a route of its own: installed, then promoted to 95/5, both by Pulumi. */
beforeEach(async () => {
  name = `shop-${++given}`;
  provider = new ProviderWrites(client, `pulumi-kubernetes-${given}`);
  expect(await provider.create(route(100, 0))).toMatchObject({ status: 201 });
  expect(await provider.update(route(95, 5))).toMatchObject({ status: 200 });
});

function route(blue: number, green: number): Manifest {
  const backendRefs = Object.entries({ blue, green }).map(([color, weight]) => ({
    name: `shop-${color}`,
    port: 80,
    weight,
  }));
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name, namespace: NAMESPACE },
    spec: {
      parentRefs: [{ name: "public", namespace: "edge" }],
      hostnames: ["shop.example.com"],
      rules: [{ backendRefs }],
    },
  };
}

const rulesOf = ({ spec }: Manifest) => (spec as { rules: object[] }).rules;

async function liveWeights(): Promise<number[]> {
  const { body } = await client.get(route(0, 0));
  return body.spec.rules[0].backendRefs.map(({ weight }: { weight: number }) => weight);
}

/** The list of rules is one field (`x-kubernetes-list-type: atomic`): whoever writes a weight owns all rules. */
const conflictWith = (manager: string) => ({
  status: 409,
  body: {
    details: {
      causes: expect.arrayContaining([
        { reason: "FieldManagerConflict", field: ".spec.rules", message: expect.stringContaining(`"${manager}"`) },
      ]),
    },
  },
});
const ACCEPTED = { status: 200 };

/** What a rollback by hand may send: only the rules, or only the weights. */
const rules = (blue: number, green: number) => ({ spec: { rules: rulesOf(route(blue, green)) } });
const weights = (blue: number, green: number) => [
  { op: "replace", path: "/spec/rules/0/backendRefs/0/weight", value: blue },
  { op: "replace", path: "/spec/rules/0/backendRefs/1/weight", value: green },
];

test("Pulumi's own promotions and rollbacks pass one after another, whatever the Gateway writes of them", async () => {
  const accepted = {
    type: "Accepted",
    status: "True",
    reason: "Accepted",
    message: "",
    lastTransitionTime: new Date(),
  };
  const parents = [{ controllerName: "example.com/gateway", parentRef: { name: "public" }, conditions: [accepted] }];
  for (const [blue, green] of [
    [75, 25],
    [0, 100],
    [100, 0],
  ] as const) {
    const { body } = await client.get(route(0, 0));
    const status = await client.patch(
      route(0, 0),
      "merge",
      { ...body, status: { parents } },
      { subresource: "status", manager: "gateway" },
    );
    expect([status.status, status.body.message]).toEqual([200, undefined]);
    expect(await provider.preview(route(blue, green))).toMatchObject(ACCEPTED);
    expect(await provider.update(route(blue, green))).toMatchObject(ACCEPTED);
    expect(await liveWeights()).toEqual([blue, green]);
  }
});

describe("weights rolled back by hand as another manager", () => {
  beforeEach(async () => {
    expect(await client.patch(route(0, 0), "merge", rules(100, 0), { manager: "on-call" })).toMatchObject(ACCEPTED);
  });

  test("stop the next promotion, in the preview already", async () => {
    expect(await provider.preview(route(75, 25))).toMatchObject(conflictWith("on-call"));
    expect(await provider.update(route(75, 25))).toMatchObject(conflictWith("on-call"));
    expect(await liveWeights()).toEqual([100, 0]);
  });

  test("stop a program that asks for the very same too: the server's list has its defaults by now", async () => {
    expect(await provider.preview(route(100, 0))).toMatchObject(conflictWith("on-call"));
    expect(await provider.update(route(100, 0))).toMatchObject(conflictWith("on-call"));
  });

  test("are overwritten by one that is behind only by force", async () => {
    expect(await provider.update(route(95, 5))).toMatchObject(conflictWith("on-call"));
    const forced = { manager: provider.manager, force: true };
    expect(await client.apply(route(95, 5), forced)).toMatchObject(ACCEPTED);
    expect(await provider.update(route(75, 25))).toMatchObject(ACCEPTED);
  });
});

test("with `kubectl patch` it is worse: the preview refuses, and an update without one takes the weights back", async () => {
  expect(await client.patch(route(0, 0), "merge", rules(100, 0), { manager: "kubectl-patch" })).toMatchObject(ACCEPTED);
  expect(await provider.preview(route(95, 5))).toMatchObject(conflictWith("kubectl-patch"));
  expect(await provider.update(route(95, 5))).toMatchObject(ACCEPTED);
  expect(await liveWeights()).toEqual([95, 5]);
});

describe("weights rolled back as Pulumi's own manager", () => {
  test("by an apply of the whole route: the next promotion passes", async () => {
    expect(await client.apply(route(100, 0), { manager: provider.manager })).toMatchObject(ACCEPTED);
    expect(await liveWeights()).toEqual([100, 0]);
    expect(await provider.preview(route(75, 25))).toMatchObject(ACCEPTED);
    expect(await provider.update(route(75, 25))).toMatchObject(ACCEPTED);
    expect(await liveWeights()).toEqual([75, 25]);
  });

  test("by an apply of the rules alone: the hosts are gone, for an apply says all that its manager wants", async () => {
    const { spec, ...identity } = route(100, 0);
    const partial = { ...identity, ...rules(100, 0) };
    expect(await client.apply(partial, { manager: provider.manager })).toMatchObject(ACCEPTED);
    expect((await client.get(route(0, 0))).body.spec.hostnames).toBeUndefined();
    expect(spec).toHaveProperty("hostnames");
  });

  test("by an apply before Pulumi's first update: refused, for what was created belongs to the creator", async () => {
    name = `${name}-new`;
    await provider.create(route(95, 5));
    expect(await client.apply(route(100, 0), { manager: provider.manager })).toMatchObject(
      conflictWith("pulumi-kubernetes"),
    );
  });

  test.each(["the first", "a later"])(
    "by a patch of the weights alone, as the creator, before %s update",
    async (which) => {
      if (which === "the first") {
        name = `${name}-new`;
        await provider.create(route(95, 5));
      }
      const creator = { manager: "pulumi-kubernetes" };
      expect(await client.patch(route(0, 0), "json", weights(100, 0), creator)).toMatchObject(ACCEPTED);
      expect(await liveWeights()).toEqual([100, 0]);
      expect(await provider.preview(route(75, 25))).toMatchObject(ACCEPTED);
      expect(await provider.update(route(75, 25))).toMatchObject(ACCEPTED);
      expect(await liveWeights()).toEqual([75, 25]);
    },
  );

  test("by a patch that is late: refused where the weights are no longer those that it knew", async () => {
    const guard = { op: "test", path: "/spec/rules/0/backendRefs/1/weight", value: 50 };
    const late = await client.patch(route(0, 0), "json", [guard, ...weights(100, 0)], { manager: "pulumi-kubernetes" });
    expect(late).toMatchObject({ status: 422, body: { reason: "Invalid" } });
    expect(await liveWeights()).toEqual([95, 5]);
  });
});
