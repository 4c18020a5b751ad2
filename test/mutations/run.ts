import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { MUTATIONS, type Mutation } from "./mutations";

const ROOT = resolve(__dirname, "../..");

/** The seed of the random tests, so that a run can be had again. */
const SEED = "20261121";

/**
 * Puts one fault after the other into a copy of the sources and runs the tests that should notice: `npx tsx
 * test/mutations/run.ts`, some seconds a fault. It ends with 1 where more than two in thirty pass unnoticed.
 */
function main(): void {
  // A part of a fault's words, to try that one alone.
  const only = process.argv[2] ?? "";
  const chosen = MUTATIONS.filter(({ breaks }) => breaks.includes(only));
  const copy = mkdtempSync(join(tmpdir(), "crossfade-mutations-"));
  try {
    const left = new Set(["node_modules", ".git", ".crossfade", "dist"]);
    cpSync(ROOT, copy, { recursive: true, filter: (path) => !left.has(basename(path)) });
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    const all = [...new Set(chosen.flatMap(({ tests }) => tests))];
    if (!pass(copy, all)) throw new Error(`the tests fail without any fault: ${all.join(", ")}`);
    console.log("| file | what it breaks | noticed |\n| --- | --- | --- |");
    const noticed = chosen.filter((mutation) => {
      const isNoticed = !withFault(copy, mutation, () => pass(copy, mutation.tests));
      console.log(`| ${mutation.file} | ${mutation.breaks} | ${isNoticed ? "yes" : "NO"} |`);
      return isNoticed;
    });
    console.log(`\n${noticed.length} of ${chosen.length} faults are noticed.`);
    if (noticed.length < (chosen.length * 28) / 30) process.exitCode = 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function withFault<T>(copy: string, { file, find, replace }: Mutation, run: () => T): T {
  const path = join(copy, file);
  const sound = readFileSync(path, "utf8");
  if (sound.split(find).length !== 2) throw new Error(`${file} must hold this text once: ${find}`);
  writeFileSync(
    path,
    sound.replace(find, () => replace),
  );
  try {
    return run();
  } finally {
    writeFileSync(path, sound);
  }
}

function pass(copy: string, tests: readonly string[]): boolean {
  const files = tests.map((name) => `test/${name}.test.ts`);
  const env = { ...process.env, SEED, RUNS: "150" };
  return spawnSync("npx", ["vitest", "run", "--bail", "1", ...files], { cwd: copy, env }).status === 0;
}

main();
