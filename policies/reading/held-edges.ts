import {
  ALIAS_TTL,
  CLIENT_KEEP_ALIVE,
  type EdgeHold,
  number,
  type Resource,
  type Serving,
  servingResources,
} from "../../traffic";
import type { Plan } from "../plan";
import { DRAIN, drainOf } from "./drains";
import { balancersOf, behindRecord } from "./edges";
import { groupBy } from "./group-by";
import { type DnsRecord, recordSets } from "./record-sets";
import { haveMoved, weightsSince } from "./rollouts";
import { read, seconds, setting, stateOf } from "./state";
import { GROUP } from "./types";

/** Where records of weight 0 still lead clients that asked before, by caches and by connections that they keep. */
export interface DarkEdge {
  /** One of the records. */
  record: Resource;
  /** Since when the weights are as they are; undefined where that cannot be told. */
  since: Date | undefined;
  hold: EdgeHold;
  /** What these clients reach, and what that stands on, the records among them. To work it out is as long as who serves. */
  reached(): Serving;
}

/** The edges from which all weight was taken, before an update. One that never had weight holds nobody. */
export function darkEdges({ prior }: Pick<Plan, "prior">): DarkEdge[] {
  const sets = recordSets(stateOf(prior));
  const dark = sets.flatMap((set) => (isLit(set) ? set.filter(({ weight }) => weight === 0) : []));
  const left = dark.map(({ resource }) => resource).filter((record) => wasLit(record, prior));
  return [...groupBy(left, (record) => [edgeKey(record)]).values()].flatMap((records) => {
    const [record] = records;
    if (!record) return [];
    const since = weightsSince(record, prior);
    return [
      { record, since, hold: longest(records.map((r) => holdOf(r, prior))), reached: () => reachedBy(records, prior) },
    ];
  });
}

/** What would serve no more with all weight of these records gone, and does with it. */
export function servedOnlyBy(records: readonly Resource[], prior: readonly Resource[]): Serving {
  const without = servingResources(withWeight(prior, records, 0));
  return new Map([...servingResources(prior)].filter(([resource]) => !without.has(resource)));
}

function reachedBy(records: readonly Resource[], prior: readonly Resource[]): Serving {
  const dark = servingResources(prior);
  const lit = servingResources(withWeight(prior, records, 1));
  const own = new Set(prior);
  const reached = new Map([...lit].filter(([resource]) => !dark.has(resource) && own.has(resource)));
  // The records too: with them goes the knowledge until when the rest must stay.
  for (const record of records)
    reached.set(record, { share: 0, why: "led clients there that may still hold on to it" });
  return reached;
}

function withWeight(prior: readonly Resource[], records: readonly Resource[], weight: number): Resource[] {
  const weightedRoutingPolicies = [{ weight }];
  return prior.map((resource) =>
    records.includes(resource)
      ? {
          ...resource,
          inputs: { ...resource.inputs, weightedRoutingPolicies },
          outputs: { ...resource.outputs, weightedRoutingPolicies },
        }
      : resource,
  );
}

function isLit(set: readonly DnsRecord[]): boolean {
  return set.some(({ isWeighted, weight }) => isWeighted && weight !== 0);
}

/** Whether a record of weight 0 may have had more since it was made. */
function wasLit(record: Resource, prior: readonly Resource[]): boolean {
  const { created, modified } = record;
  if (!haveMoved(record, prior) || (created !== undefined && created === modified)) return false;
  const since = weightsSince(record, prior);
  return created === undefined || since === undefined || Date.parse(created) < since.getTime();
}

/** The records of all types that lead a name's clients to one edge move together. */
function edgeKey(record: Resource): string {
  return ["zoneId", "name", "setIdentifier"].map((key) => String(setting(record, key))).join();
}

/** How long clients that a record leads somewhere may come back there. */
export function holdOf(record: Resource, resources: readonly Resource[]): EdgeHold {
  const state = stateOf(resources);
  const keptAlive = balancersOf(record, state).map((b) => seconds(read(b, "clientKeepAlive"), CLIENT_KEEP_ALIVE));
  const groups = [...behindRecord(record, state)].filter(({ type }) => type === GROUP);
  const drains = groups.map((group) => drainOf(group, state));
  return {
    // An alias has none of its own.
    ttl: number(setting(record, "ttl")) || ALIAS_TTL,
    keepAlive: Math.max(0, ...keptAlive.map((s) => s ?? CLIENT_KEEP_ALIVE)),
    drain: Math.max(0, ...drains.map((s) => s ?? DRAIN)),
  };
}

function longest(holds: readonly EdgeHold[]): EdgeHold {
  const most = (of: (hold: EdgeHold) => number) => Math.max(...holds.map(of));
  return { ttl: most((h) => h.ttl), keepAlive: most((h) => h.keepAlive), drain: most((h) => h.drain) };
}
