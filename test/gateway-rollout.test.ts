import { expect, test } from "vitest";
import { holdTime } from "../policies/hold-time";
import { routeChanges } from "../policies/reading/rollouts";
import { type Item, placed } from "./cases/item";
import { planOfChange } from "./cases/judged-purely";
import { ROLLOUT_WORLDS } from "./cases/rollout-worlds";
import { NOW, type RolloutShape } from "./crossfade-stack";

const world = ROLLOUT_WORLDS["Kubernetes behind a Gateway"];
const DAY = 86_400;

/** The rollout's plan, with a hand in both states. */
async function plan(before: RolloutShape, after: RolloutShape, edit = (items: Item[]) => items) {
  return planOfChange({ prior: placed(edit(world(before)), "x"), desired: placed(edit(world(after)), "x") }, NOW);
}

const change = async (...given: Parameters<typeof plan>) => routeChanges(await plan(...given))[0];

/** The cluster's weights, whatever the program asked for. */
const inCluster = (blue: number, green: number) => (items: Item[]) =>
  items.map((one): Item => {
    if (one.name !== "rule") return one;
    const spec = one.inputs.spec as { rules: { backendRefs: object[] }[] };
    const weights = [blue, green];
    const rules = spec.rules.map((rule, i) =>
      i < 2 ? rule : { ...rule, backendRefs: rule.backendRefs.map((ref, j) => ({ ...ref, weight: weights[j] })) },
    );
    return { ...one, outputs: { spec: { ...spec, rules } } };
  });

test("who has which share is what the cluster has, and not what a failed update asked for", async () => {
  expect((await change({ stage: "canary-50" }, {}))?.wire).toEqual({ blue: 50, green: 50 });
  expect((await change({ stage: "canary-50" }, {}, inCluster(95, 5)))?.wire).toEqual({ blue: 95, green: 5 });
});

test("weights are shares of their sum", async () => {
  expect((await change({ stage: "canary-5" }, {}, inCluster(19, 1)))?.wire).toEqual({ blue: 95, green: 5 });
  expect((await change({ stage: "canary-5" }, {}, inCluster(0, 0)))?.wire).toEqual({});
});

test("a color whose Service's name the route does not say is known by its environment", async () => {
  const unsaid = (items: Item[]) =>
    items.map((one) => (one.name === "shop" ? { ...one, inputs: { ...one.inputs, services: {} } } : one));
  expect((await change({ stage: "canary-5" }, {}, unsaid))?.wire).toEqual({ blue: 95, green: 5 });
});

/** The grace period of the pods, and the time for the proxies. */
const HOLD = 90 + 60;

test("the old environment stays for the pods' grace period and until the proxies know", async () => {
  const gone: RolloutShape = { stable: "green", tasks: { green: 4 } };
  const held = async (movedAgo: number) => {
    const found = holdTime.judge(await plan({ stable: "green", movedAgo }, gone));
    return found.map(({ urn }) => urn.split("::").at(-1));
  };
  expect((await held(HOLD - 1)).sort()).toEqual(["x-pods-blue", "x-service-blue"]);
  expect(await held(HOLD)).toEqual([]);
});

/** What going back to blue at once means, when green carries all. */
async function back(shape: RolloutShape, edit?: (items: Item[]) => Item[], after: RolloutShape = {}) {
  const found = await change({ stable: "green", ...shape }, { stable: "blue", ...after }, edit);
  return found?.transition.kind;
}

test("an environment says by a clock since when it has its version, whatever else of it has changed", async () => {
  const touched = { changedAgo: { blue: 60, green: 60 }, movedAgo: 30 };
  expect(await back({ ...touched, madeAgo: { blue: 3 * DAY, green: DAY } })).toBe("return");
  expect(await back({ ...touched, madeAgo: { blue: DAY, green: 3 * DAY } })).toBe("refused");
});

test("a version that comes to be in the update itself never carried a request", async () => {
  const madeAgo = { blue: 3 * DAY, green: DAY };
  expect(await back({ madeAgo }, undefined, { versions: { blue: "v3" } })).toBe("refused");
  // An earlier update was stopped between the clock and the pods: these get the other version now.
  const asBefore = (items: Item[]) =>
    items.map((one) => (one.name === "version-blue" ? { ...one, inputs: { input: "v3" } } : one));
  expect(await back({ madeAgo }, asBefore, { versions: { blue: "v3" } })).toBe("refused");
});

test("without a clock only a Deployment that nothing has touched since is the version of before", async () => {
  const unclocked = (items: Item[]) => items.filter(({ name }) => !name.startsWith("version-"));
  const madeAgo = { blue: 9 * DAY, green: 5 * DAY };
  expect(await back({ madeAgo }, unclocked)).toBe("return");
  // It is changed in place: by a candidate since then, or by a label. Which of the two cannot be told.
  expect(await back({ madeAgo, changedAgo: { blue: DAY } }, unclocked)).toBe("refused");
  // A touch of the one that carries all makes nothing older.
  expect(await back({ madeAgo, changedAgo: { blue: DAY, green: 3600 } }, unclocked)).toBe("refused");
});

test("a backend of another namespace is the Service of that one", async () => {
  const [found] = routeChanges(await plan({ stable: "green", madeAgo: { blue: 9 * DAY, green: 5 * DAY } }, {}));
  expect(found?.transition.kind).toBe("return");
  const moved = (items: Item[]) =>
    items.map((one) => {
      if (one.name !== "service-blue") return one;
      return {
        ...one,
        inputs: { ...one.inputs, metadata: { ...(one.inputs.metadata as object), namespace: "other" } },
      };
    });
  // The route means one that is not there: nobody can tell how old it is.
  expect(await back({ madeAgo: { blue: 9 * DAY, green: 5 * DAY } }, moved)).toBe("refused");
});
