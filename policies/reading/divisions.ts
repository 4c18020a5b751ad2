import { isPreview, type Resource } from "../../traffic";
import type { Plan } from "../plan";
import { balancersOf, carriersOn } from "./edges";
import { forwarded, isCarrier } from "./forwards";
import { answerersOf } from "./members";
import { sharesOf } from "./raises";
import { type DnsRecord, recordSets } from "./record-sets";
import { type State, setting, stateOf } from "./state";
import { RECORD } from "./types";
import { named } from "./words";

/** How requests are divided among target groups, Services or edges before an update and after it, where the update touches that. */
export interface Division {
  /** What carries the weights; one of them where they are several. */
  carrier: Resource;
  /** A phrase such as `"shop"`: whose requests they are. */
  of: string;
  /** The share of each by URN, 0 to 1: of a group or a Service, or of the record that leads to an edge. */
  had: ReadonlyMap<string, number>;
  /** By the URNs that they have after it. */
  has: ReadonlyMap<string, number>;
}

/** The divisions that an update touches, by rules, listeners and routes of Kubernetes and by weighted records. */
export function divisions(plan: Plan): Division[] {
  return [...byRules(plan), ...byRecords(plan)];
}

function byRules({ prior, desired, changes }: Plan): Division[] {
  return changes.flatMap((change) => {
    if (change.kind !== "update" || !isCarrier(change.after)) return [];
    if (isPreview(change.after.inputs.conditions)) return [];
    const had = sharesOf(change.before, stateOf(prior));
    const has = sharesOf(change.after, stateOf(desired));
    return had && has ? [{ carrier: change.after, of: named(change.after), had, has }] : [];
  });
}

/** The records of a name move together: those of one type stand for all. */
function byRecords({ prior, desired, changes }: Plan): Division[] {
  const changed = new Set(changes.flatMap((change) => ("after" in change ? [change.after] : [])));
  const before = recordSets(stateOf(prior));
  const told = new Set<string>();
  return recordSets(stateOf(desired)).flatMap((set) => {
    const carrier = set.find(({ resource }) => changed.has(resource))?.resource;
    const former = new Set(set.map(({ resource }) => resource.urn));
    const heirs = before.find((one) =>
      one.some(({ resource }) => former.has(stateOf(desired).heirOf(resource)?.urn ?? "")),
    );
    const [had, has] = [heirs && sharesIn(heirs), sharesIn(set)];
    if (!carrier || !had || !has) return [];
    const name = String(setting(carrier, "name"));
    const key = `${String(setting(carrier, "zoneId"))} ${name}`;
    if (told.has(key)) return [];
    told.add(key);
    return [{ carrier, of: name, had, has }];
  });
}

/** Undefined where not all are weighted, or a weight is not known. */
function sharesIn(set: readonly DnsRecord[]): Map<string, number> | undefined {
  if (set.some(({ isWeighted, weight }) => !isWeighted || weight === undefined)) return undefined;
  const sum = set.reduce((total, { weight = 0 }) => total + weight, 0);
  if (sum === 0) return undefined;
  return new Map(set.map(({ resource, weight = 0 }) => [resource.urn, weight / sum]));
}

/** What runs the targets that a group, a Service, or the edge that a record leads to, answers with. */
export function answerersBehind(end: Resource, state: State): readonly Resource[] {
  if (end.type !== RECORD) return answerersOf(end, state);
  const weighted = balancersOf(end, state).flatMap((balancer) =>
    carriersOn(balancer, state).flatMap((carrier) =>
      forwarded(carrier, state).flatMap(({ ends, weight }) => (weight === 0 ? [] : ends)),
    ),
  );
  return [...new Set(weighted.flatMap((group) => answerersOf(group, state)))];
}
