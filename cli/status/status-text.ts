import { rounded } from "../../traffic";
import { heldWords, nextEdits, refreshWords, troubles } from "./route-words";
import type { EnvironmentStatus, RouteStatus, StackStatus } from "./stack-status";
import type { ZoneHealth } from "./zone-health";

/** How wide the first column is: the longest of its words. */
const TITLE = 10;

/**
 * How a stack stands, for somebody at a terminal.
 * @param width columns, at least so many that a command has its place
 */
export function statusText(status: StackStatus, pack: string, width: number): string {
  const { stack, at, update, routes, unseen } = status;
  const lines = [`${stack}, ${at.toISOString().slice(0, 19)}Z`];
  if (update) {
    const { process, user, host, since, isDead } = update;
    const how = isDead ? "it is dead, and its lock is left" : "it is running";
    lines.push(
      ...row("update", `by process ${process} of ${user} on ${host}, since ${since.toISOString()}: ${how}`, width),
    );
  }
  for (const route of routes) lines.push("", ...routeLines(route, status, pack, width));
  if (routes.length === 0) lines.push("", "It has no route of Crossfade's.");
  if (unseen.length > 0) lines.push("", ...unseen.flatMap((one) => row("not seen", one, width)));
  return `${lines.join("\n")}\n`;
}

function routeLines(one: RouteStatus, { stack, at, update }: StackStatus, pack: string, width: number): string[] {
  const { name, route, environments, evidence, rollout } = one;
  const lines = [`${name}  ${route.stage?.name ?? "between stages"}`, "", ...tableOf(one), ""];
  for (const { color, zones = [] } of environments) {
    const reasons = [...new Set(zones.flatMap((zone) => zone.reasons))].join(", ");
    if (reasons) lines.push(...row("unhealthy", `in ${color}: ${reasons}`, width));
  }
  for (const { color, refresh } of environments) {
    if (refresh) lines.push(...row("refresh", `of ${color}'s instances: ${refreshWords(refresh)}`, width));
  }
  lines.push(...row("held", heldWords(route, at), width));
  if (evidence) lines.push(...row("evidence", evidence.text.replace(/\n\s*/g, "; "), width));
  const hasWeight = environments.some(({ color, role }) => role === "candidate" && (route.shares?.[color] ?? 0) > 0);
  if (rollout && hasWeight) {
    const until = `${rollout.wayBack.notBefore.toISOString().slice(0, 19)}Z`;
    const to = rollout.wayBack.to;
    lines.push(...row("way back", `to ${to}, open until ${until} at least, and then while ${to} stands`, width));
  } else if (route.older === route.candidate && route.stage?.weight === 0) {
    lines.push(...row("way back", `to ${route.candidate}, the version before, while it stands as it is`, width));
  }
  for (const [index, { command, means, from }] of nextEdits(stack, pack, one).entries()) {
    const when = from && from > at ? `, from ${from.toISOString().slice(0, 19)}Z on` : "";
    // A command is never cut: it is there to be copied.
    lines.push(`  ${(index === 0 ? "next" : "or").padEnd(TITLE)}${command}`, ...row("", `${means}${when}`, width));
  }
  const found = troubles(one, update);
  if (found.length > 0) lines.push("");
  for (const trouble of found) lines.push(...row("look at", trouble, width));
  return lines;
}

function tableOf({ environments, route, live }: RouteStatus): string[] {
  const share = (shares: Partial<Record<string, number>> | undefined, color: string) =>
    shares?.[color] === undefined ? "-" : `${rounded(shares[color])} %`;
  const rows = environments.map((one) => [
    one.color,
    one.role,
    versionOf(one),
    share(route.shares, one.color),
    share(live, one.color),
    zonesOf(one.zones),
  ]);
  const all = [["", "", "version", "deployed", "live", "healthy targets"], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((cells) => (cells[column] ?? "").length))) ?? [];
  return all.map((cells) => {
    const padded = cells.map((cell, column) =>
      column === 3 || column === 4 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
    );
    return `  ${padded.join("  ")}`.trimEnd();
  });
}

function versionOf({ digests, rejected }: EnvironmentStatus): string {
  const [first, ...more] = digests;
  if (first === undefined) return "not known";
  const named = `${first.slice("sha256:".length, "sha256:".length + 12)}${more.length > 0 ? ` +${more.length}` : ""}`;
  return rejected ? `${named} rejected` : named;
}

/** By the zones' letters: what is before them is the region, and the same for all. */
function zonesOf(zones: ZoneHealth[] | undefined): string {
  if (!zones) return "not seen";
  if (zones.length === 0) return "none";
  return zones
    .map(({ zone, healthy, all }) => [zone?.slice(-1), healthy === all ? all : `${healthy} of ${all}`].join(" ").trim())
    .join(", ");
}

/** A title, and a text that goes on below itself. */
function row(title: string, text: string, width: number): string[] {
  const room = Math.max(40, width - TITLE - 2);
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line, index) => `  ${(index === 0 ? title : "").padEnd(TITLE)}${line}`);
}
