export interface Curve {
  name: string;
  /** Events of the candidate, and the part of the trials in which the regression was caught by then. */
  points: readonly (readonly [events: number, part: number])[];
}

const WIDTH = 760;
const HEIGHT = 420;
const LEFT = 60;
const BOTTOM = 60;
const COLORS = ["#0b6e4f", "#c1440e", "#3d5a98"];
/** A dash for each size of regression. */
const DASHES = ["", "7 4", "2 3"];

/** How soon a regression is caught: one curve a way and a size, over events on a logarithmic axis. */
export function plot(curves: readonly Curve[]): string {
  const all = curves.flatMap(({ points }) => points.map(([events]) => events));
  const [least, most] = [
    Math.log10(all.reduce((a, b) => Math.min(a, b))),
    Math.log10(all.reduce((a, b) => Math.max(a, b))),
  ];
  const x = (events: number) => LEFT + ((WIDTH - LEFT - 230) * (Math.log10(events) - least)) / (most - least);
  const y = (part: number) => 20 + (HEIGHT - 20 - BOTTOM) * (1 - part);
  const lines = curves.map(({ name, points }, index) => {
    const [color, dash] = [COLORS[index % 3], DASHES[Math.floor(index / 3)]];
    const steps = points.filter(
      (_, i) => i === 0 || i === points.length - 1 || i % Math.ceil(points.length / 200) === 0,
    );
    const path = steps.map(
      ([events, part], i) => `${i === 0 ? "M" : "L"}${x(events).toFixed(1)} ${y(part).toFixed(1)}`,
    );
    const at = 30 + index * 18;
    return (
      `<path d="${path.join("")}" fill="none" stroke="${color}" stroke-width="2" stroke-dasharray="${dash}"/>` +
      `<path d="M${WIDTH - 220} ${at}h26" stroke="${color}" stroke-width="2" stroke-dasharray="${dash}"/>` +
      `<text x="${WIDTH - 188}" y="${at + 4}">${name}</text>`
    );
  });
  const ticks = [100, 1000, 10_000, 100_000]
    .map(
      (events) =>
        `<text x="${x(events)}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${events.toLocaleString("en")}</text>`,
    )
    .concat(
      [0, 0.5, 0.9, 1].map(
        (part) => `<text x="${LEFT - 8}" y="${y(part) + 4}" text-anchor="end">${part * 100} %</text>`,
      ),
    );
  const frame = `<path d="M${LEFT} ${y(1)}V${y(0)}H${WIDTH - 230}" fill="none" stroke="#999"/>`;
  const title = `<text x="${LEFT}" y="${HEIGHT - 14}">events of the candidate until the regression is called, and the part of the trials</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>${frame}${ticks.join("")}${lines.join("")}${title}</svg>\n`;
}
