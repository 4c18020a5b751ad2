import { describe, expect, test } from "vitest";
import { interruptions, nameOf, plannedChanges, type Resource, servingResources, spare, UNKNOWN } from "../traffic";
import { deployment, httpRoute, ingress, object, service, weightedIngress } from "./kubernetes-programs";
import { edited, losses } from "./plan-losses";
import { balancer, deployed, forward, group, type Item, listener, type Program, ref } from "./small-programs";

const BLUE = [deployment("blue"), service("blue")];
const GREEN = [deployment("green"), service("green")];
const BOTH = [...BLUE, ...GREEN];
/** Pods that nobody waits for. */
const unawaited = deployment("green", {}, { annotations: { "pulumi.com/skipAwait": "true" } });
const gateway = object("gateway", "edge", { gatewayClassName: "istio" });
const behind = (...dependsOn: string[]) => ({ dependsOn });
const scaled = (version: string, replicas: unknown) => [deployment(version, { replicas }), service(version)];
const mobile = [{ name: "x-mobile", value: "1" }];
const preview = [{ name: "X-Crossfade", value: "green" }];
const stateful = (image: string, updateStrategy: object): Item =>
  object("stateful", "blue-d", {
    ...(deployment("blue", { image, replicas: 1 }).inputs.spec as object),
    updateStrategy,
  });

describe("an update loses requests on its way, and its nearest safe twin does not", () => {
  test.each<[string, Program, Program, string, Program]>([
    [
      "weight on a Service whose pods come beside it",
      [...BLUE, httpRoute("r", { blue: 100 })],
      [...BOTH, httpRoute("r", { blue: 90, green: 10 })],
      'after update r; until ; 10 % of the requests of HTTPRoute "r": Service "green-s" is not there',
      [...BOTH, httpRoute("r", { blue: 90, green: 10 }, {}, behind("green-d", "green-s"))],
    ],
    [
      "weights in proportion to their sum, and 1 where none is written",
      [...BLUE, httpRoute("r", { blue: 3 })],
      [...BLUE, ...scaled("green", 0), httpRoute("r", { blue: 3, green: undefined }, {}, behind("green-s"))],
      "25 % of the requests",
      [...BLUE, ...scaled("green", 0), httpRoute("r", { blue: 3, green: 0 }, {}, behind("green-s"))],
    ],
    [
      "a weight that is not known",
      [...BOTH, httpRoute("r", { blue: 1 })],
      [...BLUE, ...scaled("green", 0), httpRoute("r", { blue: 1, green: UNKNOWN })],
      "100 % of the requests",
      [...BOTH, httpRoute("r", { blue: 1, green: UNKNOWN })],
    ],
    [
      "no weight at all",
      [...BOTH, httpRoute("r", { blue: 1, green: 1 })],
      [...BOTH, httpRoute("r", { blue: 0, green: 0 })],
      "no backend of theirs has a weight",
      [...BOTH, httpRoute("r", { blue: 0, green: 1 })],
    ],
    [
      "a Service that is not waited for",
      [...BLUE, httpRoute("r", { blue: 1 })],
      [...BLUE, unawaited, service("green"), httpRoute("r", { green: 1 }, {}, behind("green-d", "green-s"))],
      '"green-d" (Deployment) is not known to answer yet: its step does not wait for that',
      [...BOTH, httpRoute("r", { green: 1 }, {}, behind("green-d", "green-s"))],
    ],
    [
      "pods that are scaled to none",
      [...BLUE, httpRoute("r", { blue: 1 })],
      [...scaled("blue", 0), httpRoute("r", { blue: 1 })],
      'after update blue-d; until ; 100 % of the requests of HTTPRoute "r": no pod answers behind Service "blue-s": "blue-d" (Deployment) runs nothing',
      [...scaled("blue", 1), httpRoute("r", { blue: 1 })],
    ],
    [
      "a number of pods that is not known",
      [...BLUE, httpRoute("r", { blue: 1 })],
      [...scaled("blue", UNKNOWN), httpRoute("r", { blue: 1 })],
      "runs nothing",
      [deployment("blue", { replicas: null }), service("blue"), httpRoute("r", { blue: 1 })],
    ],
    [
      "a selector that is turned to pods that are not there yet",
      [deployment("blue"), service("blue", {}, "live")],
      [deployment("blue"), deployment("green"), service("green", {}, "live")],
      'after update live; until create green-d; 100 % of the requests of Service "live"',
      [deployment("blue"), deployment("green"), { ...service("green", {}, "live"), ...behind("green-d") }],
    ],
    [
      "labels that leave the selector",
      [...BLUE],
      [deployment("blue", { labels: { app: "shop" } }), service("blue")],
      '"blue-d" (Deployment) has other labels',
      [deployment("blue", { labels: { app: "shop", version: "blue", team: "a" } }), service("blue")],
    ],
    [
      "pods of another namespace",
      [...BLUE],
      [
        edited([deployment("blue")], "blue-d", { metadata: { name: "blue-d", namespace: "other" } })[0] as Item,
        service("blue"),
      ],
      "has other labels",
      [
        edited([deployment("blue")], "blue-d", {
          metadata: { name: "blue-d", namespace: "shop", labels: { a: "b" } },
        })[0] as Item,
        service("blue"),
      ],
    ],
    [
      "a deployment that ends all pods before it starts new ones",
      [...BLUE],
      [deployment("blue", { image: "shop:2", strategy: { type: "Recreate" } }), service("blue")],
      "after half update blue-d; until update blue-d; 100 %",
      [deployment("blue", { image: "shop:2" }), service("blue")],
    ],
    [
      "one that may make all of them unavailable",
      [...BLUE],
      [deployment("blue", { image: "shop:2", strategy: { rollingUpdate: { maxUnavailable: 2 } } }), service("blue")],
      "after half update blue-d",
      [
        deployment("blue", { image: "shop:2", strategy: { rollingUpdate: { maxUnavailable: "50%" } } }),
        service("blue"),
      ],
    ],
    [
      "one pod of which all may be unavailable",
      [deployment("blue", { replicas: 1 }), service("blue")],
      [
        deployment("blue", { replicas: 1, image: "shop:2", strategy: { rollingUpdate: { maxUnavailable: 1 } } }),
        service("blue"),
      ],
      "after half update blue-d",
      // A quarter of one, rounded down, is none.
      [deployment("blue", { replicas: 1, image: "shop:2" }), service("blue")],
    ],
    [
      "a Service that others fill, turned to pods that nobody here has",
      [service("blue")],
      [service("blue", { selector: { app: "typo" } })],
      "nothing in this stack has the labels that it selects",
      [service("blue", { sessionAffinity: "ClientIP" })],
    ],
    [
      "a route for a header that goes: its requests fall to one that cannot answer",
      [...BLUE, ...scaled("green", 0), httpRoute("r", { green: 1 }), httpRoute("m", { blue: 1 }, { headers: mobile })],
      [...BLUE, ...scaled("green", 0), httpRoute("r", { green: 1 })],
      'after delete m; until ; 100 % of the requests of HTTPRoute "m"',
      [...BLUE, ...scaled("green", 0), httpRoute("r", { green: 1 }), httpRoute("m", { blue: 2 }, { headers: mobile })],
    ],
    [
      "a StatefulSet of one",
      [stateful("shop:1", {}), service("blue")],
      [stateful("shop:2", {}), service("blue")],
      "after half update blue-d",
      [stateful("shop:2", { type: "OnDelete" }), service("blue")],
    ],
    [
      "an Ingress that is turned to another Service",
      [...BLUE, ingress("i", { "/": "blue" })],
      [...BOTH, ingress("i", { "/": "green" })],
      'after update i; until ; 100 % of the requests of Ingress "i" to shop.example.com',
      [...BOTH, ingress("i", { "/": "green" }, behind("green-s", "green-d"))],
    ],
    [
      "an Ingress's default backend",
      [...BOTH, ingress("i", { "*": "blue" })],
      [...BLUE, ...scaled("green", 0), ingress("i", { "*": "green" })],
      'the requests of Ingress "i"',
      [...BOTH, ingress("i", { "*": "green" })],
    ],
    [
      "weights in an annotation",
      [...BOTH, weightedIngress("i", { blue: 100, green: 0 })],
      [...BLUE, ...scaled("green", 0), weightedIngress("i", { blue: 80, green: 20 })],
      "20 % of the requests of Ingress",
      [...BLUE, ...scaled("green", 0), weightedIngress("i", { blue: 80, green: 0 })],
    ],
    [
      "a path that a new route takes from another",
      [...BLUE, httpRoute("r", { blue: 1 })],
      [...BOTH, httpRoute("r", { blue: 1 }), httpRoute("api", { green: 1 }, { path: "/api" })],
      'after create api; until ; 100 % of the requests of HTTPRoute "api" for /api',
      [
        ...BOTH,
        httpRoute("r", { blue: 1 }),
        httpRoute("api", { green: 1 }, { path: "/api" }, behind("green-s", "green-d")),
      ],
    ],
    [
      "a path that goes back to a route that cannot answer",
      [...BLUE, ...scaled("green", 0), httpRoute("r", { green: 1 }), httpRoute("api", { blue: 1 }, { path: "/api" })],
      [...BLUE, ...scaled("green", 0), httpRoute("r", { green: 1 })],
      "after delete api; until ; 100 % of the requests",
      [...BLUE, ...scaled("green", 0), httpRoute("r", { green: 1 }), httpRoute("api", { blue: 2 }, { path: "/api" })],
    ],
    [
      "a host that is taken from a route of two and given to nobody in time",
      [...BLUE, httpRoute("r", { blue: 1 }, { hosts: ["a", "b"] })],
      [
        ...BLUE,
        httpRoute("r", { blue: 1 }, { hosts: ["a"] }),
        httpRoute("s", { blue: 1 }, { hosts: ["b"] }, behind("r")),
      ],
      'after update r; until create s; 100 % of the requests of HTTPRoute "r" to b',
      [...BLUE, httpRoute("r", { blue: 1 }, { hosts: ["a", "b"] }), httpRoute("s", { blue: 1 }, { hosts: ["b"] })],
    ],
    [
      "the gateway of a route",
      [gateway, ...BLUE, httpRoute("r", { blue: 1 })],
      [...BLUE, httpRoute("r", { blue: 1 })],
      'Gateway "edge" is not there',
      [
        edited([gateway], "edge", { metadata: { name: "edge", namespace: "shop", labels: { a: "b" } } })[0] as Item,
        ...BLUE,
        httpRoute("r", { blue: 1 }),
      ],
    ],
    [
      "a route whose rules are not known",
      [...BLUE, httpRoute("r", { blue: 1 })],
      [
        ...BLUE,
        edited([httpRoute("r", { blue: 1 })], "r", {
          spec: { parentRefs: [{ name: "edge" }], rules: UNKNOWN },
        })[0] as Item,
      ],
      "what is done with them is not known before the update",
      [...BLUE, httpRoute("r", { blue: 2 })],
    ],
    [
      "a binding that is turned to another Service",
      bound("blue"),
      bound("green"),
      'after update b; until ; 100 % of the requests of listener "web": nobody answers behind target group "g": "b" (kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding) is not known to answer yet',
      bound("blue", { networking: {} }),
    ],
    [
      "the pods behind a binding",
      bound("blue"),
      edited(bound("blue"), "blue-d", { spec: deployment("blue", { replicas: 0 }).inputs.spec }),
      'after update blue-d; until ; 100 % of the requests of listener "web": nobody answers behind target group "g": no pod answers behind Service "blue-s"',
      edited(bound("blue"), "blue-d", { spec: deployment("blue", { replicas: 1 }).inputs.spec }),
    ],
  ])("%s", (_, before, after, expected, safe) => {
    expect(losses(before, after).join("\n")).toContain(expected);
    expect(losses(before, safe)).toEqual([]);
  });
});

/** A target group that a binding fills with a version's pods. */
function bound(version: string, more: object = {}): Program {
  const spec = { targetGroupARN: ref("g"), targetType: "ip", serviceRef: { name: `${version}-s`, port: 80 }, ...more };
  return [...BOTH, group("g"), object("binding", "b", spec), balancer(), listener(forward({ g: 1 }))];
}

describe("an update loses nothing", () => {
  const ROUTED = [...BOTH, httpRoute("r", { blue: 100, green: 0 })];
  test.each<[string, Program, Program]>([
    ["no change", ROUTED, ROUTED],
    ["the first update of an empty stack", [], ROUTED],
    ["a whole stack that goes", ROUTED, []],
    ["a promotion, and back", ROUTED, [...BOTH, httpRoute("r", { blue: 0, green: 100 })]],
    [
      "a new image, rolled out",
      ROUTED,
      [deployment("blue", { image: "shop:2" }), service("blue"), ...GREEN, ROUTED[4] as Item],
    ],
    ["what is idle, scaled to none", ROUTED, [...BLUE, ...scaled("green", 0), ROUTED[4] as Item]],
    [
      "a route for a preview's header only",
      [...BLUE, httpRoute("r", { blue: 1 })],
      [...BLUE, httpRoute("r", { blue: 1 }), httpRoute("p", { green: 1 }, { headers: preview })],
    ],
    [
      "a Service that others fill",
      [service("blue"), httpRoute("r", { blue: 1 })],
      [service("blue", { ports: [{ port: 81 }] }), httpRoute("r", { blue: 2 })],
    ],
    [
      "a Service without a selector",
      [service("blue", { selector: undefined })],
      [service("blue", { selector: undefined, ports: [] })],
    ],
    [
      "a backend of another kind",
      [...BLUE, httpRoute("r", { blue: 1 })],
      [...BLUE, httpRoute("r", { theirs: 1 }, { kind: "ServiceImport" })],
    ],
    [
      "a route for a header, to a Service that nobody answers for: others go on",
      [...BLUE, ...scaled("green", 0), httpRoute("r", { blue: 1 }), httpRoute("m", { green: 1 }, { headers: mobile })],
      [...BLUE, ...scaled("green", 0), httpRoute("r", { blue: 2 }), httpRoute("m", { green: 2 }, { headers: mobile })],
    ],
    ["a Service of another stack", [...BLUE, httpRoute("r", { blue: 1 })], [...BLUE, httpRoute("r", { theirs: 1 })]],
    [
      "a workload on every node",
      [
        object("daemon", "blue-d", {
          template: deployment("blue").inputs.spec && { metadata: { labels: { app: "shop", version: "blue" } } },
        }),
        service("blue"),
      ],
      [
        object("daemon", "blue-d", { template: { metadata: { labels: { app: "shop", version: "blue", a: "b" } } } }),
        service("blue"),
      ],
    ],
  ])("%s", (_, before, after) => {
    expect(losses(before, after)).toEqual([]);
  });
});

describe("two clusters with objects of the same names", () => {
  const kubeconfig = (server: string) =>
    JSON.stringify({
      "current-context": "x",
      contexts: [{ name: "x", context: { cluster: "c" } }],
      clusters: [{ name: "c", cluster: { server } }],
    });
  const provider = (name: string, inputs: object): Resource => {
    const type = "pulumi:providers:kubernetes";
    return {
      urn: `urn:pulumi:dev::test::${type}::${name}`,
      type,
      custom: false,
      inputs: { ...inputs },
      outputs: {},
    };
  };
  const [a, b] = ["a", "b"].map((name) => provider(name, { kubeconfig: kubeconfig(`https://${name}`) })) as [
    Resource,
    Resource,
  ];
  /** The program's objects in a cluster, their resources named after it. */
  const inside = (by: Resource, program: Program, prefix = nameOf(by.urn)): Resource[] => [
    by,
    ...deployed(program).map((r) => ({ ...r, urn: `${r.urn}-${prefix}`, provider: by.urn })),
  ];
  const web = [...BLUE, ingress("web", { "*": "blue" })];
  const without = (name: string) => web.filter((item) => item.name !== name);

  test.each<[string, Program, string]>([
    ["a Deployment goes", without("blue-d"), "after delete blue-d-a"],
    [
      "a Deployment is scaled to none",
      [...scaled("blue", 0), ingress("web", { "*": "blue" })],
      "after update blue-d-a",
    ],
    ["a Service goes", without("blue-s"), "after delete blue-s-a"],
  ])("%s in one of them", (_, after, expected) => {
    const found = losses([...inside(a, web), ...inside(b, web)], [...inside(a, after), ...inside(b, web)]);
    expect(found.join("\n")).toContain(expected);
    expect(losses([...inside(a, web), ...inside(b, web)], [...inside(a, web), ...inside(b, web)])).toEqual([]);
  });

  test("an Ingress that goes in one of them served", () => {
    const serving = servingResources([...inside(a, web), ...inside(b, web)]);
    expect([...serving.keys()].map(({ urn }) => nameOf(urn)).sort()).toEqual(
      ["a", "b"].flatMap((name) => [`blue-d-${name}`, `blue-s-${name}`, `web-${name}`]).sort(),
    );
    const prior = [...inside(a, web), ...inside(b, web)];
    const gone = prior.find(({ urn }) => urn.endsWith("web-a")) as Resource;
    const changes = [{ kind: "delete" as const, before: gone, leftOver: false }];
    expect(spare(prior, changes, new Set([gone]))).toEqual(new Set());
  });

  test.each<[string, Resource, Resource]>([
    ["of another name that speaks to the same cluster", a, { ...a, urn: `${a.urn}2` }],
    ["of a new version of the SDK", provider("default_4_1_0", {}), provider("default_4_2_0", {})],
    [
      "of another name whose cluster is not told",
      provider("a", { kubeconfig: UNKNOWN }),
      provider("c", { kubeconfig: UNKNOWN }),
    ],
  ])("what goes on by a provider %s is where it was", (_, before, after) => {
    /** What is lost, by the engine's word that nothing is made anew: without a configuration that is all that is known. */
    const lost = (program: Program) => {
      const [prior, desired] = [inside(before, web, "x"), inside(after, program, "x")];
      const changes = plannedChanges(prior, desired).map((change) =>
        change.kind === "replace" ? { kind: "update" as const, before: change.before, after: change.after } : change,
      );
      return interruptions(prior, desired, changes);
    };
    expect(lost([deployment("blue", { image: "shop:2" }), ...web.slice(1)])).toEqual([]);
    expect(lost([...scaled("blue", 0), ...web.slice(2)])).toHaveLength(1);
  });
});
