import type { Reporter, TestModule } from "vitest/node";

/** How many are named. */
const NAMED = 15;

/** Names the test files that took longest: what to shorten when the run takes too long. */
export default class SlowestFiles implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = modules.map((module) => {
      const { setupDuration, collectDuration, duration } = module.diagnostic();
      return { file: module.relativeModuleId, seconds: (setupDuration + collectDuration + duration) / 1000 };
    });
    rows.sort((a, b) => b.seconds - a.seconds);
    const lines = rows
      .slice(0, NAMED)
      .map(({ file, seconds }) => `${Math.round(seconds).toString().padStart(6)} s  ${file}`);
    process.stdout.write(`\nThe slowest of ${rows.length} files:\n${lines.join("\n")}\n`);
  }
}
