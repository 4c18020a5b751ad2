import { expect, test } from "vitest";
import { planOf } from "../policies/plan";
import { releasedFirst } from "../policies/released-first";
import type { Color, NeighbourReading, Resource } from "../traffic";
import { imageOf, NOW, type StackShape, stack } from "./crossfade-stack";

const STAGING = "acme/shop/staging";
const V1 = imageOf("blue", {});
const V2 = imageOf("green", {});

function first(reading: NeighbourReading): Resource {
  const type = "crossfade:index:Neighbour";
  const inputs = { stack: STAGING, own: "acme/shop/production", roles: ["releasedFirst"], reading };
  return { urn: `urn:pulumi:dev::shop::${type}::${STAGING}`, type, custom: false, inputs, outputs: {} };
}

/** Staging by color: an image and its share in percent. */
const staging = (versions: Partial<Record<Color, [string, number]>>, stable: Color = "blue") => {
  const made = Object.entries(versions).map(([color, [image, share]]) => [color, { image, share }]);
  return first({ release: { stable, stage: "", versions: Object.fromEntries(made) } });
};

function found(from: StackShape, to: StackShape, neighbour: Resource): string[] {
  const findings = releasedFirst.judge(planOf([...stack(from), neighbour], [...stack(to), neighbour], NOW));
  return findings.map(({ what }) => what);
}

const FINISHED = staging({ blue: [V1, 0], green: [V2, 100] }, "green");

test.each<[string, Resource, string | undefined]>([
  ["is stable there", FINISHED, undefined],
  [
    "is stable there, while the next one is tried",
    staging({ blue: [V2, 0], green: ["shop@sha256:3", 100] }),
    undefined,
  ],
  [
    "has all requests there, and is not finished",
    staging({ blue: [V1, 0], green: [V2, 100] }),
    "there it is green's, with 100 % of the requests, and not finished.",
  ],
  [
    "is a canary there",
    staging({ blue: [V1, 95], green: [V2, 5] }),
    "there it is green's, with 5 % of the requests, and not finished.",
  ],
  [
    "was never there",
    staging({ blue: [V1, 100] }),
    `it is not there; stable there is ${V1.split("@")[1]?.slice(0, 19)}….`,
  ],
  [
    "has been replaced there",
    staging({ blue: [V1, 100], green: [V2, 0] }),
    "there it is green's, with 0 % of the requests, and not finished.",
  ],
  [
    "may be in a stack that cannot be read",
    first({ problem: "cannot be read: unknown stack" }),
    `${STAGING} cannot be read: unknown stack.`,
  ],
])("an image that %s", (_, neighbour, missing) => {
  const what = found({}, { stage: "canary-5" }, neighbour);
  if (missing === undefined) return expect(what).toEqual([]);
  expect(what).toEqual([expect.stringMatching(/^"shop" would give 5 % of the requests to green's image, sha256:/)]);
  expect(what[0]).toContain(missing);
});

test("what has weight goes on, also when another one is released there by then", () => {
  const gone = staging({ blue: [V1, 100] });
  expect(found({ stage: "canary-5" }, { stage: "canary-50" }, gone)).toEqual([]);
  expect(found({ stage: "canary-5" }, {}, gone)).toEqual([]);
  expect(found({ stage: "full" }, { stable: "green" }, gone)).toEqual([]);
});

test("an install and another image in place are first weights as well", () => {
  const other = staging({ blue: [V2, 100] });
  const installed = planOf([], [...stack({ tasks: { blue: 4 } }), other], NOW);
  expect(releasedFirst.judge(installed)).toHaveLength(1);
  expect(found({}, { versions: { blue: "v9" } }, other)).toEqual([
    expect.stringContaining("100 % of the requests to blue's"),
  ]);
  expect(found({}, { versions: { green: "v9" } }, other)).toEqual([]); // it has no weight
});

test("where no stack is to be first, nothing is asked", () => {
  expect(releasedFirst.judge(planOf(stack({}), stack({ stage: "canary-5" }), NOW))).toEqual([]);
});
