/**
 * Who owns what on a real API server: what becomes of the next `up` when somebody has moved a route's weights, or a
 * Deployment's replicas, by other means. What Pulumi's provider sends is played by `api-server/provider-writes.ts`, which
 * says why.
 *
 * For a rollback that is quicker than an `up` it follows: patch the weights alone, with a `test` of those known, as the field
 * manager `pulumi-kubernetes`. That alone needs neither the whole route nor the state's `__fieldManager`, and is in the way of
 * no later preview or update, first or not.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Rollout } from "../components";
import { KubernetesEnvironment } from "../components/kubernetes-environment";
import { WeightedGatewayRoute } from "../components/weighted-gateway-route";
import type { ApiServer } from "./api-server/api-server";
import type { ApiClient, Manifest } from "./api-server/client";
import { NAMESPACE, startCluster } from "./api-server/cluster";
import { collectManifests, find } from "./api-server/emitted";
import { isDone, writeStatus } from "./api-server/gateway-status";
import { ProviderWrites } from "./api-server/provider-writes";

const emittedBy = collectManifests();
let server: ApiServer;
let client: ApiClient;
let provider: ProviderWrites;
let given = 0;

beforeAll(async () => {
  server = await startCluster((line) => process.stderr.write(`${line}\n`));
  client = server.client;
});
afterAll(() => server?.stop());
beforeEach(() => {
  provider = new ProviderWrites(client, `pulumi-kubernetes-${++given}`);
});

const CREATED = { status: 201 };
const ACCEPTED = { status: 200 };
const BOTH = { Accepted: "True", ResolvedRefs: "True" };

describe("a route's weights", () => {
  /** One route at its stages, by the weights of blue and green. */
  let route: Record<"100/0" | "95/5" | "50/50" | "0/100", Manifest>;

  beforeEach(async () => {
    const stages = [
      { name: "canary-5", weight: 5, bake: 600 },
      { name: "canary-50", weight: 50, bake: 600 },
    ];
    const at = async (stage: string) => {
      const manifests = await emittedBy(() => {
        const rollout = new Rollout("shop", { stable: "blue", stage, stages });
        new WeightedGatewayRoute(`shop-${given}`, {
          rollout,
          backends: { blue: { serviceName: "shop-blue", port: 80 }, green: { serviceName: "shop-green", port: 80 } },
          namespace: NAMESPACE,
          gateway: { name: "public", namespace: "edge" },
          hosts: ["shop.example.com"],
        });
      });
      return find(manifests, "HTTPRoute");
    };
    const [idle, five, fifty, full] = [await at("idle"), await at("canary-5"), await at("canary-50"), await at("full")];
    route = { "100/0": idle, "95/5": five, "50/50": fifty, "0/100": full };
    expect(await provider.create(idle)).toMatchObject(CREATED);
  });

  const live = async () => (await client.get(route["100/0"])).body;

  async function liveWeights(): Promise<string> {
    const { spec } = await live();
    const { backendRefs } = spec.rules.at(-1);
    return backendRefs.map(({ weight }: { weight: number }) => weight).join("/");
  }

  async function expectNextPromotion(): Promise<void> {
    expect(await provider.preview(route["50/50"])).toMatchObject(ACCEPTED);
    expect(await provider.update(route["50/50"])).toMatchObject(ACCEPTED);
    expect(await liveWeights()).toBe("50/50");
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

  /** What a rollback by hand may send: all rules, or the weights alone. */
  const allRules = () => ({ spec: { rules: (route["100/0"].spec as { rules: object[] }).rules } });
  const WEIGHTS = "/spec/rules/2/backendRefs";
  const weightsAlone = [
    { op: "replace", path: `${WEIGHTS}/0/weight`, value: 100 },
    { op: "replace", path: `${WEIGHTS}/1/weight`, value: 0 },
  ];
  const creator = { manager: "pulumi-kubernetes" };

  test("as created can be rolled back by a patch of them alone, as the creator", async () => {
    expect(await client.patch(route["100/0"], "json", weightsAlone, creator)).toMatchObject(ACCEPTED);
    await expectNextPromotion();
  });

  test("as created cannot by an apply as Pulumi's manager, who owns nothing before the first update", async () => {
    const own = { manager: provider.manager };
    expect(await client.apply(route["95/5"], own)).toMatchObject(conflictWith("pulumi-kubernetes"));
  });

  describe("at 95/5 by Pulumi,", () => {
    beforeEach(async () => {
      expect(await provider.update(route["95/5"])).toMatchObject(ACCEPTED);
    });

    test("are moved by it on and on, whatever the Gateway writes of the route", async () => {
      for (const weights of ["50/50", "0/100", "100/0"] as const) {
        expect(await writeStatus(server, route["95/5"], BOTH)).toMatchObject(ACCEPTED);
        expect(await provider.preview(route[weights])).toMatchObject(ACCEPTED);
        expect(await provider.update(route[weights])).toMatchObject(ACCEPTED);
        expect(await liveWeights()).toBe(weights);
      }
    });

    test("are done when the Gateway has accepted this very move, and not by its word of the one before", async () => {
      expect(await isDone(server, route["95/5"])).toBe(false);
      expect(await writeStatus(server, route["95/5"], { Accepted: "True" })).toMatchObject(ACCEPTED);
      expect(await isDone(server, route["95/5"])).toBe(false);
      await writeStatus(server, route["95/5"], { Accepted: "True", ResolvedRefs: "False" });
      expect(await isDone(server, route["95/5"])).toBe(false);
      await writeStatus(server, route["95/5"], BOTH);
      expect(await isDone(server, route["95/5"])).toBe(true);

      const { status } = await live();
      await provider.update(route["50/50"]);
      expect((await live()).status).toEqual(status); // still True, of the generation before
      expect(await isDone(server, route["50/50"])).toBe(false);
      await writeStatus(server, route["50/50"], BOTH);
      expect(await isDone(server, route["50/50"])).toBe(true);
    });

    describe("rolled back by hand as another manager,", () => {
      beforeEach(async () => {
        const other = { manager: "on-call" };
        expect(await client.patch(route["100/0"], "merge", allRules(), other)).toMatchObject(ACCEPTED);
        expect(await liveWeights()).toBe("100/0");
      });

      test("stop the next promotion, in the preview already", async () => {
        expect(await provider.preview(route["50/50"])).toMatchObject(conflictWith("on-call"));
        expect(await provider.update(route["50/50"])).toMatchObject(conflictWith("on-call"));
        expect(await liveWeights()).toBe("100/0");
      });

      test("stop a program that asks for the very same: the stored list has the server's defaults in it", async () => {
        expect(await provider.preview(route["100/0"])).toMatchObject(conflictWith("on-call"));
        expect(await provider.update(route["100/0"])).toMatchObject(conflictWith("on-call"));
      });

      test("are Pulumi's again by force alone (`pulumi.com/patchForce`), which overwrites them", async () => {
        const forced = { manager: provider.manager, force: true };
        expect(await client.apply(route["95/5"], forced)).toMatchObject(ACCEPTED);
        expect(await liveWeights()).toBe("95/5");
        await expectNextPromotion();
      });
    });

    test("and rolled back by `kubectl patch` stop the preview, and are overwritten by an update without one", async () => {
      const kubectl = { manager: "kubectl-patch" };
      expect(await client.patch(route["100/0"], "merge", allRules(), kubectl)).toMatchObject(ACCEPTED);
      expect(await provider.preview(route["95/5"])).toMatchObject(conflictWith("kubectl-patch"));
      expect(await provider.update(route["95/5"])).toMatchObject(ACCEPTED);
      expect(await liveWeights()).toBe("95/5");
    });

    test("and rolled back by an apply of the whole route as Pulumi's manager are free for the next promotion", async () => {
      const own = { manager: provider.manager };
      expect(await client.apply(route["100/0"], own)).toMatchObject(ACCEPTED);
      expect(await liveWeights()).toBe("100/0");
      await expectNextPromotion();
    });

    test("and rolled back by an apply of the rules alone lose the hosts: an apply is all that its manager wants", async () => {
      const { apiVersion, kind, metadata } = route["100/0"];
      const rules = { apiVersion, kind, metadata, ...allRules() };
      expect((await live()).spec.hostnames).toEqual(["shop.example.com"]);
      expect(await client.apply(rules, { manager: provider.manager })).toMatchObject(ACCEPTED);
      expect((await live()).spec.hostnames).toBeUndefined();
    });

    test("and rolled back by a patch of them alone, as the creator, are free for the next promotion", async () => {
      expect(await client.patch(route["100/0"], "json", weightsAlone, creator)).toMatchObject(ACCEPTED);
      expect(await liveWeights()).toBe("100/0");
      await expectNextPromotion();
    });

    test("and patched by somebody who is late stay as they are", async () => {
      const known = { op: "test", path: `${WEIGHTS}/1/weight`, value: 50 };
      const late = await client.patch(route["100/0"], "json", [known, ...weightsAlone], creator);
      expect(late).toMatchObject({ status: 422, body: { reason: "Invalid" } });
      expect(await liveWeights()).toBe("95/5");
    });
  });
});

describe("a Deployment's replicas, left to an autoscaler,", () => {
  let fixed: Manifest;
  let scaled: Manifest;

  beforeEach(async () => {
    const version = { color: "blue", namespace: NAMESPACE, image: `shop@sha256:${"1".repeat(64)}` } as const;
    const emitted = async (count: object) => {
      const manifests = await emittedBy(() => new KubernetesEnvironment(`shop-${given}`, { ...version, ...count }));
      return find(manifests, "Deployment");
    };
    [fixed, scaled] = [await emitted({ replicas: 4 }), await emitted({ scaling: { min: 2, max: 9 } })];
    await provider.create(fixed);
    expect(await provider.update(fixed)).toMatchObject(ACCEPTED);
  });

  const liveReplicas = async () => (await client.get(fixed)).body.spec.replicas;

  test("would be 1 if they were just left out: the last one who wanted a number has gone", async () => {
    expect(await provider.update(scaled)).toMatchObject(ACCEPTED);
    expect(await liveReplicas()).toBe(1);
  });

  test("stay where they are with `ignoreChanges`", async () => {
    expect(await provider.update(scaled, ["replicas"])).toMatchObject(ACCEPTED);
    expect(await liveReplicas()).toBe(4);
  });

  test("are the autoscaler's from its first change on, and no update sets them back", async () => {
    await provider.update(scaled, ["replicas"]);
    const autoscaler = { manager: "kube-controller-manager", subresource: "scale" };
    expect(await client.patch(fixed, "merge", { spec: { replicas: 7 } }, autoscaler)).toMatchObject(ACCEPTED);
    expect(await provider.update(scaled, ["replicas"])).toMatchObject(ACCEPTED);
    expect(await liveReplicas()).toBe(7);
  });
});
