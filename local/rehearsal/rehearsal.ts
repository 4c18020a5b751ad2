import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../cli/failure";
import type { DnsUsers } from "../../load/destination";
import { type Load, mostRequests, startLoad } from "../../load/load";
import type { Progress } from "../../load/progress";
import { measured, type Report } from "../../load/report";
import { IDLE } from "../../traffic";
import { acquireLock } from "../lock";
import { endLeftovers, ProcessFile } from "../process-file";
import { withBadVersions } from "./bad-versions";
import { RehearsalCloud } from "./cloud";
import { RehearsedDatabase } from "./database";
import { databaseRelease } from "./database-release";
import { addressForPort53, dnsUsersOn } from "./dns-users";
import { EDGE_POLICIES, edgeRelease, edgeStages, editsOf, holdSecondsOf } from "./edge-release";
import type { Kind, Route } from "./kinds";
import { RehearsedStack } from "./rehearsed-stack";
import { type Played, release, stepsOf } from "./release";
import { badReleases, WELL_SECONDS, wayBack } from "./roll-backs";
import { rollingLines, rollingRelease, rollingSeconds } from "./rolling-release";
import { type Servers, useServers } from "./servers";
import type { Scene } from "./step";
import { TrafficLog } from "./traffic-log";

export interface RehearsalOptions {
  /** The repository's folder. */
  root: string;
  /** The folder of its state, below `.crossfade`: beside it another one may go on in another folder. */
  folder: string;
  /** What runs the service and splits its requests. */
  kind: Kind;
  route: Route;
  /**
   * `rolling`: one environment gets each version in place. `database`: the example service has a real one, and its schema changes
   * with the release. @default a release by stages
   */
  script?: "rolling" | "database";
  /** The engine's folder. */
  engine: string;
  /** Requests a second. */
  rps: number;
  /** The rehearsal goes on until at least so many requests were sent. */
  requests: number;
  /** What is released instead of the example service. */
  servers?: Servers;
  /** Seconds that each stage is held after the balancers have adopted it. */
  bakeSeconds: number;
  /** The first port that the balancers listen on. */
  port: number;
  /** For the load's mix. */
  seed: number;
  progress: Progress;
  /** Aborted by a Ctrl-C: what runs is ended in order. */
  signal: AbortSignal;
  /** Is given the report while the service still runs, and the addresses where it answers; when it resolves, all is ended. */
  done: (report: Report, addresses: string[]) => Promise<void>;
}

/** What a user waits for an answer: longer than a busy machine stands still, and shorter than browsers wait. */
const PATIENCE_MS = 20_000;

/** What an update and its adoption take, as far as the time left is guessed. */
const UPDATE_SECONDS = 12;

/** The database's port is so far above the balancers' first one. */
const DATABASE_PORT = 45;

/** What the roll backs take together. */
const ROLL_BACKS_SECONDS = 150;

/**
 * Takes a release from its first line of config to its last under constant load: each step is one edit of a stack file and one
 * `pulumi up` with the policy pack. On the way what would lose requests is tried, and must be refused; then come releases that
 * go wrong. With somebody's own servers it is the release alone, and the way back; by DNS it is one between two edges.
 */
export async function rehearse(options: RehearsalOptions): Promise<void> {
  const { root, folder, kind, route, port, script } = options;
  const home = join(root, ".crossfade", folder);
  const lock = await acquireLock(`${home}.lock`);
  if ("heldBy" in lock) {
    throw new Failure(
      `a rehearsal is already running here (process ${lock.heldBy}): wait for it, stop it first, or give this one a --name and a --port of its own`,
    );
  }
  let cloud: RehearsalCloud | undefined;
  let database: RehearsedDatabase | undefined;
  try {
    // Of a rehearsal that was killed a moment ago: its engine and its cloud would still write here. Then what they left.
    await endLeftovers(join(home, "processes"));
    await endLeftovers(join(home, "tasks.json"));
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home, { recursive: true });
    const processes = new ProcessFile(join(home, "processes"));
    const policies = removesOld(options) ? EDGE_POLICIES : undefined;
    const stack = new RehearsedStack({ ...options, configOf: kind.configOf, policies, home, processes });
    if (options.servers) useServers(stack.file, options.servers);
    if (script === "database") database = await RehearsedDatabase.start(stack, root, port + DATABASE_PORT);
    const images = withBadVersions(stack.images(), stack.candidate(), options.rps);
    const log = new TrafficLog();
    const { dnsSpeed } = stack.file.config().local ?? {};
    const ofDns = route === "dns" ? { dnsSpeed, dnsAddresses: [addressForPort53(port)] } : {};
    cloud = await RehearsalCloud.start({ home, images, basePort: port, ...ofDns }, (seen) => log.add(seen), processes);
    const report = await walk(stack, cloud, log, options, database).catch((error) => {
      // Whatever failed: without the cloud it had to.
      if (!options.signal.aborted) cloud?.assertAlive();
      throw error;
    });
    await options.done(report, await cloud.addresses());
  } finally {
    await cloud?.stop();
    await database?.stop();
    await lock.release();
  }
}

async function walk(
  stack: RehearsedStack,
  cloud: RehearsalCloud,
  log: TrafficLog,
  options: RehearsalOptions,
  database?: RehearsedDatabase,
): Promise<Report> {
  const { progress, signal, bakeSeconds, servers, kind, route, script } = options;
  const began = Date.now();
  stack.set(script === "rolling" ? rollingLines(stack) : { stages: shortened(stack, options) });
  await stack.init(cloud.env);
  progress.event("install: the first version, without load");
  await stack.up(servers && hint(servers));
  await cloud.settled();
  const dns = route === "dns" ? await dnsUsersOn(stack, cloud, options) : undefined;
  const load = await startLoadOn(stack, cloud, log, dns?.users, options);
  const scene = { stack, load, progress, bakeSeconds, signal, cloud };
  try {
    const { tails = [], ...played } = await play();
    await untilEnough(load, options);
    const result = await load.stop();
    await cloud.seen();
    const messages = await database?.messages(result, stack.candidate().version);
    return {
      ...measured(result),
      ...played,
      ...(messages && { messages }),
      faults: log.faults(result, await cloud.addresses()),
      ...(dns && { dns: { kinds: result.dns ?? [], notTried: dns.notTried, tails } }),
      durationMs: Date.now() - began,
      engine: await stack.engineVersion(),
    };
  } finally {
    await load.stop();
  }

  function play(): Promise<Played> {
    if (script === "rolling") return rollingRelease(scene, kind);
    if (database) return databaseRelease(scene, database);
    return dns ? edgeRelease(scene) : releaseByRule(scene, kind, servers);
  }
}

/** The release, and its way back; of the example service what would lose requests too, and releases that go wrong. */
async function releaseByRule(scene: Scene, { refusals }: Kind, servers?: Servers): Promise<Played> {
  const released = scene.stack.candidate();
  const refused = await release(stepsOf(scene.stack, released), scene, servers ? [] : refusals);
  const back = await wayBack(scene, released);
  return { refused, rollBacks: [back, ...(servers ? [] : await badReleases(scene))] };
}

/** The stages with a bake time that a rehearsal has the time for: the policies hold it to what the config says. */
function shortened(stack: RehearsedStack, options: RehearsalOptions) {
  const bake = `${Math.floor(Math.min(options.bakeSeconds, WELL_SECONDS))}s`;
  const stages = stack.file.config().rollout.stages.filter(({ name }) => name !== IDLE);
  const canaries = stages.filter(({ weight }) => weight < 100);
  const taken = removesOld(options) ? edgeStages(canaries) : stages;
  return taken.map(({ name, weight }) => ({ name, weight, bake }));
}

/** Whether it ends with the old environment's removal, after its hold time. */
function removesOld({ route, script }: RehearsalOptions): boolean {
  return route === "dns" || script === "database";
}

/** What it is most often, where somebody's own server does not get healthy. */
function hint({ stable, path }: Servers): string {
  return `Does "${stable}" listen on the port that is in $PORT, or put in for {port}, on 127.0.0.1, and answer ${path} with 200?`;
}

async function startLoadOn(
  stack: RehearsedStack,
  cloud: RehearsalCloud,
  log: TrafficLog,
  dns: DnsUsers | undefined,
  options: RehearsalOptions,
): Promise<Load> {
  const { rps, requests, servers, seed, progress } = options;
  const { host, environments } = stack.file.config();
  const expected = Math.max(requests / rps, secondsOf(stack, options));
  progress.event(`load: ${rps} requests a second from here on, for about ${Math.round(expected)} s`);
  return startLoad({
    addresses: dns ? [] : await cloud.addresses(),
    dns,
    host,
    ask: servers ?? "shop",
    environmentOf: (outcome) => outcome.headers["x-shop-version"]?.toString() ?? log.environmentOf(outcome),
    stage: { name: "installed", weight: 0 },
    rate: rps,
    seed,
    drainSeconds: environments.blue?.drain ?? 0,
    timeoutMs: PATIENCE_MS,
    maxSeconds: longestLoad(rps),
    onSample: ({ sent, lost, serverErrors }) => {
      const left = Math.max(0, Math.round(expected - sent / rps));
      progress.status(`${sent} requests, ${lost} lost, ${serverErrors} errors of the service, ${left} s left`);
    },
  });
}

/** What the script takes, as far as it can be guessed. */
function secondsOf(stack: RehearsedStack, { route, script, bakeSeconds, servers }: RehearsalOptions): number {
  const step = UPDATE_SECONDS + bakeSeconds;
  if (script === "rolling") return rollingSeconds(stack, bakeSeconds);
  if (route === "dns") return editsOf(stack) * step + 2 * holdSecondsOf(stack);
  return stepsOf(stack, stack.candidate()).length * step + (servers ? step : ROLL_BACKS_SECONDS);
}

/** In seconds: an hour, or what the load can send. */
function longestLoad(rps: number): number {
  return Math.min(3600, mostRequests / rps);
}

async function untilEnough(load: Load, options: RehearsalOptions): Promise<void> {
  const { rps, progress, signal } = options;
  const requests = Math.min(options.requests, Math.floor(rps * longestLoad(rps)));
  if (load.snapshot().sent >= requests) return;
  progress.at("load");
  progress.event(`on to ${requests} requests`);
  while (load.snapshot().sent < requests) await sleep(100, undefined, { signal });
}
