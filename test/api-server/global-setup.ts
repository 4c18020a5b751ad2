import { hasEngine } from "../../local/engine/ensure-engine";
import { startBuild } from "./ensure-api-server";

/** For vitest's `globalSetup`: the build goes on beside the tests that come before, and ends with the run. */
export default function setUp(): () => Promise<void> {
  // Most tests wait for the engine: of two builds at once neither would be there for a long time.
  return startBuild((line) => process.stderr.write(`${line}\n`), { isDue: hasEngine });
}
