import { type DnsReport, dnsTable, notTriedLines } from "./dns-report";
import { faultLines, faultTitle } from "./fault";
import { type Html, html, type Part } from "./html";
import { messageFaults, messageLines } from "./message-report";
import { milliseconds, type Report, refusalLabel } from "./report";
import { chartOf } from "./report-chart";
import { rollBackLines, rollBackTitle } from "./roll-back";
import { binsOf, environmentsOf } from "./timeline-bins";

/** `rehearsal/report.html`: the report as one page that asks for nothing from elsewhere and runs no script. */
export function reportHtml(report: Report): string {
  const { requests, timeline } = report;
  const verdict = `${count(requests.lost)} of ${count(requests.total)} requests lost`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Crossfade: ${verdict}</title>
${STYLE}
</head>
<body>
<main>
<header>
<p class="what">Crossfade, a release rehearsed</p>
<h1 class="${requests.lost > 0 ? "bad" : "good"}">${verdict}</h1>
${headline(report)}
</header>
<figure>
${legend(report)}
<div class="wide">${chartOf(report, 1000)}</div>
<div class="narrow">${chartOf(report, 360)}</div>
<figcaption>A stage begins with the edit of its line; its weights come when the update is done and the balancer has adopted them. A request belongs to the second in which it was sent. Where a point stands for several seconds, p99 is the highest of them. Lost is a time-out, a reset, a cut answer, an order not served exactly once, or a 5xx of the balancer's own; nothing is ever retried.</figcaption>
${timeline.marks.length > 0 ? html`<ol class="marks" aria-label="Marks">${timeline.marks.map(({ atMs, label }) => html`<li><span>${label} <span class="at">at ${count(atMs / 1000)} s</span></span></li>`)}</ol>` : ""}
</figure>
<section><h2>By stage</h2>${stageTable(report)}${secondsTable(report)}</section>
${report.dns ? usersSection(report.dns) : ""}
${report.messages ? html`<section><h2>Messages</h2>${messageLines(report.messages).map((line) => html`<p>${line}</p>`)}</section>` : ""}
${articles("Why requests were lost", report.faults, faultTitle, faultLines)}
${report.refused.length > 0 ? html`<section><h2>Refused</h2>${report.refused.map((refused) => refusal(refused, report))}</section>` : ""}
${articles("Rolled back", report.rollBacks, rollBackTitle, rollBackLines)}
</main>
</body>
</html>
`;
  return page.source;
}

function headline({ requests, sessions, messages, durationMs, engine, seed }: Report): Html {
  const wrong = messages ? messageFaults(messages) : 0;
  const figures: (readonly [string, string, string])[] = [
    ["Requests", count(requests.total), ""],
    ["Lost", count(requests.lost), requests.lost > 0 ? "bad" : ""],
    ["Errors of the service's own", count(requests.serverErrors), requests.serverErrors > 0 ? "warn" : ""],
    ...(sessions ? ([["Sessions lost", count(sessions.lost), sessions.lost > 0 ? "bad" : ""]] as const) : []),
    ...(messages ? ([["Messages wrong", count(wrong), wrong > 0 ? "bad" : ""]] as const) : []),
    ["Duration", duration(durationMs), ""],
    ["Engine", engine, "small"],
    ["Seed", String(seed), "small"],
  ];
  return html`<dl class="figures">${figures.map(([name, value, kind]) => html`<div class="${kind}"><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function articles<T>(title: string, all: T[], titleOf: (each: T) => string, linesOf: (each: T) => string[]): Part {
  if (all.length === 0) return "";
  const each = (one: T) =>
    html`<article><h3>${titleOf(one)}</h3>${linesOf(one).map((line) => html`<p>${line}</p>`)}</article>`;
  return html`<section><h2>${title}</h2>${all.map(each)}</section>`;
}

/** Who was the candidate, and from when, is known from the stages. */
function legend({ requests, timeline }: Report): Html {
  const environments = environmentsOf(timeline).map((name, slot) => {
    const stage = requests.byStage.find(({ candidate }) => candidate === name);
    const since = stage && (stage.atMs > 0 ? `candidate from ${count(stage.atMs / 1000)} s` : "candidate");
    return html`<li><svg viewBox="0 0 14 14"><rect class="area e${Math.min(slot, 3)}" width="14" height="14" rx="3"/></svg>${name}<span class="at">${since ?? (slot === 0 ? "stable" : "")}</span></li>`;
  });
  return html`<ul class="legend" aria-label="Legend">${environments}</ul>`;
}

function refusal({ change, policy, message }: Report["refused"][number], { timeline }: Report): Html {
  const number = 1 + timeline.marks.findIndex(({ label }) => label === refusalLabel({ change, policy }));
  return html`<article><h3>${number > 0 ? html`<span class="flag">${number}</span>` : ""}${change}</h3><p>refused by <code>${policy}</code></p><pre>${message}</pre></article>`;
}

function stageTable({ requests }: Report): Html {
  return table(
    "By stage",
    ["stage", "candidate", "weight", "from", "requests", "lost", "own 5xx", "on candidate", "p50", "p99"],
    requests.byStage.map((row) => [
      row.stage,
      row.candidate ?? "-",
      `${row.weight} %`,
      `${count(row.atMs / 1000)} s`,
      count(row.total),
      error(row.lost, "bad"),
      error(row.serverErrors, "warn"),
      row.candidateShare === null ? "-" : `${(row.candidateShare * 100).toFixed(1)} %`,
      milliseconds(row.p50Ms),
      milliseconds(row.p99Ms),
    ]),
  );
}

function usersSection(dns: DnsReport): Html {
  const { header, rows } = dnsTable(dns);
  const lost = header.indexOf("lost");
  const cells = rows.map((row) => row.map((cell, i) => (i === lost && cell !== "0" && cell ? bad(cell) : cell)));
  const without = notTriedLines(dns).map((line) => html`<p class="note">${line}</p>`);
  const note =
    dns.tails.length > 0
      ? html`<p class="note">When the last request of each kind was sent that a version answered, since a look-up last led there: its weight had gone to 0. Only once the hold time is over may its edge be removed. Users follow a weight when their resolver asks again, many at once: the shares by stage are coarser than behind one balancer.</p>`
      : "";
  return html`<section><h2>Users of the DNS route</h2>${table("Users of the DNS route", header, cells)}${note}${without}</section>`;
}

function secondsTable({ timeline, requests }: Report): Html {
  const size = timeline.seconds.length > 120 ? 10 : 5;
  const names = environmentsOf(timeline);
  const rows = binsOf(timeline, size).map(({ from, to, environments, lost, serverErrors }) => [
    `${from} to ${to} s`,
    requests.byStage.findLast(({ atMs }) => atMs / 1000 <= from)?.stage ?? "-",
    ...names.map((name) => count(environments.get(name)?.requests ?? 0)),
    ...names.map((name) => milliseconds(environments.get(name)?.p99Ms ?? null)),
    error(lost, "bad"),
    error(serverErrors, "warn"),
  ]);
  const header = ["time", "stage", ...names.map((name) => `${name} answers`), ...names.map((name) => `${name} p99`)];
  return html`<details><summary>Figures of every ${size} s</summary>${table("Over time", [...header, "lost", "own 5xx"], rows)}</details>`;
}

/** Can be scrolled by touch and by key where it is too wide. */
function table(name: string, header: Part[], rows: Part[][]): Html {
  const cells = ([first = "", ...others]: Part[]) =>
    html`<tr><th scope="row">${first}</th>${others.map((cell) => html`<td>${cell}</td>`)}</tr>`;
  return html`<div class="scroll" role="region" aria-label="${name}" tabindex="0"><table><thead><tr>${header.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead><tbody>${rows.map(cells)}</tbody></table></div>`;
}

function error(value: number, kind: "bad" | "warn"): Part {
  return value > 0 ? html`<strong class="${kind}">${count(value)}</strong>` : "0";
}

function bad(text: string): Html {
  return html`<strong class="bad">${text}</strong>`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** The environments' colors are told apart by color-blind people too; signs differ in shape as well. */
const STYLE = html`<style>
:root { color-scheme: light dark; --page: #f6f6f4; --card: #fff; --ink: #161614; --soft: #5b5a54; --line: #dedcd5; --band: #f0efeb;
  --e0: #2563c9; --e1: #1c9a72; --e2: #5e1a52; --e3: #77756d; --lost: #b3140f; --own: #b86e00; --good: #146c4f; }
@media (prefers-color-scheme: dark) { :root { --page: #0f0f0e; --card: #171716; --ink: #f4f3ef; --soft: #b3b1a8; --line: #35342f;
  --band: #20201e; --e0: #3f83ea; --e1: #3fcf9b; --e2: #f3cdec; --e3: #8f8d84; --lost: #ff6a60; --own: #ffc65c; --good: #5fd6aa; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 16px 64px; }
p, h1, h2, h3, dl, dd, figure { margin: 0; }
.what, dt, figcaption, .at, .note, article p { color: var(--soft); }
h1 { font-size: clamp(26px, 5vw, 40px); line-height: 1.15; letter-spacing: -0.02em; }
h1.good { color: var(--good); }
.bad, .bad dd { color: var(--lost); }
.warn, .warn dd { color: var(--own); }
h2 { font-size: 20px; margin: 36px 0 10px; }
h3 { font-size: 15px; }
.figures { display: flex; flex-wrap: wrap; gap: 8px 32px; margin: 18px 0 24px; }
dt { font-size: 13px; }
dd { font-size: 22px; font-weight: 600; font-variant-numeric: tabular-nums; }
.small dd { font-size: 15px; line-height: 33px; font-weight: 400; }
figure, article, .scroll { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
figure { padding: 16px; }
figcaption, .note { font-size: 13px; max-width: 110ch; margin-top: 8px; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
.narrow { display: none; max-width: 480px; margin: 0 auto; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; list-style: none; margin: 0 0 14px; padding: 0; }
.legend li { display: flex; align-items: center; gap: 7px; }
.legend svg { width: 14px; }
.marks { list-style: none; counter-reset: mark; margin: 12px 0 0; padding: 0; font-size: 14px; }
.marks li { display: flex; gap: 8px; counter-increment: mark; margin-top: 4px; }
.marks li::before { content: counter(mark); }
.marks li::before, .flag { flex: none; display: inline-block; width: 20px; height: 20px; margin-right: 8px; border-radius: 10px;
  background: var(--ink); color: var(--card); font: 600 12px/20px system-ui, sans-serif; text-align: center; }
.marks li::before { margin: 0; }
article { padding: 14px 16px; margin-top: 10px; }
pre { margin: 8px 0 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.5 ui-monospace, monospace; }
code { font: 0.92em ui-monospace, monospace; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 7px 14px; text-align: right; white-space: nowrap; font-weight: 400; border-top: 1px solid var(--line); }
thead th { color: var(--soft); font-size: 13px; border: 0; }
th:first-child { text-align: left; }
summary { cursor: pointer; margin: 14px 0 10px; }
text { fill: var(--soft); }
text.panel, text.stage { fill: var(--ink); }
text.panel { font-weight: 600; stroke: var(--card); stroke-width: 4; paint-order: stroke; }
.band0 { fill: var(--band); } .band1 { fill: none; }
.grid, .axis { stroke: var(--line); } .axis { stroke: var(--soft); }
.e0 { --c: var(--e0); } .e1 { --c: var(--e1); } .e2 { --c: var(--e2); } .e3 { --c: var(--e3); }
.area { fill: var(--c); }
.line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.lost { fill: none; stroke: var(--lost); stroke-width: 2; }
.serverErrors { stroke: var(--own); stroke-width: 2; fill: var(--own); }
.mark path { stroke: var(--ink); stroke-dasharray: 3 3; } .mark circle { fill: var(--ink); }
.mark text { fill: var(--card); text-anchor: middle; font-weight: 600; }
.hover { fill: transparent; } .hover:hover { fill: var(--ink); fill-opacity: 0.12; }
@media (max-width: 700px) { .wide { display: none; } .narrow { display: block; } figure { padding: 12px 8px; } th, td { padding: 7px 9px; } dd { font-size: 19px; } }
</style>`;
