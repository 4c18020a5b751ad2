import { randomInt } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { closingTable } from "../load/report";
import { reportHtml } from "../load/report-html";
import { ensureEngine } from "../local/engine/ensure-engine";
import { progressTo } from "../local/rehearsal/progress";
import { rehearse as run } from "../local/rehearsal/rehearsal";

const ROOT = resolve(__dirname, "..");

/** A Ctrl-C, a kill, and a terminal that is closed. */
const STOP = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface RehearseFlags {
  rps: number;
  requests: number;
  bake: number;
  port: number;
  seed?: number;
  json?: boolean;
}

/** Rehearses a release and writes `rehearsal/report.json` and `.html`. The exit code is 1 where a request was lost. */
export async function rehearse(flags: RehearseFlags): Promise<number> {
  const progress = progressTo(process.stderr);
  const stopped = new AbortController();
  const stop = () => stopped.abort(new Error("stopped: nothing is left running, and the next start begins anew"));
  for (const signal of STOP) process.on(signal, stop);
  try {
    const engine = await ensureEngine({ progress: progress.event });
    const report = await run({
      root: ROOT,
      engine,
      rps: flags.rps,
      requests: flags.requests,
      bakeSeconds: flags.bake,
      port: flags.port,
      seed: flags.seed ?? randomInt(2 ** 31),
      progress,
      signal: stopped.signal,
    });
    mkdirSync(join(ROOT, "rehearsal"), { recursive: true });
    writeFileSync(join(ROOT, "rehearsal/report.json"), `${JSON.stringify(report, null, 2)}\n`);
    const page = join(ROOT, "rehearsal/report.html");
    writeFileSync(page, reportHtml(report));
    progress.end();
    process.stdout.write(`${flags.json ? JSON.stringify(report) : `\n${closingTable(report)}\nover time: ${page}`}\n`);
    return report.requests.lost === 0 ? 0 : 1;
  } catch (error) {
    throw stopped.signal.aborted ? stopped.signal.reason : error;
  } finally {
    progress.end();
    for (const signal of STOP) process.off(signal, stop);
  }
}
