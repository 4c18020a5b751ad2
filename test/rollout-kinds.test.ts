import { describe, expect, test } from "vitest";
import { judgeAll } from "../policies/rules";
import { type Color, HOTFIX_STAGES } from "../traffic";
import { type Item, placed } from "./cases/item";
import { planOfChange } from "./cases/judged-purely";
import { ROLLOUT_WORLDS } from "./cases/rollout-worlds";
import { NOW, type RolloutShape, STAGES } from "./crossfade-stack";
import { Ref } from "./small-programs";

/** The design's table of edits, and what else a rollout may meet: the same for every kind of compute and of route. */
interface Behaviour {
  title: string;
  /** Nothing where there was no stack. */
  before: RolloutShape | undefined;
  after: RolloutShape;
  /** All policies that refuse it; none where it passes. */
  refusedBy?: readonly string[];
  /** The same where one kind differs. */
  on?: Partial<Record<keyof typeof ROLLOUT_WORLDS, readonly string[]>>;
  /** What the update does besides. */
  edit?: (items: Item[]) => Item[];
  settings?: Record<string, unknown>;
}

const DAY = 86_400;
const HOTFIX = [...HOTFIX_STAGES];
const alone: RolloutShape = { tasks: { blue: 4 } };
const oldAlone: RolloutShape = { stable: "green", tasks: { green: 4 } };
const FREEZE = {
  "freeze-window": {
    once: [{ from: "2026-01-01T00:00:00Z", until: "2027-01-01T00:00:00Z", reason: "nobody is here" }],
  },
};
const BAKED_FULL = [...STAGES, { name: "full", weight: 100, bake: 60 }];

/** A change that makes a color's end or its pods anew: another port of the group, other labels that pods are selected by. */
const madeAnew = (color: Color) => (items: Item[]) =>
  items.map((one): Item => {
    if (one.name === `g-${color}`) return { ...one, inputs: { ...one.inputs, port: 9090 } };
    if (one.name !== `pods-${color}`) return one;
    const spec = one.inputs.spec as { selector: object; template: object };
    const labels = { "app.kubernetes.io/name": `shop-${color}`, release: "2" };
    const template = { ...spec.template, metadata: { labels } };
    return { ...one, inputs: { ...one.inputs, spec: { ...spec, selector: { matchLabels: labels }, template } } };
  });

/** What a transform of the program makes of a route's parts: other weights, and other tags of what can have some. */
const transformed = (other: (weight: number) => unknown) => (items: Item[]) =>
  items.map((one): Item => {
    if (one.parent !== "shop" || one.type === "pulumi:index:Stash") return one;
    const tags = one.type.startsWith("aws:lb/") && { tags: { team: "shop" } };
    return { ...one, inputs: { ...reweighted(one.inputs, other), ...tags } };
  });

function reweighted<T>(value: T, other: (weight: number) => unknown): T {
  if (value instanceof Ref || value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((inner) => reweighted(inner, other)) as T;
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    key === "weight" ? other(Number(inner)) : reweighted(inner, other),
  ]);
  return Object.fromEntries(entries);
}

const BEHAVIOURS: readonly Behaviour[] = [
  { title: "install", before: undefined, after: alone },
  { title: "install of both, at idle", before: undefined, after: {} },
  {
    title: "install at a canary stage",
    before: undefined,
    after: { stage: "canary-5" },
    refusedBy: ["stage-order"],
  },
  { title: "the candidate's line is added at idle", before: alone, after: {} },
  ...["idle", "canary-5", "canary-50", "full"].map((stage) => ({
    title: `nothing changes at ${stage}`,
    before: { stage, movedAgo: 1 },
    after: { stage },
  })),

  { title: "promote to the first stage", before: {}, after: { stage: "canary-5" } },
  {
    title: "promote to the next stage when it has baked",
    before: { stage: "canary-5", movedAgo: 600 },
    after: { stage: "canary-50" },
  },
  { title: "promote to full", before: { stage: "canary-50" }, after: { stage: "full" } },
  { title: "a skipped stage", before: {}, after: { stage: "canary-50" }, refusedBy: ["stage-order"] },
  {
    title: "a stage that is left a second early",
    before: { stage: "canary-5", movedAgo: 599 },
    after: { stage: "canary-50" },
    refusedBy: ["bake-time"],
  },
  {
    title: "a bake time that is shortened in the same edit",
    before: { stage: "canary-5", movedAgo: 599 },
    after: { stage: "canary-50", stages: STAGES.map((stage) => ({ ...stage, bake: 0 })) },
    refusedBy: ["bake-time"],
  },
  {
    title: "stages that are edited while the weight is between",
    before: { stage: "canary-5" },
    after: { stage: "canary-50", stages: STAGES.map((s) => (s.weight === 50 ? { ...s, weight: 60 } : s)) },
    refusedBy: ["stage-order"],
  },
  {
    title: "another plan, with a stage of the same weight, while the weight is between",
    before: { stage: "canary-50" },
    after: { stage: "canary-50", stages: HOTFIX },
    refusedBy: ["stage-order"],
  },
  {
    title: "another plan at idle",
    before: {},
    after: { stage: "canary-10", stages: HOTFIX },
  },
  {
    title: "a promotion in a freeze",
    before: { stage: "canary-5" },
    after: { stage: "canary-50" },
    settings: FREEZE,
    refusedBy: ["freeze-window"],
  },
  {
    title: "a promotion onto too few",
    before: { stage: "canary-50", tasks: { blue: 4, green: 1 } },
    after: { stage: "full", tasks: { blue: 4, green: 1 } },
    refusedBy: ["capacity"],
  },
  {
    title: "a promotion of a candidate that runs nothing",
    before: { tasks: { blue: 4, green: 0 } },
    after: { stage: "canary-5", tasks: { blue: 4, green: 0 } },
    refusedBy: ["candidate-attached", "capacity", "interrupted-update"],
    // A record leads to an edge, whose own rule is the one that has a group.
    on: {
      "Fargate behind DNS": ["capacity", "interrupted-update"],
      "Auto Scaling behind DNS": ["capacity", "interrupted-update"],
    },
  },
  {
    title: "a promotion, scaled out in the same update",
    before: { stage: "canary-50", tasks: { blue: 4, green: 2 } },
    after: { stage: "full", tasks: { blue: 4, green: 4 } },
  },
  {
    title: "a new version of the candidate beside a promotion",
    before: {},
    after: { stage: "canary-5", versions: { green: "v2" } },
    refusedBy: ["one-change"],
  },
  {
    title: "a scale-in of stable beside a promotion",
    before: {},
    after: { stage: "canary-5", tasks: { blue: 3, green: 4 } },
    refusedBy: ["one-change"],
  },

  ...["canary-5", "canary-50", "full"].map((stage) => ({
    title: `roll back from ${stage}, at once and in a freeze`,
    before: { stage, movedAgo: 1 },
    after: {},
    settings: FREEZE,
  })),
  { title: "roll back to an earlier stage", before: { stage: "full", movedAgo: 1 }, after: { stage: "canary-5" } },
  {
    title: "roll back from a candidate that runs nothing",
    before: { stage: "canary-50", movedAgo: 1, tasks: { blue: 4, green: 0 } },
    after: { tasks: { blue: 4, green: 0 } },
  },
  {
    title: "rolled back: a new version for the candidate",
    before: { movedAgo: 600 },
    after: { versions: { green: "v2" } },
  },

  {
    title: "rolled back: the rejected version again",
    before: { rejected: ["green"] },
    after: { stage: "canary-5", rejected: ["green"] },
    refusedBy: ["rejected-release"],
  },
  {
    title: "rolled back: the rejected version again, by a commit that does not know of it",
    before: { rejected: ["green"] },
    after: { stage: "canary-5" },
    refusedBy: ["rejected-release"],
  },
  {
    title: "rolled back: the new version is promoted",
    before: { rejected: ["green"], versions: { green: "v2" } },
    after: { stage: "canary-5", rejected: ["green"], versions: { green: "v2" } },
  },
  {
    title: "a rollback that rejects what it goes back from",
    before: { stage: "canary-50", movedAgo: 1 },
    after: { rejected: ["green"] },
  },

  { title: "finish", before: { stage: "full" }, after: { stable: "green" } },
  {
    title: "the next version on stable at full, where the finish was forgotten",
    before: { stage: "full" },
    after: { stage: "full", versions: { blue: "v3" } },
    refusedBy: ["release-without-canary"],
  },
  {
    title: "another version in the way back",
    before: { stage: "full" },
    after: { versions: { blue: "v3" } },
    refusedBy: ["release-without-canary"],
  },
  {
    title: "the next version with the finish",
    before: { stage: "full" },
    after: { stable: "green", versions: { blue: "v3" } },
  },
  {
    title: "a finish before full has held",
    before: { stage: "full", stages: BAKED_FULL, movedAgo: 5 },
    after: { stable: "green", stages: BAKED_FULL },
    refusedBy: ["bake-time"],
  },
  {
    title: "a finish from a canary stage",
    before: { stage: "canary-50" },
    after: { stable: "green" },
    refusedBy: ["stage-order"],
  },
  {
    title: "a Git revert of a finish",
    before: { stable: "green", madeAgo: { blue: 9 * DAY, green: 5 * DAY } },
    after: { stage: "full" },
  },
  {
    title: "a finish of a version that never carried a request",
    before: { madeAgo: { blue: 5 * DAY, green: 60 } },
    after: { stable: "green", stage: "full" },
    refusedBy: ["stage-order"],
  },
  {
    title: "back again to the version that carried all before",
    before: { stable: "green", movedAgo: 1, madeAgo: { blue: 9 * DAY, green: 5 * DAY } },
    after: { stable: "blue" },
  },
  {
    title: "all at once to a version that never carried a request",
    before: { stable: "green", madeAgo: { blue: 3600, green: 5 * DAY } },
    after: { stable: "blue" },
    refusedBy: ["stage-order"],
  },
  {
    title: "back again beside a new version of it",
    before: { stable: "green", madeAgo: { blue: 9 * DAY, green: 5 * DAY } },
    after: { stable: "blue", versions: { blue: "v3" } },
    refusedBy: ["stage-order"],
  },

  {
    title: "the old environment is removed within the hold time",
    before: { stable: "green", movedAgo: 30 },
    after: oldAlone,
    refusedBy: ["hold-time"],
  },
  { title: "the old environment is removed after the hold time", before: { stable: "green" }, after: oldAlone },
  {
    title: "a candidate is scaled in in the update that takes its weight",
    before: { stage: "canary-50" },
    after: { tasks: { blue: 4, green: 2 } },
    refusedBy: ["hold-time"],
  },
  {
    title: "a candidate is scaled in within the hold time",
    before: { movedAgo: 30 },
    after: { tasks: { blue: 4, green: 2 } },
    refusedBy: ["hold-time"],
  },
  { title: "a candidate is scaled in after the hold time", before: {}, after: { tasks: { blue: 4, green: 2 } } },

  {
    title: "a new version on the serving environment",
    before: {},
    after: { versions: { blue: "v2" } },
    refusedBy: ["release-without-canary"],
  },
  {
    title: "a new version on a candidate that has weight",
    before: { stage: "canary-5" },
    after: { stage: "canary-5", versions: { green: "v2" } },
    refusedBy: ["release-without-canary"],
  },
  { title: "a new version on a candidate without weight", before: {}, after: { versions: { green: "v2" } } },
  {
    title: "what serves is made anew",
    before: {},
    after: {},
    edit: madeAnew("blue"),
    refusedBy: ["serving-replacement"],
  },
  { title: "a candidate without weight is made anew", before: {}, after: {}, edit: madeAnew("green") },
  {
    title: "what serves is removed",
    before: {},
    after: oldAlone,
    refusedBy: ["serving-deletion", "stage-order"],
  },

  {
    title: "a transform writes a later stage's weights",
    before: {},
    after: { stage: "canary-5" },
    edit: transformed(() => 50),
    refusedBy: ["single-writer"],
  },
  {
    title: "a transform holds weights where they were, on a rollback",
    before: { stage: "canary-50", movedAgo: 1 },
    after: {},
    edit: transformed(() => 50),
    refusedBy: ["single-writer"],
    // The edge and its records are made for a color that gets nobody.
    on: {
      "Fargate behind DNS": ["entrypoint-protected", "health-check", "single-writer"],
      "Auto Scaling behind DNS": ["entrypoint-protected", "health-check", "single-writer"],
    },
  },
  {
    title: "a transform gives the candidate all at the install of both",
    before: undefined,
    after: {},
    edit: transformed((weight) => 100 - weight),
    refusedBy: ["single-writer"],
    on: {
      "Fargate behind DNS": ["entrypoint-protected", "single-writer"],
      "Auto Scaling behind DNS": ["entrypoint-protected", "single-writer"],
    },
  },
  {
    title: "a transform writes the same shares by other weights, and tags",
    before: {},
    after: { stage: "canary-5" },
    edit: transformed((weight) => weight * 2),
  },
  {
    title: "a transform writes the weights as text",
    before: {},
    after: { stage: "canary-5" },
    edit: transformed(String),
  },
];

describe.each(Object.keys(ROLLOUT_WORLDS) as (keyof typeof ROLLOUT_WORLDS)[])("%s", (kind) => {
  const world = ROLLOUT_WORLDS[kind];
  test.each(BEHAVIOURS.map((behaviour) => [behaviour.title, behaviour] as const))("%s", async (_, behaviour) => {
    const { before, after, on, edit = (items) => items, settings } = behaviour;
    const refusedBy = on?.[kind] ?? behaviour.refusedBy ?? [];
    const prior = before ? placed(world(before), "x") : [];
    const plan = await planOfChange({ prior, desired: placed(edit(world(after)), "x") }, NOW);
    const refusals = judgeAll(plan, { settings }).filter(({ advisory }) => !advisory);
    const found = new Set(refusals.map(({ policy }) => policy));
    expect([...found].sort(), refusals.map(({ what }) => what).join("\n")).toEqual([...refusedBy].sort());
  });
});
