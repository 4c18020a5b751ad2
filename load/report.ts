import { type DnsReport, dnsTable, notTriedLines } from "./dns-report";
import { type Fault, faultLines, faultTitle } from "./fault";
import type { LoadResult, Loss, Sessions } from "./load";
import { type MessageReport, messageLines } from "./message-report";
import { type RollBack, rollBackLines, rollBackTitle } from "./roll-back";
import type { Timeline } from "./timeline";

/** `rehearsal/report.json`. */
export interface Report {
  requests: {
    total: number;
    /** Time-outs, resets, cut answers, orders not served exactly once, and 5xx of the balancer's own. */
    lost: number;
    /** 5xx of the service's own. */
    serverErrors: number;
    byStage: StageRow[];
  };
  /** Of the users who keep cookies; not there where the service tells nothing of sessions. */
  sessions?: Sessions;
  /** Of a service with a database. */
  messages?: MessageReport;
  refused: Refused[];
  rollBacks: RollBack[];
  /** Why requests were lost; empty where none was. */
  faults: Fault[];
  /** The first 20 requests that were lost. */
  losses: Loss[];
  timeline: Timeline;
  /** Of a DNS route. */
  dns?: DnsReport;
  /** Of the whole rehearsal; the load begins later. */
  durationMs: number;
  /** The engine that ran the updates. */
  engine: string;
  seed: number;
}

export interface Refused {
  change: string;
  policy: string;
  /** What the policy said. */
  message: string;
}

export interface StageRow {
  stage: string;
  /** When it began, in milliseconds since the load began. */
  atMs: number;
  /** What the candidate's answers call themselves. */
  candidate?: string;
  /** The candidate's, in percent. */
  weight: number;
  total: number;
  lost: number;
  /** 5xx of the service's own. */
  serverErrors: number;
  /** The candidate's part of the plain clients' answers, 0 to 1, once the balancer's nodes had adopted the weights. */
  candidateShare: number | null;
  p50Ms: number | null;
  p99Ms: number | null;
}

function stageRows({ stages }: LoadResult): StageRow[] {
  return stages
    .filter(({ total }) => total > 0)
    .map(({ name: stage, atMs, candidate, weight, total, lost, serverErrors, candidateShare, p50Ms, p99Ms }) => {
      return { stage, atMs, candidate, weight, total, lost, serverErrors, candidateShare, p50Ms, p99Ms };
    });
}

/** What is said of a refusal in one line, at the terminal and as its mark in the timeline. */
export function refusalLabel({ change, policy }: Pick<Refused, "change" | "policy">): string {
  return `refused by ${policy}: ${change}`;
}

/** All but what a rehearsal tries besides the load: what is refused, rolled back and explained. */
export function measured(result: LoadResult): Pick<Report, "requests" | "sessions" | "losses" | "timeline" | "seed"> {
  const { sent: total, lost, serverErrors, sessions, losses, timeline, seed } = result;
  return {
    requests: { total, lost, serverErrors, byStage: stageRows(result) },
    ...(sessions.asked > 0 && { sessions }),
    losses: losses.slice(0, 20),
    timeline,
    seed,
  };
}

/** A loss whose cause is to be looked for. */
function lossLine({ at, stage, cause, trace }: Loss): string {
  return `lost at ${at}, ${stage}: ${cause}; in the balancer's access log it is ${trace}`;
}

/** The closing table, for people. */
export function closingTable({
  requests,
  sessions,
  messages,
  refused,
  rollBacks,
  faults,
  losses,
  dns,
  durationMs,
  engine,
  seed,
}: Report): string {
  const header = ["stage", "candidate", "weight", "requests", "lost", "errors", "on candidate", "p50", "p99"];
  const rows = requests.byStage.map((row) => [
    row.stage,
    row.candidate ?? "-",
    `${row.weight} %`,
    String(row.total),
    String(row.lost),
    String(row.serverErrors),
    row.candidateShare === null ? "-" : `${(row.candidateShare * 100).toFixed(1)} %`,
    milliseconds(row.p50Ms),
    milliseconds(row.p99Ms),
  ]);
  return [
    ...textTable(header, rows),
    "",
    ...(dns ? [...dnsLines(dns), ""] : []),
    `${requests.total} requests, ${requests.lost} lost, ${requests.serverErrors} errors of the service's own`,
    ...(sessions ? [`sessions lost: ${sessions.lost}, in ${sessions.asked} requests that went on with one`] : []),
    ...(messages ? messageLines(messages) : []),
    ...(faults.length > 0 ? [] : losses.map(lossLine)),
    ...faults.flatMap((each) => [faultTitle(each), ...faultLines(each).map((line) => `  ${line}`)]),
    ...refused.map(refusalLabel),
    ...rollBacks.flatMap((each) => [rollBackTitle(each), ...rollBackLines(each).map((line) => `  ${line}`)]),
    `${(durationMs / 1000).toFixed(0)} s, ${engine}, seed ${seed}`,
  ].join("\n");
}

function dnsLines(dns: DnsReport): string[] {
  const { header, rows } = dnsTable(dns);
  return [...textTable(header, rows), ...notTriedLines(dns)];
}

/** Words to the left, figures to the right. */
function textTable(header: string[], rows: string[][]): string[] {
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)));
  return [header, ...rows].map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "),
  );
}

export function milliseconds(value: number | null): string {
  return value === null ? "-" : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}
