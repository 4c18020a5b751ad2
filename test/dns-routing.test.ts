import { expect, test } from "vitest";
import type { Routing } from "../traffic/dns/records";
import { type Candidate, possibleShares } from "../traffic/dns/routing";

const weight = (weight: number | undefined, uncertain = false): Candidate => ({
  routing: { by: "weight", weight },
  uncertain,
});
const by = (routing: Routing, uncertain = false): Candidate => ({ routing, uncertain });
const primary = (uncertain = false) => by({ by: "failover", primary: true }, uncertain);
const secondary = by({ by: "failover", primary: false });
const near = by({ by: "nearness" });

test.each<[string, Candidate[], number[][]]>([
  ["one", [by({ by: "simple" })], [[1]]],
  ["weights in proportion to their sum", [weight(30), weight(10)], [[0.75, 0.25]]],
  ["no weight beside others", [weight(30), weight(0)], [[1, 0]]],
  ["no weight at all: all alike", [weight(0), weight(0), weight(0), weight(0)], [[0.25, 0.25, 0.25, 0.25]]],
  [
    "a weight that is not known: nothing, or all",
    [weight(1), weight(undefined)],
    [
      [1, 0],
      [expect.closeTo(0), expect.closeTo(1)],
    ],
  ],
  [
    "one that may be unhealthy: the others, those of weight 0 too where no other is left",
    [weight(100, true), weight(0)],
    [
      [1, 0],
      [0, 1],
    ],
  ],
  [
    "those of weight 0 only where no other is left",
    [weight(50, true), weight(50), weight(0)],
    [
      [0.5, 0.5, 0],
      [0, 1, 0],
    ],
  ],
  ["one alone that may be unhealthy: it answers", [weight(100, true)], [[1], [1]]],
  ["several values at random", [by({ by: "chance" }), by({ by: "chance" })], [[0.5, 0.5]]],
  ["a primary", [primary(), secondary], [[1, 0]]],
  [
    "a primary that may be unhealthy",
    [primary(true), secondary],
    [
      [1, 0],
      [0, 1],
    ],
  ],
  ["a secondary alone", [secondary], [[1]]],
  [
    "the nearest: any",
    [near, near],
    [
      [1, 0],
      [0, 1],
    ],
  ],
])("%s", (_, records, expected) => {
  expect(possibleShares(records)).toEqual(expected);
});

test("more that may be unhealthy than can be tried: each may get all", () => {
  const many = Array.from({ length: 9 }, () => weight(1, true));
  expect(possibleShares(many)).toHaveLength(9);
  expect(possibleShares(many)[3]).toEqual([0, 0, 0, 1, 0, 0, 0, 0, 0]);
});
