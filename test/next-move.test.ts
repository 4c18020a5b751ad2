import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Course, FINISH, type Move, nextMove, type Standing } from "../cli/promote/next-move";
import type { RouteNow } from "../cli/rollout-now";
import { type Color, otherColor, type Shares, wholeWay } from "../traffic";
import { STAGES } from "./crossfade-stack";

const WAY = wholeWay(STAGES);

/** Where a stack stands: the candidate's deployed weight, and what differs from a release that goes well. */
interface Shape {
  weight: number;
  live?: number;
  stable?: Color;
  asks?: { stable?: Color; stage?: string };
  older?: Color;
  lines?: Color[];
  rejected?: string;
}

function standing({ weight, live = weight, stable = "blue", asks = {}, older, lines, rejected }: Shape): Standing {
  const candidate = otherColor(stable);
  const shares = (part: number): Shares => ({ [stable]: 100 - part, [candidate]: part });
  const stage = WAY.find((each) => each.weight === weight);
  const route: RouteNow = {
    urn: "urn:pulumi:dev::shop::crossfade:index:WeightedAlbRoute::shop",
    kind: "alb",
    recorded: { stable, stage: stage?.name ?? "idle", stages: WAY },
    candidate,
    colors: ["blue", "green"],
    shares: shares(weight),
    stage,
    older,
    since: new Date(0),
    carriers: [],
    targetGroups: {},
    environments: {},
    balancers: {},
  };
  const asked = { stable: asks.stable ?? stable, stage: asks.stage ?? stage?.name ?? "idle", stages: WAY };
  return { asked, lines: lines ?? ["blue", "green"], rejected, route, live: shares(live) };
}

const start: Course = { target: FINISH, isDeployed: false, passed: undefined, wasMoved: false };
const held = (passed: string): Course => ({ ...start, isDeployed: true, passed });
const move = (shape: Shape, course: Partial<Course> = {}) => nextMove(standing(shape), { ...start, ...course });
const update = (to: string, edit: object) => ({ kind: "update", to, edit });
const no = (why: RegExp) => ({ kind: "refuse", why: expect.stringMatching(why) });

describe("a release from its first line to its last", () => {
  test.each<[string, Shape, Partial<Course>, object]>([
    ["the candidate is deployed first, without weight", { weight: 0 }, {}, update("idle", { stage: "idle" })],
    ["then it gets the first stage", { weight: 0 }, { isDeployed: true }, update("canary-5", { stage: "canary-5" })],
    ["a stage is held", { weight: 5 }, {}, { kind: "hold", stage: WAY[1] }],
    ["one that has held is left", { weight: 5 }, held("canary-5"), update("canary-50", { stage: "canary-50" })],
    ["another one that has held is not", { weight: 50 }, held("canary-5"), { kind: "hold", stage: WAY[2] }],
    ["the last one leads to full", { weight: 50 }, held("canary-50"), update("full", { stage: "full" })],
    ["full is held too", { weight: 100 }, held("canary-50"), { kind: "hold", stage: WAY[3] }],
    ["and is finished", { weight: 100 }, held("full"), update(FINISH, { stable: "green", stage: "idle" })],
    ["then there is nothing to promote", { weight: 0, stable: "green", older: "blue" }, held("full"), { kind: "done" }],
  ])("%s", (_, shape, course, expected) => {
    expect(move(shape, course)).toMatchObject(expected);
  });

  test.each<[string, Shape, Partial<Course>, object]>([
    ["a target that has held ends it", { weight: 5 }, { ...held("canary-5"), target: "canary-5" }, { kind: "done" }],
    ["full ends it before the finish", { weight: 100 }, { ...held("full"), target: "full" }, { kind: "done" }],
    ["idle ends it once it is deployed", { weight: 0 }, { isDeployed: true, target: "idle" }, { kind: "done" }],
    ["a target that is behind", { weight: 50 }, { target: "canary-5" }, no(/canary-5 is behind.*crossfade rollback/)],
  ])("%s", (_, shape, course, expected) => {
    expect(move(shape, course)).toMatchObject(expected);
  });
});

describe("what was cut off is gone on with", () => {
  test.each<[string, Shape, Partial<Course>, object]>([
    ["before the update of a raise", { weight: 5, asks: { stage: "canary-50" } }, {}, { kind: "hold", stage: WAY[1] }],
    [
      "… once held",
      { weight: 5, asks: { stage: "canary-50" } },
      held("canary-5"),
      update("canary-50", { stage: "canary-50" }),
    ],
    ["after the effect of a raise", { weight: 5, live: 50, asks: { stage: "canary-50" } }, {}, update("canary-50", {})],
    ["before the first raise", { weight: 0, asks: { stage: "canary-5" } }, {}, update("idle", { stage: "idle" })],
    [
      "before the update of a finish",
      { weight: 100, asks: { stable: "green", stage: "idle" } },
      {},
      update(FINISH, {}),
    ],
    ["in a roll back, after its call", { weight: 50, live: 0 }, {}, { kind: "roll back" }],
    [
      "… and after its edit",
      { weight: 50, live: 0, asks: { stage: "idle" }, rejected: "bad" },
      {},
      { kind: "roll back" },
    ],
    [
      "… with the live weight as it was",
      { weight: 50, asks: { stage: "idle" }, rejected: "bad" },
      {},
      { kind: "roll back" },
    ],
    ["after a roll back", { weight: 0, rejected: "on Monday, slow" }, {}, no(/green was taken back: on Monday, slow/)],
    ["at weights of no stage: to the next lower one", { weight: 30 }, {}, update("canary-5", { stage: "canary-5" })],
  ])("%s", (_, shape, course, expected) => {
    expect(move(shape, course)).toMatchObject(expected);
  });
});

test.each([
  ["longer", 2, 2],
  ["shorter", 0.5, 1],
])("of a bake time that was made %s in the file meanwhile the longer one is held", (_, by, holds) => {
  const { asked, ...rest } = standing({ weight: 5 });
  const stages = asked.stages.map((stage) => ({ ...stage, bake: stage.bake * by }));
  const deployed = WAY[1]?.bake ?? 0;
  expect(deployed).toBeGreaterThan(0);
  expect(nextMove({ ...rest, asked: { ...asked, stages } }, start)).toEqual({
    kind: "hold",
    stage: { ...WAY[1], bake: deployed * holds },
  });
});

describe("what is not to be gone on with", () => {
  test.each<[string, Shape, object]>([
    ["another writer", { weight: 5, live: 20 }, no(/live are blue 80 %, green 20 %.*somebody else writes/)],
    [
      "a return after a finish that was not recorded",
      { weight: 0, live: 100, stable: "green", older: "blue" },
      no(/blue, the version before, has all requests live.*`crossfade rollback` goes on with it/),
    ],
    ["a raise that nobody asked for", { weight: 5, live: 50 }, no(/somebody else/)],
    [
      "a file that skips a stage",
      { weight: 5, asks: { stage: "full" } },
      no(/asks for full, and canary-5 is deployed.*canary-50/),
    ],
    ["a file that goes back", { weight: 50, asks: { stage: "canary-5" } }, no(/crossfade rollback/)],
    ["another stable in the middle", { weight: 5, asks: { stable: "green" } }, no(/makes green stable/)],
  ])("%s", (_, shape, expected) => {
    expect(move(shape)).toMatchObject(expected);
  });

  test("what somebody takes back while a stage is held is theirs to record", () => {
    expect(move({ weight: 50, live: 0 }, { isDeployed: true, wasMoved: true })).toMatchObject(
      no(/blue has all requests live.*somebody has taken it back just now.*the same command records it/),
    );
  });

  test("no candidate: all is well, and nothing to do", () => {
    expect(move({ weight: 0, lines: ["blue"] }, { isDeployed: true })).toMatchObject({ kind: "done" });
  });

  test("nothing deployed: the file is, and then there is a route or there is none", () => {
    const none = { ...standing({ weight: 0 }), route: undefined, live: undefined };
    expect(nextMove(none, start)).toEqual({ kind: "update", edit: {}, to: "idle" });
    expect(nextMove(none, held("idle"))).toMatchObject(no(/no route/));
  });
});

/** What an update with that edit makes of a standing, in a cloud that does as it is told. */
function applied({ asked, route, ...rest }: Standing, edit: Extract<Move, { kind: "update" }>["edit"]): Standing {
  const plan = { ...asked, ...edit };
  const weight = WAY.find(({ name }) => name === plan.stage)?.weight ?? 0;
  const older = route?.recorded.stable === plan.stable ? route.older : route?.recorded.stable;
  return standing({ weight, stable: plan.stable, older, lines: [...rest.lines] });
}

test("from wherever it was killed, a good release is finished by one stage after the other", () => {
  const anywhere = fc.record({ at: fc.nat(WAY.length - 1), isEdited: fc.boolean(), isLive: fc.boolean() });
  fc.assert(
    fc.property(anywhere, ({ at, isEdited, isLive }) => {
      const [here, next] = [WAY[at], WAY[at + 1]];
      const weight = here?.weight ?? 0;
      const stage = isEdited && next ? next.name : here?.name;
      let now = standing({ weight, asks: { stage }, live: isEdited && isLive && next ? next.weight : weight });
      const course: Course = { ...start };
      let most = weight;
      for (let turn = 0; turn < 20; turn++) {
        const move = nextMove(now, course);
        if (move.kind === "done") return now.asked.stable === "green";
        if (move.kind === "hold") course.passed = move.stage.name;
        else if (move.kind === "update") {
          const before = now.live?.green ?? 0;
          now = applied(now, move.edit);
          course.isDeployed = true;
          const reached = now.asked.stable === "green" ? 100 : (now.live?.green ?? 0);
          // Never more than one stage at a time, and none twice.
          expect(WAY.filter((each) => each.weight > before && each.weight <= reached).length).toBeLessThanOrEqual(1);
          expect(reached).toBeGreaterThanOrEqual(Math.min(most, before));
          most = Math.max(most, reached);
        } else return false;
      }
      return false;
    }),
  );
});
