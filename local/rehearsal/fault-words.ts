import { DNS_KINDS } from "../../load/dns-kinds";
import type { Fault, FaultName } from "../../load/fault";
import type { Loss } from "../../load/load";
import type { AccessLine } from "../dataplane";
import type { TaskLife } from "./faults";

/** A lost request with what the balancers saw of it. */
export interface Lost {
  loss: Loss;
  line?: AccessLine;
  task?: TaskLife;
}

type Words = Pick<Fault, "seen" | "why" | "remedy">;

const guide = 'AWS\'s guide "Troubleshoot your Application Load Balancers"';

/** What is said of a cause. */
export function wordsFor(name: FaultName, lost: readonly Lost[]): Words {
  const requests = lost.length === 1 ? "1 request" : `${lost.length} requests`;
  return words[name](requests, lost);
}

const words: Record<FaultName, (requests: string, lost: readonly Lost[]) => Words> = {
  "short-keep-alive": (requests, lost) => ({
    seen: `the server closes a connection that was idle for ${seconds(idleTimes(lost))}; ${requests} met one that was just closed`,
    why:
      "the balancer keeps an idle connection for 60 s unless its idle time-out is set, and sends the next request into it. On AWS " +
      `that is a race, lost now and then; here it is always lost, so that it is seen. 502 in ${guide}: "Check whether the ` +
      'keep-alive duration of the target is shorter than the idle timeout value of the load balancer"',
    remedy:
      "raise the server's keep-alive above 60 s (node:http: server.keepAliveTimeout = 65_000; nginx: keepalive_timeout 65s), or " +
      "lower the balancer's idle time-out below it",
  }),
  "drops-on-sigterm": (requests, lost) => ({
    seen: `${requests} met a task that had got SIGTERM, and had no whole answer: ${endings(lost)}`,
    why: `502 in ${guide}: the target closed the connection "while the load balancer had an outstanding request to the target"`,
    remedy:
      "on SIGTERM let the requests in flight end, answer the health check with 503, and serve what still comes until it stops " +
      "coming; only then exit",
  }),
  "outlasts-drain": (requests, lost) => ({
    seen: `${requests} were still in flight when the drain was over, and were cut: ${targets(lost)}`,
    why: `502 in ${guide}: "The deregistration delay period elapsed for a request being handled by a target that was deregistered"`,
    remedy: "set `drain` above the longest answer, or make the answers shorter",
  }),
  crashed: (requests, lost) => ({
    seen: `${requests} met a task that ended though nobody had asked it to: ${endings(lost)}`,
    why: "what it had in flight is lost, and what still comes to it is refused until every node of the balancer has let it go",
    remedy: "look into the server's log for why it ended. The rollout did not end it",
  }),
  "closed-without-answer": (requests, lost) => ({
    seen: `${requests} got no answer: the server closed or reset the connection, and went on running (${targets(lost)})`,
    why: `502 in ${guide}: the target closed the connection "while the load balancer had an outstanding request to the target"`,
    remedy:
      "find what makes the server close a connection that has a request: an error in a handler, a limit, a proxy in the task",
  }),
  "broke-off": (requests, lost) => ({
    seen: `${requests} got a part of an answer: the server broke off in the middle, and went on running (${targets(lost)})`,
    why: "the status is gone out by then: the client has half an answer and no way to tell why",
    remedy: "find what ends the answer early: an error in a handler after its first bytes, a wrong content-length",
  }),
  "too-slow": (requests, lost) => ({
    seen: `${requests} had no whole answer in time (${causes(lost)})`,
    why: "the load waits for 20 s in a rehearsal, as a person hardly does; the balancer waits for its idle time-out (504)",
    remedy: "find what the server waits for; or, with more tasks, see whether it has too few",
  }),
  refused: (requests, lost) => ({
    seen: `${requests} were refused by a task that runs (${targets(lost)})`,
    why: `502 in ${guide}: "The load balancer received a TCP RST from the target when attempting to establish a connection"`,
    remedy:
      "let the server listen on $PORT of 127.0.0.1 from its start until its end, and check its health by a path that it serves",
  }),
  "no-target": (requests) => ({
    seen: `${requests} came while the balancer knew no task to send to`,
    why: `503 in ${guide}: "The target groups for the load balancer have no registered targets"`,
    remedy: "see why the environment had weight and no task: its service's events say what its tasks ended of",
  }),
  malformed: (requests, lost) => ({
    seen: `${requests} were answered with what is no HTTP (${targets(lost)})`,
    why: `502 in ${guide}: "The target response is malformed or contains HTTP headers that are not valid"`,
    remedy: "look at an answer with: curl -v --raw",
  }),
  "wrong-answer": (requests, lost) => ({
    seen: `${requests} had a whole answer that is not what was asked for (${causes(lost)})`,
    why: "a status of 4xx is no success: the path is not one of this server's, or a version no longer has it",
    remedy: "ask for a path that both versions serve",
  }),
  "gone-edge": (requests, lost) => ({
    seen: `${requests} were sent to a balancer that had been removed: ${addresses(lost)}, by ${users(lost)}`,
    why:
      "a resolver gives an address on for its TTL, some for longer, and a pool of connections stays with it until the balancer " +
      "closes them (client_keep_alive)",
    remedy: "remove an edge only when its hold time is over; the policy `hold-time` tells when that is",
  }),
  "no-address": (requests, lost) => ({
    seen: `${requests} had no address to go to, for a look-up by DNS failed: ${users(lost)}`,
    why: "a resolver that gets no answer, or an empty one, has nothing to give to its users",
    remedy:
      "see that the zone has records of the host whose weights are not all 0, and that the name server answers: dig HOST",
  }),
  unexplained: (requests, lost) => ({
    seen:
      lost.length > 0
        ? `${requests} were lost, and the balancers saw nothing that tells why (${causes(lost)})`
        : "more were lost than are listed: these were not looked into",
    why: "a loss without a cause may be the rollout's",
    remedy:
      "look for their traces in the server's log; where that says nothing either, report it as a fault of Crossfade",
  }),
};

function idleTimes(lost: readonly Lost[]): number[] {
  return lost.flatMap(({ line }) => line?.incident?.idleMs ?? []).sort((a, b) => a - b);
}

/** The median, and the range where it has one. */
function seconds(ms: readonly number[]): string {
  const text = (value = 0) => (value / 1000).toFixed(1);
  const [low, median, high] = [ms[0], ms[Math.floor(ms.length / 2)], ms.at(-1)].map(text);
  return low === high ? `${median} s` : `${median} s (measured: ${low} to ${high} s)`;
}

function endings(lost: readonly Lost[]): string {
  return listed(
    lost.flatMap(({ task }) => {
      if (!task) return [];
      const { target, stopping, ended } = task;
      const asked = stopping ? ` after SIGTERM at ${clock(stopping.time)} (${stopping.why})` : "";
      return ended ? `${target} ${ended.why} at ${clock(ended.time)}${asked}` : `${target}${asked}`;
    }),
  );
}

function targets(lost: readonly Lost[]): string {
  return listed(lost.flatMap(({ line }) => line?.target ?? []));
}

function addresses(lost: readonly Lost[]): string {
  return listed(lost.map(({ loss }) => loss.address));
}

function users(lost: readonly Lost[]): string {
  return listed(lost.flatMap(({ loss }) => (loss.dns ? DNS_KINDS[loss.dns].title : [])));
}

function causes(lost: readonly Lost[]): string {
  return listed(lost.map(({ loss }) => loss.cause));
}

/** Each once, with how often it came; three at most. */
function listed(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const all = [...counts].sort(([, a], [, b]) => b - a).map(([text, count]) => `${count} × ${text}`);
  return all.length > 3 ? `${all.slice(0, 3).join(", ")}, and ${all.length - 3} more` : all.join(", ");
}

function clock(time: number): string {
  return new Date(time).toISOString().slice(11, 19);
}
