import { defineConfig } from "vitest/config";
import LongestFirst from "./test/longest-first";

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
