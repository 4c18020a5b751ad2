import { randomInt } from "node:crypto";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { messageFaults } from "../load/message-report";
import { progressTo } from "../load/progress";
import { ensureEngine } from "../local/engine/ensure-engine";
import { type Compute, type Kind, kindOf, type Route, routesFor } from "../local/rehearsal/kinds";
import { rehearse as run } from "../local/rehearsal/rehearsal";
import type { Servers } from "../local/rehearsal/servers";
import { Failure } from "./failure";
import { stopSignal } from "./stop-signal";
import { writeReport } from "./write-report";

const ROOT = resolve(__dirname, "..");

export interface RehearseFlags {
  compute: Compute;
  route: Route;
  rolling?: boolean;
  database?: boolean;
  rps?: number;
  requests?: number;
  bake?: number;
  port: number;
  name?: string;
  stable?: string;
  candidate?: string;
  path: string;
  keep?: boolean;
  seed?: number;
  json?: boolean;
}

/**
 * By DNS users follow slowly, and an edge is kept for its hold time: there is enough time for the load in any case, and each
 * stage need not be held for long.
 */
const BY_WEIGHT = { rps: 100, bake: 8 };
const DEFAULTS = { alb: BY_WEIGHT, gateway: BY_WEIGHT, dns: { rps: 150, bake: 3 } };

/** What the example service is tried with, at least. Somebody's own servers are tried for as long as their release takes. */
const REQUESTS = 20_000;

/** Rehearses a release and writes `report.json` and `.html`. The exit code is 1 where a request was lost. */
export async function rehearse(flags: RehearseFlags): Promise<number> {
  const servers = serversOf(flags);
  const { compute, route } = flags;
  const folder = folderOf(flags);
  const kind = kindOf(compute, route);
  if (!kind) {
    throw new Failure(
      `--compute ${compute} goes with --route ${routesFor(compute).join(" or ")}, not with ${route}`,
      2,
    );
  }
  if (route === "dns") checkDns(servers);
  const script = scriptOf(flags, kind, servers);
  const progress = progressTo(process.stderr);
  const stopped = stopSignal(new Failure("stopped: nothing is left running, and the next start begins anew"));
  let lost: number | undefined;
  try {
    const engine = await ensureEngine({ progress: progress.event });
    await run({
      root: ROOT,
      folder,
      engine,
      kind,
      route,
      script,
      rps: flags.rps ?? DEFAULTS[route].rps,
      requests: flags.requests ?? (servers || script === "database" ? 1 : REQUESTS),
      servers,
      bakeSeconds: flags.bake ?? DEFAULTS[route].bake,
      port: flags.port,
      seed: flags.seed ?? randomInt(2 ** 31),
      progress,
      signal: stopped.signal,
      done: async (report, addresses) => {
        progress.end();
        writeReport(report, join(ROOT, folder), flags.json);
        lost = report.requests.lost + (report.sessions?.lost ?? 0);
        if (report.messages) lost += messageFaults(report.messages);
        if (!flags.keep) return;
        const urls = addresses.map((address) => `http://${address}`).join(" and ");
        process.stderr.write(`the service goes on at ${urls}, until Ctrl-C\n`);
        if (!stopped.signal.aborted) await once(stopped.signal, "abort");
      },
    });
    return lost === 0 ? 0 : 1;
  } catch (error) {
    throw stopped.signal.aborted ? stopped.signal.reason : error;
  } finally {
    progress.end();
    stopped.end();
  }
}

/** The folder of its report, and of its state below `.crossfade`. */
function folderOf({ name }: RehearseFlags): string {
  if (name === undefined) return "rehearsal";
  if (!/^[a-z0-9-]+$/.test(name)) {
    throw new Failure(`--name ${name} must be of lower-case letters, digits and dashes: a folder gets it`, 2);
  }
  return `rehearsal-${name}`;
}

/** Addresses have no ports in DNS: each balancer must have addresses of its own. */
function checkDns(servers: Servers | undefined): void {
  if (servers) {
    throw new Failure("--route dns releases the example service: --stable and --candidate go with --route alb", 2);
  }
  if (process.platform === "linux") return;
  throw new Failure(
    "--route dns needs Linux, where all of 127.0.0.0/8 is this machine: DNS gives addresses without ports, so each balancer needs its own",
    2,
  );
}

/** What is rehearsed in the place of a release by stages. */
function scriptOf({ rolling, database, compute, route }: RehearseFlags, kind: Kind, servers?: Servers) {
  const wrong = (message: string) => new Failure(message, 2);
  if (rolling && database) throw wrong("--rolling and --database are two rehearsals: start them one after the other");
  // Of two versions of somebody's server behind one group nobody can tell which has answered.
  if ((rolling || database) && servers) {
    throw wrong(
      `--${rolling ? "rolling" : "database"} releases the example service: leave --stable and --candidate out`,
    );
  }
  if (rolling && !kind.rolled) {
    throw wrong("--rolling goes with --route alb or gateway: one environment gets each version in place");
  }
  if (database && (compute !== "fargate" || route !== "alb")) {
    throw wrong("--database goes with --compute fargate and --route alb");
  }
  return rolling ? "rolling" : database ? "database" : undefined;
}

function serversOf({ stable, candidate, path }: RehearseFlags): Servers | undefined {
  if (stable === undefined && candidate === undefined) return undefined;
  if (stable === undefined || candidate === undefined) {
    throw new Failure(
      `--stable and --candidate go together: --${stable === undefined ? "stable" : "candidate"} is missing`,
      2,
    );
  }
  if (!path.startsWith("/")) throw new Failure(`--path ${path} must begin with /`, 2);
  return { stable, candidate, path };
}
