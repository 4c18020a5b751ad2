import { defineConfig } from "vitest/config";

/** What measures a service under load, or by the clock: nothing else may take the machine's two cores meanwhile. */
const LIVE = [
  "test/{against,applied,controls,endings,incidents,kills,load,rehearsal,rehearsal-dns,servers,shop}.test.ts",
  "test/facts/*.test.ts",
];

/** What asks a real API server. It is built while all others run, so these come last. */
const CLUSTER = ["test/{api-server,field-managers}.test.ts"];

export default defineConfig({
  test: {
    // Two releases at once, which mostly wait, are as many as two cores have time for.
    maxConcurrency: 2,
    testTimeout: 300_000,
    hookTimeout: 600_000,
    projects: [
      {
        extends: true,
        test: {
          name: "decisions",
          include: ["test/**/*.test.ts"],
          exclude: [...LIVE, ...CLUSTER],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: "live", include: LIVE, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: {
          name: "cluster",
          include: CLUSTER,
          globalSetup: "test/api-server/global-setup.ts",
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
