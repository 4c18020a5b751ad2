import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Block } from "../cli/analysis/counts";
import { bet, evidence, isEvidence, passFactors, regressionFactors, type Wealth } from "../cli/analysis/evidence";
import { statistic } from "./bench/mann-whitney";

/** Candidate's bad and all, stable's bad and all. */
type Row = [number, number, number, number];

const EVIDENCE: { blocks: Row[]; tolerance: number; burst: number }[] = [
  { blocks: [[4, 21, 0, 477]], tolerance: 0.01, burst: 1 },
  {
    blocks: [
      [0, 50, 0, 950],
      [12, 50, 1, 950],
      [7, 61, 3, 1013],
    ],
    tolerance: 0.01,
    burst: 1,
  },
  {
    blocks: [
      [0, 300, 6, 5700],
      [0, 0, 2, 5900],
      [1, 280, 4, 5720],
      [0, 310, 9, 5690],
    ],
    tolerance: 0.0025,
    burst: 1,
  },
  {
    blocks: [
      [40, 300, 0, 900],
      [0, 310, 40, 890],
      [3, 290, 2, 910],
    ],
    tolerance: 0.05,
    burst: 40,
  },
  {
    blocks: [
      [20, 20, 13, 20],
      [1, 20, 20, 20],
    ],
    tolerance: 0.2,
    burst: 7,
  },
];
const MANN_WHITNEY: [number[], number[], number][] = [
  [[1.1, 2.2, 2.2, 3.5], [0.4, 2.2, 1.9, 0.4, 0.7], 0],
  [[0, 0, 0.333, 0, 0.667], [0.105, 0.07, 0.105, 0.123], 0.04],
  [[5, 6, 7], [1, 2, 3], 3.5],
];

function wealthOf(rows: Row[], tolerance: number, burst: number): [number, number] {
  let regression: Wealth = [];
  let pass: Wealth = [];
  for (const [bad, all, stableBad, stableAll] of rows) {
    const block: Block = { startMs: 0, candidate: { bad, all }, stable: { bad: stableBad, all: stableAll } };
    if (!isEvidence(block)) continue;
    const criteria = { alpha: 0.01, tolerance, burst };
    regression = bet(regression, regressionFactors(block, criteria));
    pass = bet(pass, passFactors(block, criteria));
  }
  return [evidence(regression), evidence(pass)];
}

test("worked examples agree with a second implementation, in another language and by another way, to six digits", () => {
  const cases = JSON.stringify({ evidence: EVIDENCE, mannWhitney: MANN_WHITNEY });
  const output = execFileSync("python3", [join(__dirname, "reference/analysis.py")], {
    input: cases,
    encoding: "utf8",
  });
  const reference: { evidence: [number, number][]; mannWhitney: number[] } = JSON.parse(output);
  const ours = EVIDENCE.map(({ blocks, tolerance, burst }) => wealthOf(blocks, tolerance, burst));
  const pairs = [
    ...ours.flatMap((each, index) => each.map((value, i) => [value, reference.evidence[index]?.[i]] as const)),
    ...MANN_WHITNEY.map((given, index) => [statistic(...given), reference.mannWhitney[index]] as const),
  ];
  expect(pairs).toHaveLength(13);
  for (const [value, expected] of pairs) {
    expect(value).not.toBe(0);
    expect(value.toPrecision(6)).toBe(expected?.toPrecision(6));
  }
});
