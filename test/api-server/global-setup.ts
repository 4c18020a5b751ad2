import { startBuild } from "./ensure-api-server";

/** For vitest's `globalSetup`: the build goes on beside the tests that come before, and ends with the run. */
export default function setUp(): () => Promise<void> {
  return startBuild((line) => process.stderr.write(`${line}\n`));
}
