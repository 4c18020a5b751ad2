import { describe, expect, test } from "vitest";
import {
  type Color,
  DEFAULT_STAGES,
  HOTFIX_STAGES,
  judgeTransition,
  type Shares,
  type Stage,
  wholeWay,
} from "../traffic";

const WAY = wholeWay(DEFAULT_STAGES);
const HOTFIX = wholeWay(HOTFIX_STAGES);
const OTHER_WAY = wholeWay([{ name: "canary-10", weight: 10, bake: 0 }]);

interface Case {
  wire?: Shares;
  /** Who was stable before; the same as now unless told. */
  was?: Color;
  stable?: Color;
  stage: string;
  before?: Stage[];
  stages?: Stage[];
  older?: Color;
}

function judge({ wire, stable = "blue", was = stable, stage, before = WAY, stages = WAY, older }: Case) {
  const recorded = wire && { stable: was, stages: before };
  return judgeTransition({ wire, recorded, asked: { stable, stage, stages }, older });
}

describe("legal", () => {
  test.each<[string, Case, string]>([
    ["the first update at idle", { stage: "idle" }, "install"],
    ["no change", { wire: { blue: 95, green: 5 }, stage: "canary-5" }, "stay"],
    ["the candidate's line added", { wire: { blue: 100 }, stage: "idle" }, "stay"],
    ["idle to the first stage", { wire: { blue: 100, green: 0 }, stage: "canary-5" }, "promote"],
    ["a stage to the next", { wire: { blue: 75, green: 25 }, stage: "canary-50" }, "promote"],
    ["the last stage to full", { wire: { blue: 50, green: 50 }, stage: "full" }, "promote"],
    [
      "green stable, the other way round",
      { wire: { blue: 5, green: 95 }, stable: "green", stage: "canary-25" },
      "promote",
    ],
    ["back to an earlier stage", { wire: { blue: 50, green: 50 }, stage: "canary-5" }, "rollback"],
    ["back from full to idle", { wire: { blue: 0, green: 100 }, stage: "idle" }, "rollback"],
    ["back from a weight of no stage", { wire: { blue: 87, green: 13 }, stage: "canary-5" }, "rollback"],
    ["back with edited stages", { wire: { blue: 75, green: 25 }, before: OTHER_WAY, stage: "idle" }, "rollback"],
    ["a finish", { wire: { blue: 0, green: 100 }, was: "blue", stable: "green", stage: "idle" }, "finish"],
    [
      "a finish taken back",
      { wire: { blue: 0, green: 100 }, was: "green", stable: "blue", stage: "full", older: "blue" },
      "finish",
    ],
    [
      "what the components recorded with a new color as stable, taken back",
      { wire: { blue: 100, green: 0 }, was: "green", stable: "blue", stage: "idle", older: "blue" },
      "finish",
    ],
    [
      "back to the version before",
      { wire: { blue: 0, green: 100 }, was: "green", stable: "blue", stage: "idle", older: "blue" },
      "return",
    ],
    [
      "a shorter bake time while there is weight",
      { wire: { blue: 75, green: 25 }, before: WAY.map((s) => ({ ...s, bake: 1 })), stage: "canary-25" },
      "stay",
    ],
    ["the hotfix's list at idle", { wire: { blue: 100, green: 0 }, stages: HOTFIX, stage: "canary-10" }, "promote"],
    ["back with the hotfix's list", { wire: { blue: 75, green: 25 }, stages: HOTFIX, stage: "idle" }, "rollback"],
    ["other stages at idle", { wire: { blue: 100, green: 0 }, before: OTHER_WAY, stage: "canary-5" }, "promote"],
  ])("%s", (_, given, kind) => {
    expect(judge(given)).toEqual({ kind });
  });
});

describe("refused", () => {
  test.each<[string, Case, RegExp, RegExp]>([
    ["a first update with weight", { stage: "canary-5" }, /nothing is deployed/, /stage: idle/],
    ["a skipped stage", { wire: { blue: 100, green: 0 }, stage: "canary-50" }, /skips "canary-5"/, /stage: canary-5/],
    ["idle to full", { wire: { blue: 100, green: 0 }, stage: "full" }, /skips "canary-5"/, /stage: canary-5/],
    [
      "weight for a candidate nobody has seen",
      { wire: { blue: 100 }, stage: "canary-5" },
      /not deployed/,
      /stage: idle/,
    ],
    [
      "on from a weight of no stage",
      { wire: { blue: 87, green: 13 }, stage: "canary-25" },
      /no stage/,
      /stage: canary-5/,
    ],
    [
      "on with edited stages",
      { wire: { blue: 95, green: 5 }, before: OTHER_WAY, stage: "canary-25" },
      /stages were edited/,
      /former stages/,
    ],
    [
      "back to a stage of an edited list",
      { wire: { blue: 75, green: 25 }, before: OTHER_WAY, stage: "canary-5" },
      /stages were edited/,
      /former stages/,
    ],
    [
      "another list that has a stage of the weight",
      { wire: { blue: 50, green: 50 }, stages: HOTFIX, stage: "canary-50" },
      /stages were edited, or another plan/,
      /former stages/,
    ],
    [
      "on by the hotfix's list",
      { wire: { blue: 75, green: 25 }, stages: HOTFIX, stage: "canary-50" },
      /another plan was chosen, while green has 25 %/,
      /former stages/,
    ],
    [
      "a flip that jumps",
      { wire: { blue: 75, green: 25 }, was: "blue", stable: "green", stage: "idle" },
      /moves 75 %/,
      /stable: blue/,
    ],
    [
      "a flip at half",
      { wire: { blue: 50, green: 50 }, was: "blue", stable: "green", stage: "canary-50" },
      /while both/,
      /stable: blue/,
    ],
    [
      "a jump to a version that carried nothing yet",
      { wire: { blue: 0, green: 100 }, was: "green", stable: "blue", stage: "idle", older: "green" },
      /not the version that carried them before/,
      /stable: green/,
    ],
    [
      "a jump to a version of unknown age",
      { wire: { blue: 0, green: 100 }, was: "green", stable: "blue", stage: "idle" },
      /not the version that carried them before/,
      /stable: green/,
    ],
    // The next edit, `stage: idle`, would be a way back, which is never refused: all requests at once to a version without a canary.
    [
      "a finish of a version that carried nothing yet",
      { wire: { blue: 100, green: 0 }, was: "blue", stable: "green", stage: "full", older: "blue" },
      /lets all requests go back to green at once, and green is not the version/,
      /stable: blue, and one stage/,
    ],
    [
      "a finish of a version of unknown age",
      { wire: { blue: 100, green: 0 }, was: "blue", stable: "green", stage: "full" },
      /lets all requests go back to green/,
      /stable: blue/,
    ],
    [
      "a finish of a color that is not deployed",
      { wire: { blue: 100 }, was: "blue", stable: "green", stage: "full" },
      /lets all requests go back to green/,
      /stable: blue/,
    ],
  ])("%s", (_, given, reason, legal) => {
    expect(judge(given)).toEqual({
      kind: "refused",
      reason: expect.stringMatching(reason),
      legal: expect.stringMatching(legal),
    });
  });
});

test("the wire is believed, not what the components recorded", () => {
  // The update to canary-25 failed before the rule: the components say 25, users see 5.
  const wire = { blue: 95, green: 5 };
  expect(judge({ wire, stage: "canary-25" }).kind).toBe("promote");
  expect(judge({ wire, stage: "canary-50" }).kind).toBe("refused");
});
