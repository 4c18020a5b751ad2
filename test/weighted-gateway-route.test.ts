import * as k8s from "@pulumi/kubernetes";
import type { ResourceTransformationArgs } from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { Rollout } from "../components";
import { type GatewayBackend, WeightedGatewayRoute, type WeightedGatewayRouteArgs } from "../components/kubernetes";
import { collectAsked, settled } from "./asked";

// What must be ready first comes late, so that nothing is in order by chance.
const { asked, find } = collectAsked((name) => (name === "late" ? 100 : 0));

const ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute";

const blue: GatewayBackend = { serviceName: "shop-blue-1", port: 80 };
const green: GatewayBackend = { serviceName: "shop-green-1", port: 80 };

type Given = Partial<Omit<WeightedGatewayRouteArgs, "rollout">> & { stable?: "blue" | "green"; stage?: string };
let routes = 0;

/** A route of a name of its own: the engine refuses a second resource of one name. */
function route({ stable = "blue", stage, ...args }: Given = {}, opts = {}): string {
  const name = `shop${++routes}`;
  const rollout = new Rollout(name, { stable, stage });
  const place = { namespace: "shop", gateway: { name: "public", namespace: "edge" }, hosts: ["shop.example.com"] };
  new WeightedGatewayRoute(name, { ...place, backends: { blue, green }, ...args, rollout }, opts);
  return name;
}

interface RouteInputs {
  metadata: { annotations: Record<string, string> };
  spec: { rules: Record<string, unknown>[] };
}

/** The HTTPRoute that was asked for, as it is written. */
function written(name: string): RouteInputs {
  return find(ROUTE, name).inputs as unknown as RouteInputs;
}

const weightedRule = (name: string) => written(name).spec.rules.at(-1);

describe("a weighted Gateway route", () => {
  test.each([
    ["idle", 100, 0],
    ["canary-25", 75, 25],
    ["full", 0, 100],
  ])("at %s writes both weights, after a preview rule for each color", async (stage, ofBlue, ofGreen) => {
    const name = route({ stage });
    await settled();
    const preview = (color: string) => ({
      matches: [{ headers: [{ type: "Exact", name: "x-crossfade", value: color }] }],
      backendRefs: [{ name: `shop-${color}-1`, port: 80 }],
    });
    expect(find(ROUTE, name).inputs).toMatchObject({
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { namespace: "shop" },
      spec: {
        parentRefs: [{ name: "public", namespace: "edge" }],
        hostnames: ["shop.example.com"],
        rules: [
          preview("blue"),
          preview("green"),
          {
            backendRefs: [
              { name: "shop-blue-1", port: 80, weight: ofBlue },
              { name: "shop-green-1", port: 80, weight: ofGreen },
            ],
          },
        ],
      },
    });
    expect(written(name).metadata).not.toHaveProperty("name");
    expect(weightedRule(name)).not.toHaveProperty("filters");
  });

  test("of one color has its weight and its preview rule", async () => {
    const name = route({ backends: { blue }, mirror: true });
    await settled();
    expect(written(name).spec.rules).toHaveLength(2);
    expect(weightedRule(name)).toEqual({ backendRefs: [{ name: "shop-blue-1", port: 80, weight: 100 }] });
  });

  test("shows each color by its header with the secret, and hosts as Gateway API spells them", async () => {
    const name = route({ previewSecret: "open-sesame", hosts: ["Shop.Example.com"] });
    await settled();
    const [first] = written(name).spec.rules;
    expect(first).toMatchObject({ matches: [{ headers: [{ value: "blue-open-sesame" }] }] });
    expect(written(name).spec).toMatchObject({ hostnames: ["shop.example.com"] });
  });

  test.each([
    ["blue", "idle", "shop-green-1"],
    ["green", "idle", "shop-blue-1"],
    ["blue", "canary-5", undefined],
    ["blue", "full", undefined],
  ] as const)("with %s stable at %s mirrors to %s", async (stable, stage, mirrored) => {
    const name = route({ stable, stage, mirror: true });
    await settled();
    const filter = { type: "RequestMirror", requestMirror: { backendRef: { name: mirrored, port: 80 } } };
    expect(weightedRule(name)?.filters).toEqual(mirrored && [filter]);
    for (const rule of written(name).spec.rules.slice(0, -1)) expect(rule).not.toHaveProperty("filters");
  });

  test("waits for what its backends call ready, and its clock for it", async () => {
    const late = new k8s.core.v1.ConfigMap("late", {});
    const name = route({ backends: { blue, green: { ...green, ready: [late] } } });
    await settled();
    const order = asked.map((r) => r.name);
    expect(asked.findIndex((r) => r.type === ROUTE)).toBeGreaterThan(order.indexOf("late"));
    expect(order.indexOf(`${name}-weights`)).toBeGreaterThan(asked.findIndex((r) => r.type === ROUTE));
    expect(find("pulumi:index:Stash").inputs.input).toEqual({ shares: { blue: 100 }, sticky: false });
  });

  test("waits until this generation is accepted and its Services are found, and not for ever", async () => {
    let opts: Record<string, unknown> = {};
    const note = (child: ResourceTransformationArgs) => {
      if (child.type === ROUTE) opts = { ...child.opts };
      return undefined;
    };
    const name = route({}, { transformations: [note] });
    await settled();
    const condition = (type: string) =>
      `jsonpath={.status.parents[*].conditions[?@.type=='${type}'&&@.status=='True'&&@.observedGeneration==$.metadata.generation]}`;
    const { "pulumi.com/waitFor": waitFor = "", ...others } = written(name).metadata.annotations;
    expect(JSON.parse(waitFor)).toEqual([condition("Accepted"), condition("ResolvedRefs")]);
    expect(opts.customTimeouts).toEqual({ create: "2m", update: "2m" });
    // Nothing that takes the weights from somebody else who owns them.
    expect(others).toEqual({});
  });

  test("shows the policies the plan, the Services and where it is", async () => {
    const name = route({ stage: "canary-5" });
    await settled();
    const { inputs } = find("crossfade:index:WeightedGatewayRoute", name);
    expect(inputs).toMatchObject({
      stable: "blue",
      stage: "canary-5",
      services: { blue: "shop-blue-1", green: "shop-green-1" },
      namespace: "shop",
      gateway: { name: "public", namespace: "edge" },
      hosts: ["shop.example.com"],
    });
  });

  test("leads to another namespace where that is granted", async () => {
    const name = route({ backends: { blue, green: { ...green, namespace: "other", granted: true } } });
    await settled();
    expect(weightedRule(name)).toEqual({
      backendRefs: [
        { name: "shop-blue-1", port: 80, weight: 100 },
        { name: "shop-green-1", port: 80, namespace: "other", weight: 0 },
      ],
    });
  });
});

describe("a weighted Gateway route is refused", () => {
  const gateway = { name: "public", namespace: "edge" };
  test.each<[string, Given, string, RegExp]>([
    ["a stable color without a backend", { backends: { green } }, "backends.blue", /100 % .* has no backend/],
    ["a weight without a backend", { stage: "canary-5", backends: { blue } }, "backends.green", /5 % .* no backend/],
    [
      "a backend in another namespace",
      { backends: { blue, green: { ...green, namespace: "other" } } },
      "backends.green.namespace",
      /without a ReferenceGrant in "other" the Gateway answers 500 for its share.*granted: true/,
    ],
    ["a port that is none", { backends: { blue: { ...blue, port: 0 } } }, "backends.blue.port", /1 to 65535/],
    ["no namespace", { namespace: "" }, "namespace", /no name of a namespace/],
    ["no Gateway", { gateway: { ...gateway, name: "" } }, "gateway.name", /no name of a Gateway/],
    ["a Gateway nowhere", { gateway: { ...gateway, namespace: "" } }, "gateway.namespace", /no name of a namespace/],
    ["no host", { hosts: [] }, "hosts", /would take every host's requests/],
    ["too many hosts", { hosts: Array.from({ length: 17 }, (_, i) => `h${i}.example.com`) }, "hosts", /one to 16/],
  ])("for %s", (_, given, propertyPath, reason) => {
    const errors = [{ propertyPath, reason: expect.stringMatching(reason) }];
    expect(() => route(given)).toThrow(expect.objectContaining({ errors, message: expect.stringMatching(reason) }));
  });

  test("with every error at once", () => {
    expect(() => route({ backends: { green }, namespace: "", hosts: [] })).toThrow(
      /the route "shop\d+" cannot be; nothing of it was made:\n {2}backends.blue: .*\n {2}namespace: .*\n {2}hosts: /,
    );
  });
});
