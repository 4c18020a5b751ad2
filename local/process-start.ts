import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * When a running process was started; undefined for one that is gone. A process number is used again, but not together with its
 * start.
 */
export function processStart(pid: number): string | undefined {
  try {
    if (process.platform !== "linux") {
      return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
    }
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // after the name, which may hold anything
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
