import { basename } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What measures a service under load: two at a time, with the machine's two cores to themselves. */
const LIVE = [
  "test/{against,applied,controls,endings,hooks,incidents,kills,metrics,migration-under-load,own-servers}.test.ts",
  "test/{promote,promote-kills,promote-releases,rehearsal,rehearsal-dns,rehearsal-kubernetes,rehearsal-scripts}.test.ts",
  "test/{rollback,rollback-routes,rolling-run,servers,shop}.test.ts",
];

/** What goes by the clock: alone. */
const TIMED = ["test/{dns-users,instance-refresh,load}.test.ts", "test/facts/*.test.ts"];

/** What asks a real API server. It is built while all others run, so these come last. */
const CLUSTER = ["test/{api-server,field-managers}.test.ts"];

/** What takes minutes, by the last lines of a run of CI. */
const LONGEST = [
  "promote-releases",
  "rehearsal",
  "rehearsal-dns",
  "promote",
  "rollback",
  "package",
  "kills",
  "controls",
  "cases",
  "promotion",
  "simple-to-weighted",
  "rolling-run",
  "promote-kills",
  "own-servers",
];

/** Each group begins with its longest files: none of them is left to run alone while the second core has nothing to do. */
class LongestFirst extends BaseSequencer {
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

export default defineConfig({
  test: {
    reporters: ["./test/slowest-files.ts", "default"],
    // Two releases at once, which mostly wait, are as many as two cores have time for: one of each live file.
    maxConcurrency: 1,
    testTimeout: 300_000,
    hookTimeout: 600_000,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "decisions",
          include: ["test/**/*.test.ts"],
          exclude: [...LIVE, ...TIMED, ...CLUSTER],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: "live", include: LIVE, maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: { name: "timed", include: TIMED, fileParallelism: false, sequence: { groupOrder: 2 } },
      },
      {
        extends: true,
        test: {
          name: "cluster",
          include: CLUSTER,
          globalSetup: "test/api-server/global-setup.ts",
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
