import { expect, test } from "vitest";
import { kubernetesCapacityProblems } from "../policies/problems/capacity-kubernetes";
import { State } from "../policies/reading/state";
import type { Resource } from "../traffic";
import { exposed, object } from "./resources";

const kinds = (resources: Resource[]) => kubernetesCapacityProblems(new State(resources)).map(({ kind }) => kind);
const shop = (spec: object = {}) => exposed("shop", { spec });
const budget = (spec: object, app = "shop") =>
  object("policy/v1:PodDisruptionBudget", "shop", { selector: { matchLabels: { app } }, ...spec });
const autoscaler = (name: string) =>
  object("autoscaling/v2:HorizontalPodAutoscaler", "shop", {
    minReplicas: 2,
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
  });
const ignoring = ([deployment, ...rest]: Resource[], ignoreChanges: string[]) => [
  { ...(deployment as Resource), ignoreChanges },
  ...rest,
];

test.each<[string, Resource[], Resource[], string]>([
  ["38: one replica", shop({ replicas: 1 }), shop({ replicas: 2 }), "one pod"],
  ["38: one replica, by default", shop({ replicas: undefined }), shop({ replicas: 2 }), "one pod"],
  [
    "38: a budget that all may go by",
    [...shop(), budget({ maxUnavailable: 2 })],
    [...shop(), budget({ maxUnavailable: 1 })],
    "budget",
  ],
  [
    "38: all of them, as a share",
    [...shop(), budget({ maxUnavailable: "100%" })],
    [...shop(), budget({ maxUnavailable: "50%" })],
    "budget",
  ],
  [
    "38: a budget that keeps none",
    [...shop(), budget({ minAvailable: 0 })],
    [...shop(), budget({ minAvailable: 1 })],
    "budget",
  ],
  [
    "38: a budget of others",
    [...shop(), budget({ minAvailable: 0 })],
    [...shop(), budget({ minAvailable: 0 }, "cart")],
    "budget",
  ],
  [
    "38: a roll-out that takes all away first",
    shop({ strategy: { type: "Recreate" } }),
    shop({ strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0 } } }),
    "strategy",
  ],
  [
    "39: an autoscaler's replicas in the program",
    [...shop(), autoscaler("shop")],
    [...shop(), autoscaler("cart")],
    "replicas",
  ],
  [
    "39: replicas that the program leaves alone",
    ignoring([...shop(), autoscaler("shop")], ["metadata"]),
    ignoring([...shop(), autoscaler("shop")], ["spec.replicas"]),
    "replicas",
  ],
])("%s", (_, bad, safe, kind) => {
  expect(kinds(bad)).toEqual([kind]);
  expect(kinds(safe)).toEqual([]);
});

test("what nobody reaches may have one pod", () => {
  expect(kinds(shop({ replicas: 1 }).slice(0, 1))).toEqual([]);
});

test("what another cluster scales or evicts is not meant", () => {
  const of = (name: string, resources: Resource[]) =>
    resources.map((r) => ({ ...r, provider: `urn:pulumi:dev::test::pulumi:providers:kubernetes::${name}` }));
  const others = [budget({ maxUnavailable: "100%" }), autoscaler("shop")];
  const said = shop({ replicas: 2 });
  const apart = kinds([...of("a", said), ...of("b", others)]);
  expect(kinds([...of("a", said), ...of("a", others)])).not.toEqual(apart);
  expect(apart).toEqual(kinds(said));
});
