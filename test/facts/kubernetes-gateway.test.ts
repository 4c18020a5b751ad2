import { expect, it } from "vitest";
import { select } from "../../local/providers/kubernetes/json-path";
import { settleRoutes } from "../../local/providers/kubernetes/route-status";
import { isAsWaitedFor } from "../../local/providers/kubernetes/wait-for";
import { DEPLOYMENT, HTTP_ROUTE } from "../../local/providers/types/kubernetes-objects";
import { TestCluster } from "./cluster";
import { ask, seeded, states, until } from "./local-cloud";

// The quotes are of the Gateway API's reference, HTTPRouteRule and HTTPBackendRef, where nothing else is named.

const ref = (name: string, weight?: number, namespace?: string) => ({ name, port: 80, weight, namespace });
const shown = { matches: [{ headers: [{ name: "x-crossfade", value: "green" }] }], backendRefs: [ref("green")] };

/** Blue and green behind the Gateway's route. */
async function start(rules: Record<string, unknown>[], more = {}) {
  const cluster = new TestCluster(
    { blue: {}, green: {} },
    { random: seeded(1), adoptionDelay: [0, 0], controllerDelay: [0, 50] },
  );
  for (const color of ["blue", "green"]) cluster.service(color).deployment(color, { image: color });
  await cluster.route(rules, more).apply();
  const used = JSON.stringify(rules);
  const groups = ["blue", "green"]
    .filter((color) => used.includes(`"${color}"`))
    .map((color) => `service/shop/${color}`);
  await until(() => groups.every((group) => states(cluster.plane, group).join() === "healthy"));
  await cluster.plane.settled();
  return cluster;
}

/** How often who answers. */
async function count({ addresses }: TestCluster, headers = {}, path = "/"): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const answers = await Promise.all(Array.from({ length: 200 }, () => ask(addresses[0], path, { headers })));
  for (const { status, body } of answers) {
    const who = status === 200 ? body : String(status);
    counts[who] = (counts[who] ?? 0) + 1;
  }
  return counts;
}

// "Weight specifies the proportion of requests forwarded to the referenced backend. This is computed as weight/(sum of all weights
// in this BackendRefs list)." "If weight is set to 0, no traffic should be forwarded for this entry. If unspecified, weight
// defaults to 1."
it("splits by the weights' share of their sum", async () => {
  const cluster = await start([{ backendRefs: [ref("blue", 30), ref("green", 10)] }]);
  const { green = 0 } = await count(cluster);
  expect(Math.abs(green - 50)).toBeLessThan(5 * Math.sqrt(200 * 0.25 * 0.75));
  await cluster.route([{ backendRefs: [ref("blue", 0), ref("green", 1)] }]).apply();
  await cluster.plane.settled();
  expect(await count(cluster)).toEqual({ green: 200 });
  await cluster.route([{ backendRefs: [ref("blue"), ref("green")] }]).apply();
  await cluster.plane.settled();
  expect((await count(cluster)).blue).toBeGreaterThan(50);
});

// "Largest number of header matches" goes before; "If a request matches no rule … 404". Exact is exact: no other spelling matches.
it("takes the rule with the header before the one without, wherever it stands", async () => {
  const cluster = await start([{ backendRefs: [ref("blue")] }, shown], { hostnames: ["shop.example"] });
  const host = { host: "shop.example" };
  expect(await count(cluster, host)).toEqual({ blue: 200 });
  expect(await count(cluster, { ...host, "x-crossfade": "green" })).toEqual({ green: 200 });
  expect(await count(cluster, { ...host, "x-crossfade": "GREEN" })).toEqual({ blue: 200 });
  expect(await count(cluster, { host: "other.example" })).toEqual({ "404": 200 });
});

// "When a HTTPBackendRef is invalid, 500 status codes MUST be returned for requests that would have otherwise been routed to an
// invalid backend." "When a HTTPBackendRef refers to a Service that has no ready endpoints, implementations SHOULD return a 503".
it("answers 500 for the share of a backend that is not there, and 503 for one without ready pods", async () => {
  const cluster = await start([{ backendRefs: [ref("blue", 50), ref("none", 50)] }]);
  expect(Object.keys(await count(cluster)).sort()).toEqual(["500", "blue"]);
  await cluster
    .route([{ backendRefs: [ref("blue", 50), ref("green", 50)] }])
    .remove(DEPLOYMENT, "green")
    .apply();
  await cluster.plane.gone("shop/green");
  await until(() => states(cluster.plane, "service/shop/green").length === 0);
  await cluster.plane.settled();
  expect(Object.keys(await count(cluster)).sort()).toEqual(["503", "blue"]);
});

// "RequestMirror … Data plane must ignore response to the mirrored request." (HTTPRequestMirrorFilter)
it("sends a copy of each request to the mirror, and answers with the backend's answer", async () => {
  const filters = [{ type: "RequestMirror", requestMirror: { backendRef: ref("green") } }];
  const cluster = await start([{ filters, backendRefs: [ref("blue")] }, shown]);
  expect(await count(cluster, {}, "/?status=200")).toEqual({ blue: 200 });
  const [target] = cluster.plane.targetHealth("service/shop/green");
  await until(async () => (await ask(target?.id, "/attempts")).body === "200");
  await cluster.remove(DEPLOYMENT, "green").apply();
  await cluster.plane.gone("shop/green");
  expect(await count(cluster)).toEqual({ blue: 200 });
});

// "A reference to an unknown … BackendNotFound", "RefNotPermitted … the object is not in the same namespace and no ReferenceGrant
// allows it" (RouteConditionType); a route that no Gateway takes gets no status: `parents` is written by controllers.
it.each([
  { case: "all there", backend: ref("blue"), accepted: "True", resolved: "True ResolvedRefs" },
  { case: "no such Service", backend: ref("none"), accepted: "True", resolved: "False BackendNotFound" },
  { case: "another namespace", backend: ref("blue", 1, "edge"), accepted: "True", resolved: "False RefNotPermitted" },
  { case: "no such Gateway", gateway: "none", backend: ref("blue"), accepted: undefined, resolved: undefined },
])("says in the route's status: $case", ({ backend, gateway = "public", accepted, resolved }) => {
  const cluster = new TestCluster().service("blue");
  const parentRefs = [{ name: gateway, namespace: "edge" }];
  cluster.put(HTTP_ROUTE, "shop", { parentRefs, rules: [{ backendRefs: [backend] }] });
  settleRoutes(cluster.records);
  const { status } = cluster.object(HTTP_ROUTE, "shop");
  const of = (type: string) => `$.parents[*].conditions[?@.type == '${type}' && @.observedGeneration == 1]`;
  const [told] = select(of("Accepted"), status) as { status: string }[];
  const [found] = select(of("ResolvedRefs"), status) as { status: string; reason: string }[];
  expect([told?.status, found && `${found.status} ${found.reason}`]).toEqual([accepted, resolved]);
});

// pulumi-kubernetes, provider/pkg/jsonpath and provider/pkg/metadata/overrides.go: RFC 9535, and `kubectl wait`'s conditions.
const object = {
  metadata: { generation: 2 },
  status: {
    phase: "Running",
    conditions: [
      { type: "Ready", status: "False" },
      { type: "Complete", status: "True", observedGeneration: 2 },
    ],
  },
};
it.each([
  ["jsonpath={.status.phase}", true],
  ["jsonpath={.status.phase}=Running", true],
  ["jsonpath={.status.phase}=Failed", false],
  ["jsonpath={.status.none}", false],
  ["jsonpath={ $.status.conditions[1].status }=True", true],
  ["jsonpath={.status['phase']}=Running", true],
  ['jsonpath={.status.conditions[?(@.type=="Failed"||@.type=="Complete")].status}=True', true],
  ["jsonpath={.status.conditions[*].type}=Ready", true],
  ["jsonpath={.status.conditions[?@.observedGeneration == $.metadata.generation]}", true],
  ["jsonpath={.status.conditions[?@.type == 'Ready' && @.status == 'True']}", false],
  ["condition=Complete", true],
  ["condition=Ready", false],
  ["condition=Ready=False", true],
  ['["condition=Complete", "jsonpath={.status.phase}=Running"]', true],
  ['["condition=Complete", "condition=Ready"]', false],
])("%s holds: %s", (annotation, holds) => {
  expect(isAsWaitedFor(annotation, object)).toBe(holds);
});

it.each(["phase=Running", "jsonpath={..phase}", "jsonpath={.status[0}"])("does not take %s", (annotation) => {
  expect(() => isAsWaitedFor(annotation, object)).toThrow();
});
