import { basename } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes minutes, by the last lines of a run of CI. */
const LONGEST = [
  ...["promote-releases", "rehearsal", "rehearsal-dns", "promote", "rollback", "package", "kills", "controls", "cases"],
  ...["promotion", "simple-to-weighted", "rolling-run", "promote-kills", "own-servers"],
];

/** Each group begins with its longest files: none of them is left to run alone while the second core has nothing to do. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => groupOf(a) - groupOf(b) || rankOf(a) - rankOf(b));
  }
}

const groupOf = ({ project }: TestSpecification) => project.config.sequence.groupOrder;

function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONGEST.indexOf(basename(moduleId, ".test.ts"));
  return rank < 0 ? LONGEST.length : rank;
}
