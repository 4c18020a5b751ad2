import { defaultActionOf } from "./actions";
import { conditionOf, sampleOf } from "./conditions";
import { bare, fullName, isForeignKind } from "./dns";
import { Inventory } from "./inventory";
import type { EntryPoint } from "./load";
import { type Live, listOf, type Resource } from "./resources";

/**
 * The entry points of a cloud: for each name that leads to a balancer, each of its listeners, with a host and a path for each
 * rule. A name is a Route 53 record's; a balancer's own only if no record leads to it. Rules that ask for a header are no
 * entry points: they are for previews, not for users.
 */
export function entryPointsOf(cloud: readonly Resource[]): EntryPoint[] {
  const inventory = new Inventory();
  for (const resource of cloud) inventory.add(resource);
  const listeners = inventory.all("listener");
  const foreign = inventory.all("rule").flatMap((rule) => {
    const reference = rule.text("listenerArn") ?? "";
    return inventory.find("listener", reference) ? [] : [reference];
  });
  return unique([
    ...listeners.flatMap((listener) => ofListener(listener, inventory)),
    ...foreign.flatMap((reference) => classesOf(reference, inventory).map((line) => entry(reference, 80, line))),
  ]);
}

function ofListener(listener: Live, inventory: Inventory): EntryPoint[] {
  const reference = listener.text("loadBalancerArn") ?? "";
  const balancer = inventory.find("balancer", reference);
  if (balancer && isForeignKind(balancer)) return [];
  const own = balancer ? (balancer.text("dnsName") ?? balancer.key) : reference;
  const port = listener.number("port", 80);
  const names = recordsTo(bare(own), inventory);
  const classes = classesOf(listener.key, inventory);
  if (names.length === 0) {
    // A default action that forwards nothing is there for requests that nobody means to send.
    const plain = classes.length > 0 && defaultActionOf(listener).kind === "fixed" ? [] : [{ path: "/" }];
    return [...classes, ...plain].map((line) => entry(own, port, line));
  }
  return names.flatMap((name) => {
    const matching = classes.filter(({ host, matchesHost }) => host === undefined || matchesHost(name));
    const lines = [{ path: "/" }, ...matching.map(({ path }) => ({ path }))];
    return lines.map((line) => entry(name, port, line));
  });
}

interface Line {
  readonly host?: string;
  readonly path: string;
}

/** A host and a path for each rule of a listener. */
function classesOf(listener: string, inventory: Inventory): (Line & { matchesHost: (host: string) => boolean })[] {
  const rules = inventory.all("rule").filter((rule) => {
    const reference = rule.text("listenerArn");
    return reference === listener || inventory.find("listener", reference)?.key === listener;
  });
  return rules.flatMap((rule) => {
    const blocks = rule.objects("conditions");
    const unusual = ["httpHeader", "httpRequestMethod", "queryStrings", "sourceIp"];
    if (blocks.some((block) => unusual.some((part) => listOf(block[part]).length > 0))) return [];
    const first = (part: string) =>
      blocks.flatMap((block) => listOf(block[part]).flatMap((one) => listOf((one as { values?: unknown }).values)))[0];
    const host = first("hostHeader");
    const hostBlocks = blocks
      .filter((block) => listOf(block.hostHeader).length > 0)
      .map(({ hostHeader }) => conditionOf({ hostHeader }));
    return [
      {
        ...(host !== undefined && { host: sampleOf(String(host)) }),
        path: sampleOf(String(first("pathPattern") ?? "/")),
        matchesHost: (name: string) => hostBlocks.every((matches) => matches({ host: name, path: "/" })),
      },
    ];
  });
}

/** The names of the records that lead to a name, directly or by other records. */
function recordsTo(target: string, inventory: Inventory, seen: readonly string[] = []): string[] {
  if (seen.includes(target)) return [];
  const zones = inventory.all("zone");
  const direct = inventory.all("record").filter((record) => {
    const aliases = record.objects("aliases").map(({ name }) => bare(String(name)));
    const values = record.text("type") === "CNAME" ? record.texts("records").map(bare) : [];
    return ["A", "CNAME"].includes(record.text("type") ?? "") && [...aliases, ...values].includes(target);
  });
  const names = direct.map((record) => sampleOf(fullName(record, zones)));
  return [...new Set(names.flatMap((name) => [name, ...recordsTo(name, inventory, [...seen, target])]))];
}

function entry(connectTo: string, port: number, { host = connectTo, path }: Line): EntryPoint {
  return { name: `${connectTo}:${port} ${host}${path}`, connectTo, port, host, path };
}

function unique(entries: readonly EntryPoint[]): EntryPoint[] {
  return [...new Map(entries.map((one) => [one.name, one])).values()];
}
