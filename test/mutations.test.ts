import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { MUTATIONS } from "./mutations/mutations";

const ROOT = resolve(__dirname, "..");

describe("the seeded faults, which test/mutations/run.ts puts in one by one", () => {
  test.each(MUTATIONS)("$file: $breaks", ({ file, find, replace, tests }) => {
    const source = readFileSync(join(ROOT, file), "utf8");
    expect(source.split(find)).toHaveLength(2);
    expect(replace).not.toBe(find);
    for (const name of tests) expect(existsSync(join(ROOT, `test/${name}.test.ts`))).toBe(true);
  });

  test("are thirty, in traffic and in policies", () => {
    expect(MUTATIONS.length).toBeGreaterThanOrEqual(30);
    expect(new Set(MUTATIONS.map(({ file }) => file.split("/")[0]))).toEqual(new Set(["traffic", "policies"]));
  });
});
