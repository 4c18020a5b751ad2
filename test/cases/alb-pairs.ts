import { ref } from "../small-programs";
import { type Pair, pair } from "./case";
import { type Item, item } from "./item";
import { type ShopShape, shop } from "./worlds";

const both = (before: ShopShape, after: ShopShape) => ({ prior: shop(before), desired: shop(after) });
const balancer2 = item("aws:lb/loadBalancer:LoadBalancer", "lb2", { internal: false });

/** Hazards of an application balancer and of what stands behind it, in a stack that knows nothing of us. */
export const albPairs: Pair[] = [
  pair("h9", {
    hazards: ["9"],
    policy: "serving-replacement",
    change: (color: string) => both({}, { inputs: { [color]: { port: 8080 } } }),
    refused: "blue",
    passes: "green",
  }),
  pair("h10", {
    hazards: ["10"],
    policy: "serving-replacement",
    change: (balancer: string) =>
      both(
        { first: [balancer2] },
        { first: [balancer2], inputs: { web: { loadBalancerArn: ref(balancer), tags: { team: "shop" } } } },
      ),
    refused: "lb2",
    passes: "lb",
  }),
  pair("h26", {
    hazards: ["26"],
    policy: "serving-replacement",
    // A name of its own has it deleted first; one that the provider makes is there, and steady, before the old one goes.
    change: (service: string) => {
      const name = `{case}-${service}`;
      return both({ inputs: { [service]: { name } } }, { inputs: { [service]: { name, launchType: "FARGATE" } } });
    },
    refused: "blue-svc",
    passes: "green-svc",
    also: ["interrupted-update"],
  }),
  pair("h47", {
    hazards: ["47"],
    policy: "serving-replacement",
    change: (edit: object) =>
      both({ inputs: { lb: { name: "{case}" } } }, { inputs: { lb: { name: "{case}", ...edit } } }),
    refused: { internal: true },
    passes: { idleTimeout: 120 },
  }),
  pair("h4", {
    hazards: ["4", "31"],
    policy: "hold-time",
    change: (desiredCount: number) =>
      both({}, { weights: { blue: 0, green: 100 }, inputs: { "blue-svc": { desiredCount } } }),
    refused: 0,
    passes: 2,
    also: ["interrupted-update"],
  }),
  pair("h4l", {
    hazards: ["4"],
    policy: "interrupted-update",
    // The service leaves the group, after the weight has gone in the same update or where there was none.
    change: (blue: number) =>
      both(
        { weights: { blue, green: 100 } },
        { weights: { blue: 0, green: 100 }, inputs: { "blue-svc": { loadBalancers: [] } } },
      ),
    refused: 100,
    passes: 0,
  }),
  pair("h4d", {
    hazards: ["4"],
    policy: "serving-deletion",
    change: (service: string) => both({}, { without: [service] }),
    refused: "blue-svc",
    passes: "green-svc",
  }),
  pair("h5", {
    hazards: ["5"],
    policy: "serving-deletion",
    change: (sticky: boolean) => both({ sticky }, { sticky, without: ["green-svc"] }),
    refused: true,
    passes: false,
  }),
  pair("hA8", {
    hazards: ["A8", "36"],
    policy: "hold-time",
    // A drain of 300 s, and a minute for the balancer's nodes: what a busy machine takes for the preview is not to be more.
    change: (movedAgo: number) => both({ movedAgo }, { movedAgo, without: ["green-svc"] }),
    refused: 5,
    passes: 900,
  }),
  pair("hA6", {
    hazards: ["A6"],
    policy: "hold-time",
    change: (movedAgo: number) =>
      both(
        { weights: { blue: 0, green: 100 }, movedAgo },
        { weights: { blue: 0, green: 100 }, inputs: { "blue-svc": { desiredCount: 1 } } },
      ),
    refused: 60,
    passes: 3600,
  }),
  pair("h2", {
    hazards: ["2"],
    policy: "candidate-attached",
    change: (tasks: number) =>
      both(
        { inputs: { "green-svc": { desiredCount: tasks } } },
        { weights: { blue: 95, green: 5 }, inputs: { "green-svc": { desiredCount: 2 } } },
      ),
    refused: 0,
    passes: 2,
    // Nor is it sure that the tasks are there before the weight is.
    also: ["interrupted-update"],
  }),
  pair("h1", {
    hazards: ["1"],
    policy: "candidate-attached",
    change: (weights: Record<string, number>) => both({ weights }, { weights: { blue: 95, green: 5 } }),
    refused: { blue: 100 },
    passes: { blue: 100, green: 0 },
  }),
  pair("hA1", {
    hazards: ["A1"],
    policy: "interrupted-update",
    // The group needs a rule before its service can be: one that users meet, or one that asks for a header.
    change: (condition: object) => {
      const without = ["green-svc"];
      const rule = item("aws:lb/listenerRule:ListenerRule", "green-rule", {
        listenerArn: ref("web"),
        priority: 5,
        conditions: [{ hostHeader: { values: ["shop"] } }, condition],
        actions: [{ type: "forward", targetGroupArn: ref("green") }],
      });
      const more = { "green-svc": { dependsOn: ["green-rule"] } };
      return both({ weights: { blue: 100 }, without }, { weights: { blue: 100 }, more, last: [rule] });
    },
    refused: { pathPattern: { values: ["/new/*"] } },
    passes: { httpHeader: { httpHeaderName: "x-crossfade", values: ["green"] } },
  }),
  pair("h44", {
    hazards: ["44"],
    policy: "interrupted-update",
    change: (deploymentMinimumHealthyPercent: number) => {
      const version = (taskDefinition: string) => ({ "blue-svc": { deploymentMinimumHealthyPercent, taskDefinition } });
      const alone = { weights: { blue: 1 }, without: ["green", "green-svc"] };
      return both({ ...alone, inputs: version("arn:v1") }, { ...alone, inputs: version("arn:v2") });
    },
    refused: 0,
    passes: 100,
  }),
  pair("h42", {
    hazards: ["42"],
    policy: "release-without-canary",
    change: (service: string) => both({}, { inputs: { [service]: { taskDefinition: "arn:v2" } } }),
    refused: "blue-svc",
    passes: "green-svc",
  }),
  pair("hA2", {
    hazards: ["A2"],
    policy: "release-without-canary",
    change: (services: string[]) =>
      both({}, { inputs: Object.fromEntries(services.map((name) => [name, { taskDefinition: "arn:v2" }])) }),
    refused: ["green-svc", "blue-svc"],
    passes: ["green-svc"],
  }),
  pair("h30", {
    hazards: ["30", "39"],
    policy: "capacity",
    change: (ignoreChanges: string[]) => {
      const outputs = { name: "{case}-blue-svc", desiredCount: 9 };
      const scaling: Item = item("aws:appautoscaling/target:Target", "scaling", {
        resourceId: "service/c/{case}-blue-svc",
      });
      return both(
        { more: { "blue-svc": { outputs } }, last: [scaling] },
        {
          more: { "blue-svc": { opts: { ignoreChanges } } },
          inputs: { "blue-svc": { tags: { team: "shop" } } },
          last: [scaling],
        },
      );
    },
    refused: [],
    passes: ["desiredCount"],
  }),
  pair("hA26", {
    hazards: ["A26"],
    policy: "serving-deletion",
    // The listener is another stack's, and so are those who use it.
    change: (header: object[]) => {
      const conditions = [{ hostHeader: { values: ["shop"] } }, ...header];
      const inputs = { shop: { listenerArn: "arn:elsewhere-{case}", conditions } };
      return both(
        { inputs, without: ["lb", "web"] },
        {
          inputs: { "blue-svc": {} },
          more: { "blue-svc": { dependsOn: [] }, "green-svc": { dependsOn: [] } },
          without: ["lb", "web", "shop"],
        },
      );
    },
    refused: [],
    passes: [{ httpHeader: { httpHeaderName: "x-crossfade", values: ["blue"] } }],
  }),
  pair("hA32", {
    hazards: ["A32"],
    policy: "interrupted-update",
    // A slip of the pen, or a host that comes beside the old one.
    change: (values: string[]) => both(asking({}), asking({ hosts: values })),
    refused: ["shop.exmaple.com"],
    passes: ["shop.example.com", "shop.exmaple.com"],
  }),
  pair("hA32t", {
    hazards: ["A32"],
    policy: "interrupted-update",
    // One of two hosts is retired, or another comes in its place.
    change: (values: string[]) =>
      both(asking({ hosts: ["shop.example.com", "store.example.com"] }), asking({ hosts: values })),
    refused: ["shop.example.com", "cart.example.com"],
    passes: ["shop.example.com"],
  }),
  pair("hA32p", {
    hazards: ["A32"],
    policy: "interrupted-update",
    // A part of the path is left to the balancer, or another path comes.
    change: (paths: string[]) => both(asking({ paths: ["/shop/*"] }), asking({ paths })),
    refused: ["/store/*"],
    passes: ["/shop/cart/*"],
  }),
  pair("hA32o", {
    hazards: ["A32"],
    policy: "interrupted-update",
    // What the rule gives up, another one takes or not.
    change: (last: Item[]) =>
      both(asking({}), { ...asking({ hosts: ["store.example.com"] }), last, more: { shop: { dependsOn: ["other"] } } }),
    refused: [],
    passes: [
      item("aws:lb/listenerRule:ListenerRule", "other", {
        listenerArn: ref("web"),
        priority: 20,
        conditions: [{ hostHeader: { values: ["*.example.com"] } }],
        actions: [{ type: "forward", targetGroupArn: ref("blue") }],
      }),
    ],
  }),
];

/** The shop's rule, with what it asks for. */
function asking({ hosts = ["shop.example.com"], paths }: { hosts?: string[]; paths?: string[] }): ShopShape {
  const path = paths ? [{ pathPattern: { values: paths } }] : [];
  return { inputs: { shop: { conditions: [{ hostHeader: { values: hosts } }, ...path] } } };
}
