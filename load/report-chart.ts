import { type Html, html, type Part } from "./html";
import { milliseconds, type Report } from "./report";
import { type Bin, binsOf, environmentsOf } from "./timeline-bins";

interface Axes {
  width: number;
  left: number;
  right: number;
  /** Where a second is. */
  x: (second: number) => number;
  bins: Bin[];
  names: string[];
}

interface Panel {
  title: string;
  top: number;
  height: number;
  ticks: number[];
  y: (value: number) => number;
  body: Part;
}

const BIN_SECONDS = [1, 2, 5, 10, 15, 30, 60];
const FLAG = 18;

/** The load over time, as inline SVG: one axis of time, three panels under the stages, and the marks through all of them. */
export function chartOf({ requests, timeline }: Report, width: number): Html {
  const seconds = Math.max(timeline.seconds.length, 1);
  const [left, right] = [40, width - 10];
  const size = BIN_SECONDS.find((each) => seconds / each <= (right - left) / 4) ?? 60;
  const x = (second: number) => round(left + (Math.min(second, seconds) / seconds) * (right - left));
  const axes = { width, left, right, x, bins: binsOf(timeline, size), names: environmentsOf(timeline) };

  const flags = flagsOf(timeline.marks, axes);
  const tall = width > 600 ? 170 : 130;
  const head = 38 + FLAG * Math.max(0, ...flags.map(({ row }) => row + 1));
  const rates = ratePanel(axes, head + 26, tall);
  const lost = errorPanel("lost", axes, rates.top + tall + 40);
  const serverErrors = errorPanel("serverErrors", axes, lost.top + lost.height + 40);
  const latencies = latencyPanel(axes, serverErrors.top + serverErrors.height + 40, tall - 20);
  const panels = [rates, lost, serverErrors, latencies];
  const bottom = latencies.top + latencies.height;

  const step = [1, 2, 5, 10, 15, 30, 60, 120, 300].find((each) => seconds / each <= width / 75) ?? 600;
  const ticks = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, i) => i * step);
  const stages = requests.byStage.map((row, i) => {
    const to = requests.byStage[i + 1]?.atMs ?? seconds * 1000;
    return { ...row, from: row.atMs / 1000, to: to / 1000 };
  });
  const said = stages.map(({ stage, weight, from }) => `${stage} (${weight} %) from ${Math.round(from)} s`).join(", ");
  const marked = timeline.marks.map(({ label, atMs }) => `${label} at ${Math.round(atMs / 1000)} s`).join(", ");

  return html`<svg viewBox="0 0 ${width} ${bottom + 40}" role="img" aria-labelledby="title-${width} desc-${width}">
<title id="title-${width}">The load over time, by what answered</title>
<desc id="desc-${width}">Requests a second, errors and p99 latency of ${axes.names.join(", ") || "nothing"} over ${seconds} seconds: ${requests.total} requests, ${requests.lost} lost, ${requests.serverErrors} answered with a 5xx of the service's own. Stages: ${said || "none"}. Marks: ${marked || "none"}. The figures are in the tables of this page.</desc>
${stages.filter(({ from, to }) => x(to) - x(from) > 1).map((stage, i) => band(stage, i, axes, bottom))}
${panels.map((panel) => drawn(panel, axes))}
${ticks.map((tick) => html`<text class="tick" x="${x(tick)}" y="${bottom + 16}" text-anchor="middle">${tick}</text>`)}
<text class="tick" x="${right}" y="${bottom + 34}" text-anchor="end">seconds since the load began</text>
${axes.bins.map((bin) => html`<rect class="hover" x="${x(bin.from)}" y="${rates.top}" width="${round(x(bin.to) - x(bin.from))}" height="${bottom - rates.top}"><title>${spoken(bin)}</title></rect>`)}
${flags.map(({ at, row, number, label }) => html`<g class="mark"><title>${label}</title><path d="M${at} ${38 + FLAG * row}V${bottom}"/><circle cx="${at}" cy="${38 + FLAG * row}" r="8"/><text x="${at}" y="${42 + FLAG * row}">${number}</text></g>`)}
${panels.map(({ title, top }) => html`<text class="panel" x="${left}" y="${top - 10}">${title}</text>`)}
</svg>`;
}

/** Those that would cover one another are put in rows. */
function flagsOf(marks: Report["timeline"]["marks"], { x }: Axes) {
  const ends: number[] = [];
  return marks.map(({ atMs, label }, i) => {
    const at = x(atMs / 1000);
    const free = ends.findIndex((end) => at - end >= FLAG);
    const row = free < 0 ? ends.length : free;
    ends[row] = at;
    return { at, row, number: i + 1, label };
  });
}

type Band = { stage: string; weight: number; from: number; to: number };

function band({ stage, weight, from, to }: Band, index: number, { x }: Axes, bottom: number): Html {
  const wide = x(to) - x(from);
  const fits = (text: string) => text.length * 6.6 + 4 < wide;
  const middle = round(x(from) + wide / 2);
  const line = (text: string, y: number) =>
    html`<text class="stage" x="${middle}" y="${y}" text-anchor="middle">${fits(text) ? text : ""}</text>`;
  return html`<g><title>${stage}: ${weight} % to the candidate</title><rect class="band${index % 2}" x="${x(from)}" y="0" width="${round(wide)}" height="${bottom}"/>${line(stage, 12)}${line(`${weight} %`, 26)}</g>`;
}

function drawn({ top, height, ticks, y, body }: Panel, { left, right }: Axes): Html {
  return html`${ticks.map((tick) => html`<path class="grid" d="M${left} ${y(tick)}H${right}"/><text class="tick" x="${left - 6}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`)}
<path class="axis" d="M${left} ${top + height}H${right}"/>${body}`;
}

/** Stacked: the height of all is what was answered a second, and the border between the colors is the weight. */
function ratePanel({ bins, names, x }: Axes, top: number, height: number): Panel {
  const sums = bins.map(() => 0);
  const most = Math.max(1, ...bins.map((bin) => names.reduce((sum, name) => sum + rate(bin, name), 0)));
  const y = linear(most, top, height);
  const body = names.map((name, slot) => {
    const columns = bins.map((bin, i) => {
      const under = sums[i] ?? 0;
      sums[i] = under + rate(bin, name);
      return rate(bin, name) && `M${x(bin.from)} ${y(under)}V${y(sums[i] ?? 0)}H${x(bin.to)}V${y(under)}Z`;
    });
    return html`<path class="area e${Math.min(slot, 3)}" d="${columns.filter(Boolean).join("")}"/>`;
  });
  return { title: "Answers a second", top, height, ticks: linearTicks(most, 4), y, body };
}

/** Each is a sign of a fixed size on its stem: a single one among a hundred thousand is seen as well. */
function errorPanel(kind: "lost" | "serverErrors", { bins, left, x }: Axes, top: number): Panel {
  const height = 40;
  const most = Math.max(1, ...bins.map((bin) => bin[kind]));
  const y = linear(most, top, height);
  const signs = bins.flatMap((bin) => {
    const at = round((x(bin.from) + x(bin.to)) / 2);
    const tip = y(bin[kind]);
    const sign =
      kind === "lost"
        ? html`<path d="M${round(at - 5)} ${round(tip - 5)}l10 10m0 -10l-10 10"/>`
        : html`<circle cx="${at}" cy="${tip}" r="3"/>`;
    return bin[kind] > 0 ? html`<path d="M${at} ${top + height}V${tip}"/>${sign}` : [];
  });
  const none = html`<text x="${left + 8}" y="${top + height / 2 + 5}">none</text>`;
  const { from, to } = bins[0] ?? { from: 0, to: 1 };
  const title = `${kind === "lost" ? "Lost" : "5xx of the service's own"}${to - from > 1 ? `, in ${to - from} s` : ""}`;
  const body = signs.length > 0 ? html`<g class="${kind}">${signs}</g>` : none;
  return { title, top, height, ticks: linearTicks(most, 2), y, body };
}

/** Logarithmic: of a time-out among answers of 3 ms, both can be read. */
function latencyPanel({ bins, names, x }: Axes, top: number, height: number): Panel {
  const values = bins.flatMap((bin) => names.flatMap((name) => bin.environments.get(name)?.p99Ms ?? []));
  const [least, most] = [Math.max(0.1, Math.min(100, ...values)), Math.max(1, ...values)];
  const round125 = [-1, 0, 1, 2, 3, 4].flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`)));
  const low = round125.findLast((value) => value < least) ?? 0.1;
  const high = round125.find((value) => value >= most && value > low) ?? 100_000;
  const y = (value: number) => round(top + height * (1 - Math.log(Math.max(value, low) / low) / Math.log(high / low)));
  const between = round125.filter((value) => value >= low && value <= high);
  const ticks = between.length > 7 ? between.filter((value) => Number.isInteger(Math.log10(value))) : between;
  const body = names.map((name, slot) => {
    const d = bins.map((bin, i) => {
      const p99 = bin.environments.get(name)?.p99Ms;
      if (p99 == null) return "";
      const at = `${round((x(bin.from) + x(bin.to)) / 2)} ${y(p99)}`;
      // A line of no length has round ends: a value without neighbours is a dot.
      return bins[i - 1]?.environments.get(name)?.p99Ms == null ? `M${at}h0` : `L${at}`;
    });
    return html`<path class="line e${Math.min(slot, 3)}" d="${d.join("")}"/>`;
  });
  return { title: "p99 in ms, log scale", top, height, ticks, y, body };
}

function spoken({ from, to, environments, lost, serverErrors }: Bin): string {
  const lines = [...environments].map(([name, { requests, p99Ms }]) => {
    return `${name}: ${requests} answers, p99 ${milliseconds(p99Ms)}`;
  });
  return [`${from} to ${to} s`, ...lines, `${lost} lost, ${serverErrors} errors of the service's own`].join("\n");
}

function rate({ environments }: Bin, name: string): number {
  return environments.get(name)?.perSecond ?? 0;
}

function linear(most: number, top: number, height: number): (value: number) => number {
  return (value) => round(top + height * (1 - value / (most * 1.1)));
}

function linearTicks(most: number, count: number): number[] {
  const power = 10 ** Math.floor(Math.log10(most / count));
  const step = Math.max(1, [1, 2, 5, 10].map((digit) => digit * power).find((each) => most / each <= count) ?? power);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
