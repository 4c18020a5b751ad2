import * as http from "node:http";
import * as https from "node:https";
import { CandidateMeter } from "./candidate-meter";
import type { DnsUsers } from "./destination";
import type { DnsKind } from "./dns-kinds";
import { type DnsKindResult, DnsMeter, type Tail } from "./dns-meter";
import { Histogram } from "./histogram";
import { type Asked, type Cause, Clients, type Outcome } from "./load-client";
import { type Planned, planRequests } from "./load-mix";
import { loopbackUrl } from "./loopback";
import { type Stage, StageMeter, type StageResult } from "./meter";
import { type Mark, type Timeline, TimelineMeter } from "./timeline";

export interface LoadOptions {
  /**
   * `127.0.0.1:8080` or `[::1]:8080`, the balancer's nodes; requests alternate over them, as DNS round robin does. Or the one
   * origin of a service that is deployed, `https://shop.example.com`, whose host is `host`: 50 requests a second and an hour at most.
   */
  addresses: string[];
  /** Where requests are sent instead, as DNS tells it to each user in its own way. The load closes them when it ends. */
  dns?: DnsUsers;
  /** The Host header. */
  host: string;
  /** What is asked for. @default "shop" */
  ask?: Asked;
  /** What the first requests are counted under. */
  stage: Stage;
  /** Requests a second, 1 to 1000. @default 100 */
  rate?: number;
  /** Decides what each request is, 0 to 2^32 - 1. */
  seed: number;
  /** The time that a deregistered target keeps its requests: long requests and streams take 0.9 of it. */
  drainSeconds: number;
  /** Of one request, from sending to the last byte; long ones take 0.9 of it at most. @default 5000 */
  timeoutMs?: number;
  /** The load ends by itself then. */
  maxSeconds: number;
  /** Called once a second. */
  onSample?: (totals: Totals) => void;
  /**
   * Which environment gave an answer; undefined: cannot be told. An outcome is counted once this is known, so a promise must
   * end soon. @default the header x-shop-version
   */
  environmentOf?: (outcome: Outcome) => string | undefined | Promise<string | undefined>;
}

export interface Totals {
  /** Requests whose time has come. */
  scheduled: number;
  sent: number;
  /** Those with an outcome, be it that they are lost. */
  answered: number;
  lost: number;
  serverErrors: number;
  /** How late requests were sent. High: this machine is starved, and the latencies are not the service's. */
  latenessP99Ms: number | null;
}

export interface LoadResult extends Totals {
  seed: number;
  endedBy: "stop" | "time";
  stages: StageResult[];
  timeline: Timeline;
  sessions: Sessions;
  /** What each kind of DNS users met; undefined where addresses were fixed. */
  dns?: DnsKindResult[];
  /** The first 10,000 losses; `lost` counts them all. */
  losses: Loss[];
}

/** What became of the users' sessions. */
export interface Sessions {
  /** Requests that went on with one. */
  asked: number;
  /** Those whose answer had another one, or less of it. */
  lost: number;
}

/** A request that was lost. */
export interface Loss {
  /** When that was known: `2026-01-31T12:00:00.000Z`. */
  at: string;
  stage: string;
  what: Planned["what"];
  /** The balancer's node that it was sent to; empty where no address was found. */
  address: string;
  cause: Cause;
  /** How its user learned the address, on a DNS route. */
  dns?: DnsKind;
  /** Its id in the balancer's access log. */
  trace: string;
  /** Which environment it was sent to, where that is known. */
  environment?: string;
}

export interface Load {
  /** Requests are counted under this stage from now on: a request belongs to the stage in which it was sent. */
  mark(stage: Stage): void;
  /** The nodes have adopted the stage's weights: from now on the candidate's share is counted. */
  settled(): void;
  /** Counts from now on what the version does to the users. */
  watch(version: string): CandidateMeter;
  /** The version is about to lose its weight: looks from now on until when each kind of DNS users still reaches it. */
  tail(version: string): Tail;
  /** Milliseconds since the load began. */
  nowMs(): number;
  /** Marks this moment in the timeline. */
  note(label: string): void;
  snapshot(): Totals;
  /**
   * Sends nothing more, waits for what is in flight (for a time-out at most), and gives the result.
   * @throws where it ended because DNS led away from this machine.
   */
  stop(): Promise<LoadResult>;
}

/** What one load sends at most. */
export const mostRequests = 1_000_000;
const lossesKept = 10_000;
/** What a deployed service may be sent: enough to see a release, and no test of how much it can carry. */
export const siteLimits = { rate: 50, seconds: 3600 };

/**
 * An open loop: request i is sent at start + i / rate, whatever became of those before it. A client that waits for its
 * answers sends less just when the service is in trouble, and so counts less of the trouble.
 */
export function startLoad(options: LoadOptions): Load {
  const { host, seed, drainSeconds, maxSeconds, rate = 100, timeoutMs = 5000, environmentOf = shopVersion } = options;
  const { ask = "shop", dns } = options;
  const site = siteUrl(options.addresses, host);
  const addresses = site ? [site] : options.addresses.map(loopbackUrl);
  if (addresses.length === 0 && !dns) throw new Error("the load needs an address to send to");
  http.validateHeaderValue("host", host);
  check("rate", rate, 1, site ? siteLimits.rate : 1000);
  check("seed", seed, 0, 2 ** 32 - 1);
  check("drainSeconds", drainSeconds, 0, 3600);
  check("timeoutMs", timeoutMs, 1, 60_000);
  check("maxSeconds", maxSeconds, 0, site ? siteLimits.seconds : mostRequests / rate);

  if (ask !== "shop" && !/^\/[\x21-\x7e]*$/.test(ask.path)) {
    throw new Error(`the path to ask for must begin with / and have no spaces, such as /index.html, not ${ask.path}`);
  }

  const clients = new Clients(
    site?.host ?? host,
    ask,
    timeoutMs,
    Math.round(0.9 * Math.min(drainSeconds * 1000, timeoutMs)),
    site?.protocol === "https:" ? https : http,
  );
  const requests = planRequests(seed, ask !== "shop");
  const meters = [new StageMeter(options.stage, 0)];
  const timeline = new TimelineMeter();
  const watched: CandidateMeter[] = [];
  const marks: Mark[] = [];
  const lateness = new Histogram();
  const losses: Loss[] = [];
  const sessions: Sessions = { asked: 0, lost: 0 };
  const inFlight = new Set<Promise<void>>();
  const start = performance.now();
  const byKind = dns && new DnsMeter((address) => sinceStart(dns.lastGiven(address)));
  let lastMs = maxSeconds * 1000;
  let sent = 0;
  let ended: Promise<LoadResult> | undefined;
  let failed: Error | undefined;

  let next = setTimeout(tick);
  const limit = setTimeout(() => end("time"), lastMs);
  const sampling = setInterval(() => options.onSample?.(snapshot()), 1000);

  /** Sends all whose time has come: late when this process was held up, but never fewer. */
  function sendDue(): void {
    for (const due = scheduled(); sent < due; sent++) {
      lateness.add(elapsedMs() - dueMs(sent));
      const request: Promise<void> = send(requests.next().value)
        .catch(fail)
        .finally(() => inFlight.delete(request));
      inFlight.add(request);
    }
  }

  function tick(): void {
    sendDue();
    next = setTimeout(tick, dueMs(sent) - elapsedMs());
  }

  async function send(drawn: Planned): Promise<void> {
    const meter = currentMeter();
    const user = dns?.userOf(drawn);
    const planned = { ...drawn, dns: user?.kind };
    const counts = [meter, timeline, ...watched, ...(byKind ? [byKind] : [])].map((each) =>
      each.sent(planned, elapsedMs()),
    );
    const url = addresses[planned.index % addresses.length] as URL;
    const answer = await (user ? clients.sendBy(planned, user) : clients.send(planned, { url }));
    const outcome = { ...answer, environment: await environmentOf(answer) };
    for (const count of counts) count(outcome);
    if (outcome.session) sessions.asked += 1;
    if (outcome.session === "lost") sessions.lost += 1;
    if (typeof outcome.verdict !== "object" || losses.length === lossesKept) return;
    const at = new Date().toISOString();
    const { lost } = outcome.verdict;
    const { address, trace, environment } = outcome;
    const { name } = meter.stage;
    const { what, dns: kind } = planned;
    losses.push({ at, stage: name, what, address, cause: lost, ...(kind && { dns: kind }), trace, environment });
  }

  /** Only what may not go on ends up here: a lost request is an outcome. */
  function fail(error: Error): void {
    failed ??= error;
    end("stop").catch(() => {}); // who asks for the result is told
  }

  function elapsedMs(): number {
    return performance.now() - start;
  }

  function sinceStart(ms: number | undefined): number | undefined {
    return ms && ms - start;
  }

  function dueMs(index: number): number {
    return (index * 1000) / rate;
  }

  function scheduled(): number {
    return Math.ceil((Math.min(elapsedMs(), lastMs) * rate) / 1000);
  }

  function currentMeter(): StageMeter {
    return meters.at(-1) as StageMeter;
  }

  function snapshot(): Totals {
    if (failed) throw failed;
    const stages = meters.map((meter) => meter.result());
    return {
      scheduled: scheduled(),
      sent,
      answered: sent - inFlight.size,
      lost: stages.reduce((sum, { lost }) => sum + lost, 0),
      serverErrors: stages.reduce((sum, { serverErrors }) => sum + serverErrors, 0),
      latenessP99Ms: lateness.percentile(0.99),
    };
  }

  function end(endedBy: LoadResult["endedBy"]): Promise<LoadResult> {
    ended ??= finish(endedBy);
    return ended;
  }

  async function finish(endedBy: LoadResult["endedBy"]): Promise<LoadResult> {
    lastMs = Math.min(elapsedMs(), lastMs);
    clearTimeout(next);
    clearTimeout(limit);
    clearInterval(sampling);
    if (!failed) sendDue();
    await Promise.all(inFlight);
    clients.close();
    dns?.close();
    if (failed) throw failed;
    const stages = meters.map((meter) => meter.result());
    return {
      seed,
      endedBy,
      ...snapshot(),
      stages,
      timeline: { seconds: timeline.result(), marks },
      sessions,
      ...(dns && byKind && { dns: byKind.result(dns.counts()) }),
      losses,
    };
  }

  return {
    mark: (stage) => void meters.push(new StageMeter(stage, Math.round(elapsedMs()))),
    settled: () => currentMeter().settle(),
    watch: (version) => {
      const candidate = new CandidateMeter(version, elapsedMs);
      watched.push(candidate);
      return candidate;
    },
    tail: (version) => {
      if (!byKind) throw new Error("a tail is of DNS users, and this load has fixed addresses");
      return byKind.tail(version);
    },
    nowMs: elapsedMs,
    note: (label) => void marks.push({ atMs: Math.round(elapsedMs()), label }),
    snapshot,
    stop: () => end("stop"),
  };
}

/** A deployed service is sent to by its own name only, and by nobody else's. */
function siteUrl([first = "", ...more]: string[], host: string): URL | undefined {
  if (!/^https?:\/\//.test(first) || !URL.canParse(first)) return undefined;
  const url = new URL(first);
  if (more.length === 0 && url.hostname === host) return url;
  throw new Error(`the load sends to one deployed service at a time and to its own host, ${host}, not to ${first}`);
}

function check(name: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) throw new RangeError(`${name} must be ${low} to ${high}, not ${value}`);
}

function shopVersion({ headers }: Outcome): string | undefined {
  return headers["x-shop-version"]?.toString();
}
