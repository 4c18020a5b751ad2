import { expect, test } from "vitest";
import { connectionBudget } from "../policies/connection-budget";
import { planOf } from "../policies/plan";
import type { Resource } from "../traffic";
import { resource } from "./resources";

type Environments = Partial<Record<"blue" | "green", object>>;

/** Environments of four tasks with ten connections each, on a database that has a hundred; a number is the pool of one. */
function state(environments: Environments, maxConnections: number | undefined = 100, kind = "Fargate"): Resource[] {
  const homes = Object.entries(environments).map(([color, more]) => {
    const inputs = { color, image: "shop@sha256:1", replicas: 4, connections: 10, ...more };
    return resource(`shop-${color}`, `crossfade:index:${kind}Environment`, inputs, { custom: false });
  });
  const database = { phase: "expand", to: 1, postgres: 16, files: [], maxConnections };
  return [...homes, resource("shop", "crossfade:index:Migration", database, { custom: false })];
}

function found(before: Resource[], after: Resource[]): string[] {
  const findings = connectionBudget.judge(planOf(before, after));
  return findings.map(({ what, advisory }) => `${advisory ? "said" : "refused"}: ${what}`);
}

const ONE = state({ blue: {} });

test("two environments with their pools are within what the database has, or are refused", () => {
  expect(found(ONE, state({ blue: {}, green: {} }))).toEqual([]);
  expect(found(ONE, state({ blue: {}, green: { connections: 15 } }))).toEqual([
    "refused: 4 tasks of blue with 10 each, 4 tasks of green with 15 each and one of the migration's own are 101 connections, and the database has 100.",
  ]);
  expect(found(ONE, state({ blue: {}, green: { scaling: { min: 2, max: 6 } } }))).toHaveLength(1);
  expect(found(ONE, state({ blue: {}, green: { connections: 15 } }, undefined))).toHaveLength(1);
});

test("a version that is changed in place is there twice while it rolls", () => {
  const v2 = { image: "shop@sha256:2" };
  expect(found(ONE, state({ blue: v2 }))).toEqual([]);
  expect(found(state({ blue: {}, green: {} }), state({ blue: {}, green: v2 }))).toEqual([
    "refused: 4 tasks of blue with 10 each, 8 tasks of green with 10 each (while it rolls) and one of the migration's own are 121 connections, and the database has 100.",
  ]);
  const pods = (green: object) => state({ blue: {}, green }, 100, "Kubernetes");
  expect(found(pods({}), pods(v2))).toEqual([]); // five of them: 91
  expect(found(state({ blue: {}, green: {} }), state({ blue: {}, green: { schema: "1" } }))).toEqual([]);
});

test("workers have pools beside the environments', and both versions of them while they are exchanged", () => {
  const workers = (image: string) =>
    resource(
      "mailer",
      "crossfade:index:FargateWorkers",
      { color: "blue", image, replicas: 2, connections: 10 },
      { custom: false },
    );
  const before = [...state({ blue: {}, green: {} }), workers("shop@sha256:1")];
  expect(found(before, before)).toEqual([expect.stringMatching(/^said: .*2 tasks of blue with 10 each/)]);
  const roomy = (image: string) => [...state({ blue: {}, green: {} }, 101), workers(image)];
  expect(found(state({ blue: {}, green: {} }, 101), roomy("shop@sha256:1"))).toEqual([]);
  expect(found(roomy("shop@sha256:1"), roomy("shop@sha256:2"))).toEqual([
    expect.stringMatching(/^refused: .*4 tasks of blue with 10 each \(while it rolls\)/),
  ]);
});

test("one that goes is there until it has gone", () => {
  const other = state({ blue: {}, green: { connections: 15 } }, 200);
  expect(found(state({ blue: { connections: 20 } }, 100), state({ green: { connections: 20 } }, 100))).toHaveLength(1);
  expect(found(other, state({ green: {} }, 200))).toEqual([]);
});

test("one that does not say its pool counts as the worst, where the database has a limit", () => {
  const silent = { connections: undefined };
  expect(found(ONE, state({ blue: {}, green: silent }))).toEqual([
    "refused: The version of green does not say how many connections each of its tasks may hold, and the database has 100.",
  ]);
  const unlimited = resource(
    "shop",
    "crossfade:index:Migration",
    { phase: "expand", to: 1, files: [] },
    { custom: false },
  );
  const without = [...state({ blue: {}, green: silent }).slice(0, -1), unlimited];
  expect(found(ONE, without)).toEqual([]);
});

test("what was so before is said, and less of a database is the update's doing", () => {
  const much = { blue: {}, green: { connections: 20 } };
  expect(found(state(much), state(much))).toEqual([expect.stringMatching(/^said: /)]);
  expect(found(state(much, 200), state(much, 100))).toEqual([expect.stringMatching(/^refused: /)]);
  expect(found(state(much), state({ blue: {} }))).toEqual([expect.stringMatching(/^said: .*until it has gone/)]);
});
