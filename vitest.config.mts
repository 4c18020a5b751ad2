import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Engines, balancers and tasks share two cores: files that start processes must not race each other for them.
    fileParallelism: false,
    // Two releases at once, which mostly wait, are as many as two cores have time for.
    maxConcurrency: 2,
    testTimeout: 120_000,
    hookTimeout: 600_000,
  },
});
