import { forward, ref } from "../small-programs";
import { type Pair, pair } from "./case";
import { type Item, item } from "./item";
import { ours, type ShopShape, shop, withMore } from "./worlds";

const edited = (inputs: ShopShape["inputs"], more: ShopShape["more"] = {}) => ({
  prior: shop(),
  desired: shop({ inputs, more }),
});
const editedOurs = (more: Record<string, Partial<Item>>) => ({ prior: ours(), desired: withMore(ours(), more) });

const GROUP = "green-tg";

/** What a forward to each of the names is, in full. */
const split = (weights: Record<string, number | undefined>, stickiness: object = { enabled: false, duration: 60 }) => {
  const action = forward(weights) as { type: string; forward: object };
  return { ...action, forward: { ...action.forward, stickiness } };
};

const groups = (count: number) =>
  Array.from({ length: count }, (_, i) => item("aws:lb/targetGroup:TargetGroup", `more${i}`, { port: 80 }));

/** Settings of a balancer's stack that will lose requests. */
export const settingPairs: Pair[] = [
  pair("h6", {
    hazards: ["6"],
    policy: "weights-explicit",
    change: (enabled: boolean) => edited({ blue: { stickiness: { type: "lb_cookie", enabled, cookieDuration: 60 } } }),
    refused: true,
    passes: false,
  }),
  pair("h7", {
    hazards: ["7"],
    policy: "weights-explicit",
    change: (green: number | undefined) => edited({ shop: { actions: [split({ blue: 100, green })] } }),
    refused: undefined,
    passes: 1,
  }),
  pair("h8", {
    hazards: ["8"],
    policy: "weights-explicit",
    // Nobody answers, so the plan check has its word too.
    also: ["interrupted-update"],
    change: (blue: number) => edited({ shop: { actions: [split({ blue, green: 0 })] } }),
    refused: 0,
    passes: 1,
  }),
  pair("h14", {
    hazards: ["14"],
    policy: "weights-explicit",
    change: (count: number) => {
      const first = groups(count);
      const weights = Object.fromEntries([["blue", 100], ["green", 0], ...first.map(({ name }) => [name, 0] as const)]);
      return { prior: shop({ first }), desired: shop({ first, inputs: { shop: { actions: [split(weights)] } } }) };
    },
    refused: 4,
    passes: 3,
  }),
  pair("h16", {
    hazards: ["16"],
    policy: "weights-explicit",
    change: (type: string) => {
      const before =
        type === "redirect"
          ? { type, redirect: { statusCode: "HTTP_301", path: "/new" } }
          : { type, authenticateOidc: { issuer: "https://login.example.com" } };
      return edited({
        shop: {
          actions: [
            { order: 1, ...before },
            { order: 2, ...split({ blue: 100, green: 0 }) },
          ],
        },
      });
    },
    refused: "redirect",
    passes: "authenticate-oidc",
    also: ["interrupted-update"],
  }),
  pair("h11", {
    hazards: ["11"],
    policy: "single-writer",
    change: (priority: number) => {
      const wide = item("aws:lb/listenerRule:ListenerRule", "wide", {
        listenerArn: ref("web"),
        priority,
        conditions: [{ hostHeader: { values: ["*"] } }],
        actions: [{ type: "forward", targetGroupArn: ref("blue") }],
      });
      return { prior: shop(), desired: shop({ last: [wide] }) };
    },
    refused: 5,
    passes: 15,
  }),
  pair("h27", {
    hazards: ["27"],
    policy: "single-writer",
    change: (ignoreChanges: string[]) =>
      edited({ "blue-svc": { deploymentController: { type: "CODE_DEPLOY" } } }, { shop: { opts: { ignoreChanges } } }),
    refused: [],
    passes: ["actions"],
    also: ["serving-replacement"],
  }),
  pair("h12", {
    hazards: ["12", "A22"],
    policy: "drain",
    change: (deregistrationDelay: number) => edited({ blue: { deregistrationDelay } }),
    refused: 0,
    passes: 60,
  }),
  pair("h5s", {
    hazards: ["5", "A9"],
    policy: "stickiness",
    change: (duration: number) =>
      edited({ shop: { actions: [split({ blue: 100, green: 0 }, { enabled: true, duration })] } }),
    refused: 604_800,
    passes: 3600,
  }),
  pair("hA13", {
    hazards: ["A13"],
    policy: "stickiness",
    change: (loadBalancingCrossZoneEnabled: string) => ({
      prior: shop({ sticky: true }),
      desired: shop({ sticky: true, inputs: { blue: { loadBalancingCrossZoneEnabled } } }),
    }),
    refused: "false",
    passes: "true",
  }),
  pair("h15", {
    hazards: ["15"],
    policy: "health-check",
    change: (enabled: boolean) => edited({ blue: { healthCheck: { path: "/healthz", enabled } } }),
    refused: false,
    passes: true,
  }),
  pair("h15p", {
    hazards: ["15"],
    policy: "health-check",
    change: (port: string) => editedOurs({ [GROUP]: { inputs: { healthCheck: { path: "/healthz", port } } } }),
    refused: "9000",
    passes: "traffic-port",
  }),
  pair("h28", {
    hazards: ["28"],
    policy: "health-check",
    change: (update: string) =>
      editedOurs({
        "shop-green-s": {
          inputs: { healthCheckGracePeriodSeconds: 1500 },
          opts: { customTimeouts: { create: "40m", update } },
        },
      }),
    refused: "20m",
    passes: "40m",
  }),
  pair("hA18", {
    hazards: ["A18"],
    policy: "health-check",
    change: (healthCheckGracePeriodSeconds: number) =>
      editedOurs({ "shop-green-s": { inputs: { healthCheckGracePeriodSeconds } } }),
    refused: 0,
    passes: 30,
  }),
  pair("h48", {
    hazards: ["48"],
    policy: "image-digest",
    change: (image: string) => editedOurs({ "shop-green-fe": { inputs: { image } } }),
    refused: "shop:latest",
    passes: `shop@sha256:${"1".repeat(64)}`,
  }),
  pair("h10e", {
    hazards: ["10"],
    policy: "entrypoint-protected",
    change: (protect: boolean) => ({
      prior: shop({ more: { lb: { opts: { protect: true } } } }),
      desired: shop({ more: { lb: { opts: { protect } } }, inputs: { lb: { idleTimeout: 120 } } }),
    }),
    refused: false,
    passes: true,
  }),
];
