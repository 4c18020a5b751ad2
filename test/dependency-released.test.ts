import { expect, test } from "vitest";
import { dependencyReleased } from "../policies/dependency-released";
import { planOf } from "../policies/plan";
import type { Color, NeighbourReading, Release, ReleasedVersion, Resource } from "../traffic";
import { NOW, type StackShape, stack } from "./crossfade-stack";

const CART = "acme/cart/prod";
const SHOP = "acme/shop/dev";
const WEB = "acme/web/prod";

type Said = Partial<Record<Color, Pick<ReleasedVersion, "contract" | "requires">>>;

/** A stack of ours with what its versions say, and what it has read of another one. */
function state(shape: StackShape, said: Said, ...neighbours: Resource[]): Resource[] {
  const own = stack(shape).map((one) =>
    one.type === "crossfade:index:FargateEnvironment"
      ? { ...one, inputs: { ...one.inputs, ...said[one.inputs.color as Color] } }
      : one,
  );
  return [...own, ...neighbours];
}

function neighbour(name: string, role: string, reading: NeighbourReading): Resource {
  const type = "crossfade:index:Neighbour";
  const inputs = { stack: name, own: SHOP, roles: [role], reading };
  return { urn: `urn:pulumi:dev::shop::${type}::${name}`, type, custom: false, inputs, outputs: {} };
}

/** The task definition of a color's version, by which its age is known. */
function madeOn(color: Color, day: string): Resource {
  const type = "aws:ecs/taskDefinition:TaskDefinition";
  const parent = `urn:pulumi:dev::shop::crossfade:index:FargateEnvironment::shop-${color}`;
  const inputs = { family: color };
  return { urn: `${parent}$${type}`, type, custom: true, inputs, outputs: {}, parent, created: `${day}T12:00:00Z` };
}

/** A release by color: its share in percent, and what the version says. */
function released(versions: Partial<Record<Color, [number, Said["blue"]]>>, stable: Color = "blue"): Release {
  const made = Object.entries(versions).map(([color, [share, more]]) => [color, { image: "x", share, ...more }]);
  return { stable, stage: "idle", versions: Object.fromEntries(made) };
}

function found(before: Resource[], after: Resource[]): string[] {
  const findings = dependencyReleased.judge(planOf(before, after, NOW));
  return findings.map(({ what, advisory }) => `${advisory ? "said" : "refused"}: ${what}`);
}

const NEEDS_4: Said = { green: { requires: [{ stack: CART, contract: ">=4" }] } };
const cart = (versions: Parameters<typeof released>[0], stable?: Color) =>
  neighbour(CART, "requires", { release: released(versions, stable) });

/** The candidate, which needs contract 4 and later, goes from one stage to another beside such a cart. */
function promoted(from: string, to: string, ...neighbours: Resource[]): string[] {
  const prior = state({ stage: from }, NEEDS_4, ...neighbours);
  return found(prior, state({ stage: to }, NEEDS_4, ...neighbours));
}

test.each<[string, Parameters<typeof released>[0], string[]]>([
  ["all of it serves the contract", { blue: [100, { contract: ">=3 <=4" }] }, []],
  ["both versions of it do", { blue: [95, { contract: "4" }], green: [5, { contract: ">=4 <=5" }] }, []],
  [
    "a version without weight does not, and is not the way back",
    { blue: [100, { contract: "4" }], green: [0, {}] },
    [],
  ],
  [
    "none of it does",
    { blue: [100, { contract: "3" }] },
    ["blue there serves contract 3, with 100 % of the requests."],
  ],
  [
    "its candidate does, and has a part of its requests",
    { blue: [95, { contract: "3" }], green: [5, { contract: "4" }] },
    ["blue there serves contract 3, with 95 % of the requests."],
  ],
  ["it does not say", { blue: [100, {}] }, ["blue there does not say what it serves, with 100 % of the requests."]],
  [
    "what it says is no range",
    { blue: [100, { contract: "four" }] },
    ["blue there does not say what it serves, with 100 % of the requests."],
  ],
  ["nobody has weight there", { blue: [0, { contract: "4" }] }, ["nobody has weight there."]],
])("a candidate that needs a contract, where %s", (_, versions, missing) => {
  const what = '"shop" would give 5 % of the requests to green, which needs contract 4 and later of acme/cart/prod: ';
  const expected = missing.map((why) => `refused: ${what}${why}`);
  expect(promoted("idle", "canary-5", cart(versions))).toEqual(expected);
});

test.each<[string, Resource[], string]>([
  [
    "cannot be read",
    [neighbour(CART, "requires", { problem: "cannot be read: unknown stack" })],
    `${CART} cannot be read: unknown stack.`,
  ],
  ["is not read", [], "the program reads no Neighbour of that name, so what it serves is not known."],
  [
    "is read as somebody who needs something",
    [neighbour(CART, "requiredBy", { release: released({ blue: [100, { contract: "4" }] }) })],
    "the program reads no Neighbour of that name, so what it serves is not known.",
  ],
])("a required stack that %s: no weight", (_, neighbours, why) => {
  expect(promoted("idle", "canary-5", ...neighbours)).toEqual([expect.stringMatching(/^refused: /)]);
  expect(promoted("idle", "canary-5", ...neighbours)[0]).toContain(why);
});

test("every raise is judged, the install among them, and the candidate alone at idle needs nothing", () => {
  const short = cart({ blue: [100, { contract: "3" }] });
  expect(promoted("canary-5", "canary-50", short)).toEqual([expect.stringMatching(/^refused: .*50 %/)]);
  const needs = { blue: NEEDS_4.green };
  const installed = found([], state({ tasks: { blue: 4 } }, needs, short));
  expect(installed).toEqual([expect.stringMatching(/^refused: .*100 % of the requests to blue/)]);
  expect(found(state({ tasks: { blue: 4 } }, {}, short), state({}, NEEDS_4, short))).toEqual([]);
});

test("a way back is never refused, and what it breaks is said", () => {
  const short = cart({ blue: [100, { contract: "5" }] });
  const needs: Said = { blue: { requires: [{ stack: CART, contract: "4" }] } };
  const back = found(state({ stage: "canary-50" }, needs, short), state({}, needs, short));
  expect(back).toEqual([expect.stringMatching(/^said: "shop" gives 100 % of the requests to blue, which needs/)]);
  // After a finish: green is stable, blue the version before.
  const tasks = [madeOn("blue", "2026-11-19"), madeOn("green", "2026-11-20")];
  const returned = found(
    state({ stable: "green" }, needs, short, ...tasks),
    state({ stable: "blue" }, needs, short, ...tasks),
  );
  expect(returned).toEqual([expect.stringMatching(/^said: .*blue/)]);
  expect(promoted("canary-50", "canary-5", short)).toEqual([]); // its contract, 5, is "4 and later"
});

test("what was so before is said; another version in place is a new one", () => {
  const short = cart({ blue: [100, { contract: "3" }] });
  const needs = { blue: NEEDS_4.green };
  expect(found(state({}, {}, short), state({}, needs, short))).toEqual([expect.stringMatching(/^said: /)]);
  const other = state({ versions: { blue: "v2" } }, needs, short);
  expect(found(state({}, {}, short), other)).toEqual([expect.stringMatching(/^refused: /)]);
});

test("what a neighbour serves on trial is served, and said to be on trial", () => {
  const trial = cart({ blue: [0, { contract: "3" }], green: [100, { contract: "4" }] });
  expect(promoted("idle", "canary-5", trial)).toEqual([
    expect.stringMatching(/^said: .*which has it on trial: .*blue/),
  ]);
  const finished = cart({ blue: [0, { contract: "3" }], green: [100, { contract: "4" }] }, "green");
  expect(promoted("idle", "canary-5", finished)).toEqual([]);
});

test("a need that is no range is met by nobody", () => {
  const needs = { green: { requires: [{ stack: CART, contract: ">= 4" }] } };
  const all = cart({ blue: [100, { contract: ">=1" }] });
  expect(found(state({}, needs, all), state({ stage: "canary-5" }, needs, all))).toEqual([
    expect.stringContaining('">= 4", which is no range of versions,'),
  ]);
});

const web = (versions: Parameters<typeof released>[0], stable?: Color) =>
  neighbour(WEB, "requiredBy", { release: released(versions, stable) });
const NEEDS_3 = { requires: [{ stack: SHOP, contract: "3" }] };

/** Blue serves contract 3, green what is said; another stack may need some of it. */
function serving(green: string | undefined, from: StackShape, to: StackShape, ...neighbours: Resource[]): string[] {
  const said: Said = { blue: { contract: "3" }, green: { contract: green } };
  return found(state(from, said, ...neighbours), state(to, said, ...neighbours));
}

test.each<[string, string | undefined, Resource, string[]]>([
  ["is kept beside the new one", ">=3 <=4", web({ blue: [100, NEEDS_3] }), []],
  ["is needed by nobody", "4", web({ blue: [100, {}] }), []],
  ["is needed of another stack", "4", web({ blue: [100, { requires: [{ stack: CART, contract: "3" }] }] }), []],
  [
    "is still needed",
    "4",
    web({ blue: [100, NEEDS_3] }),
    [
      'refused: "shop" would give 5 % of the requests to green, which serves contract 4, and acme/web/prod needs contract 3 for blue, which has 100 % of its requests.',
    ],
  ],
  [
    "is needed by its way back",
    "4",
    web({ blue: [0, NEEDS_3], green: [100, {}] }),
    [expect.stringMatching(/^refused: /)],
  ],
  [
    "is needed by what is there without weight",
    "4",
    web({ blue: [0, NEEDS_3], green: [100, {}] }, "green"),
    [expect.stringMatching(/^said: /)],
  ],
  ["is not spoken of any more", undefined, web({ blue: [100, NEEDS_3] }), [expect.stringContaining("does not say")]],
  [
    "may be needed by one that cannot be read",
    "4",
    neighbour(WEB, "requiredBy", { problem: "has no output" }),
    [expect.stringContaining("what acme/web/prod needs is not known: it has no output.")],
  ],
  [
    "is kept, whatever one needs that cannot be read",
    ">=3 <=4",
    neighbour(WEB, "requiredBy", { problem: "has no output" }),
    [],
  ],
])("a contract that %s, when the candidate gets weight", (_, green, other, expected) => {
  expect(serving(green, {}, { stage: "canary-5" }, other)).toEqual(expected);
});

test("the last version that serves what is needed is not left by a finish, nor removed", () => {
  const needed = web({ blue: [100, NEEDS_3] });
  expect(serving("4", { stage: "full" }, { stable: "green" }, needed)).toEqual([
    expect.stringMatching(/^said: "shop" gives 100 % of the requests to green/),
    expect.stringMatching(
      /^refused: "shop" would finish without blue, which serves contract 3; green serves contract 4, /,
    ),
  ]);
  expect(serving("4", { stable: "green" }, { stable: "green", tasks: { green: 4 } }, needed)).toEqual([
    expect.stringMatching(/^said: /),
    expect.stringMatching(/^refused: The environment of blue would go, which serves contract 3; /),
  ]);
  expect(serving(">=3", { stage: "full" }, { stable: "green" }, needed)).toEqual([]);
  expect(serving("4", { stage: "full" }, { stable: "green" }, web({ blue: [100, {}] }))).toEqual([]);
});

test("a contract that the serving version does not have any more is taken away, also without a move of weight", () => {
  const needed = web({ blue: [100, NEEDS_3] });
  const [before, after] = [{ blue: { contract: "3" } }, { blue: { contract: "4" } }];
  expect(found(state({}, before, needed), state({}, after, needed))).toEqual([expect.stringMatching(/^refused: /)]);
  expect(found(state({}, after, needed), state({}, after, needed))).toEqual([expect.stringMatching(/^said: /)]);
});

test("a rollback to what others do not know any more is said; a new service is asked for nothing", () => {
  const needs4 = web({ blue: [100, { requires: [{ stack: SHOP, contract: "4" }] }] });
  expect(serving("4", { stage: "canary-50" }, {}, needs4)).toEqual([expect.stringMatching(/^said: .*to blue/)]);
  const said = { blue: { contract: "3" } };
  expect(found([], state({ tasks: { blue: 4 } }, said, needs4))).toEqual([]);
});

test("another service of the same program, which says nothing, is not asked", () => {
  const needed = web({ blue: [100, NEEDS_3] });
  expect(found(state({}, {}, needed), state({ stage: "canary-5" }, {}, needed))).toEqual([]);
});
