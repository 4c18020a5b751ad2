import { availableParallelism, loadavg } from "node:os";
import { hasEngine } from "../../local/engine/ensure-engine";
import { startBuild } from "./ensure-api-server";

/** For vitest's `globalSetup`: the build goes on beside the tests that come before, and ends with the run. */
export default function setUp(): () => Promise<void> {
  return startBuild((line) => process.stderr.write(`${line}\n`), { isDue });
}

/**
 * After the engine, which most tests wait for, and once there is a processor to spare: also what runs at the lowest priority takes
 * its share of a core's two threads and of its cache.
 */
function isDue(): boolean {
  const [load = 0] = loadavg();
  return hasEngine() && load < availableParallelism();
}
