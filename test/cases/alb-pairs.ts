import { ref } from "../small-programs";
import { type Pair, pair } from "./case";
import { type Item, item } from "./item";
import { type ShopShape, shop } from "./worlds";

const both = (before: ShopShape, after: ShopShape) => ({ prior: shop(before), desired: shop(after) });
const balancer2 = item("aws:lb/loadBalancer:LoadBalancer", "lb2", { internal: false });

/** What waits for the other: the rule for the candidate's service, or the service for the rule. */
const order = (first: "service" | "rule") =>
  first === "service"
    ? { shop: { dependsOn: ["green-svc"] }, "green-svc": { dependsOn: [] } }
    : { shop: {}, "green-svc": { dependsOn: ["shop"] } };

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
    change: (service: string) => both({}, { inputs: { [service]: { launchType: "FARGATE" } } }),
    refused: "blue-svc",
    passes: "green-svc",
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
    // The drain of 300 s is over, the balancer's nodes may not all know it yet.
    change: (movedAgo: number) => both({ movedAgo }, { movedAgo, without: ["green-svc"] }),
    refused: 310,
    passes: 370,
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
    hazards: ["2", "A1"],
    policy: "interrupted-update",
    change: (first: "service" | "rule") =>
      both({ without: ["green-svc"], more: order(first) }, { weights: { blue: 95, green: 5 }, more: order(first) }),
    refused: "rule",
    passes: "service",
  }),
  pair("h44", {
    hazards: ["44"],
    policy: "interrupted-update",
    change: (first: "service" | "rule") =>
      both(
        { inputs: { "green-svc": { desiredCount: 0 } }, more: order(first) },
        { weights: { blue: 50, green: 50 }, more: order(first) },
      ),
    refused: "rule",
    passes: "service",
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
];
