import { parse } from "yaml";
import { at, list, type Properties, type Resource, UNKNOWN } from "../resource";
import { formerOf } from "./former";
import type { PlannedChange, PropertyChange } from "./planned-change";
import { sameValue } from "./same-value";

/**
 * The changes with all that is made by a provider whose configuration leads to another cluster, region or account: what it made
 * is not there, so it is made anew, whatever of itself is unchanged.
 *
 * @param kinds the types of providers that are compared
 */
export function changedWithProvider(
  changes: readonly PlannedChange[],
  prior: readonly Resource[],
  desired: readonly Resource[],
  kinds: readonly string[] = ["pulumi:providers:aws", "pulumi:providers:kubernetes"],
): PlannedChange[] {
  const elsewhere = compareProviders(prior, desired, kinds);
  const replaced = new Set(changes.flatMap((change) => (change.kind === "replace" ? [change.after.urn] : [])));
  const moved = new Map<string, PlannedChange>();
  for (const after of desired) {
    const before = formerOf(after, prior);
    if (!before || !after.custom || replaced.has(after.urn) || staysInRegion(before, after)) continue;
    const because = elsewhere(before.provider, after.provider);
    if (because.length === 0) continue;
    moved.set(after.urn, { kind: "replace", before, after, because, deletedFirst: after.deleteBeforeReplace === true });
  }
  const others = changes.filter((change) => !("after" in change && moved.has(change.after.urn)));
  return [...others, ...moved.values()];
}

/** Tells what in the configuration of a resource's provider leads somewhere else. What is not shown is taken to be the same. */
function compareProviders(prior: readonly Resource[], desired: readonly Resource[], kinds: readonly string[]) {
  const isProvider = ({ type }: Resource) => kinds.includes(type);
  const olds = new Map(prior.filter((r) => isProvider(r) && !r.pendingDelete).map((r) => [r.urn, r]));
  const news = new Map(desired.filter(isProvider).map((r) => [r.urn, r]));
  const known = new Map<string, PropertyChange[]>();
  return (before: string | undefined, after: string | undefined): PropertyChange[] => {
    const [old, now] = [olds.get(before ?? ""), news.get(after ?? "")];
    if (!old || !now) return [];
    const key = `${before} ${after}`;
    const found = known.get(key) ?? changed(now.type, old.inputs, now.inputs);
    known.set(key, found);
    return found;
  };
}

function changed(type: string, before: Properties, after: Properties): PropertyChange[] {
  if (type === "pulumi:providers:kubernetes") return otherCluster(before, after);
  if (type === "pulumi:providers:aws") return otherRegionOrAccount(before, after);
  return [];
}

/**
 * A cluster has no identity of its own: it is what the active context of the kubeconfig names, and `clusterIdentifier` where it
 * is set outranks that (pulumi-kubernetes, `DiffConfig`). Another token or user is no other cluster.
 */
export function otherCluster(before: Properties, after: Properties): PropertyChange[] {
  if (before.clusterIdentifier !== undefined && after.clusterIdentifier !== undefined) {
    return differences(["clusterIdentifier"], before, after);
  }
  const differing = differences(["kubeconfig", "context", "cluster"], before, after);
  if (differing.length === 0) return [];
  const [old, now] = [activeCluster(before), activeCluster(after)];
  return old !== undefined && now !== undefined && sameValue(old, now) ? [] : differing;
}

/** What the kubeconfig says of the cluster that is spoken to; undefined where that cannot be told, as of a path to a file. */
function activeCluster({ kubeconfig, context, cluster }: Properties): unknown {
  if (context === UNKNOWN || cluster === UNKNOWN) return undefined;
  const config = fromText(kubeconfig);
  const named = (key: string, name: unknown) => list(at(config, key)).find((item) => at(item, "name") === name);
  const active = named("contexts", context ?? at(config, "current-context"));
  return at(named("clusters", cluster ?? at(active, "context", "cluster")), "cluster");
}

function otherRegionOrAccount(before: Properties, after: Properties): PropertyChange[] {
  // A state of an old engine has no region in it, which is no other region (pulumi-terraform-bridge#1958).
  const region = before.region === undefined ? [] : differences(["region"], before, after);
  const account = differences(["allowedAccountIds", "assumeRole", "assumeRoles"], before, after).filter((change) => {
    const [old, now] = [accounts(change.before), accounts(change.after)];
    return change.after === UNKNOWN || (old.length > 0 && now.length > 0 && !sameValue(old, now));
  });
  return [...region, ...account];
}

/** The accounts in a list of their ids, or of roles by their ARNs. */
function accounts(value: unknown): string[] {
  const items = [fromText(value)].flat();
  return items.flatMap((item) => {
    const [text] = [typeof item === "string" ? item : at(item, "roleArn")];
    if (typeof text !== "string") return [];
    return text.startsWith("arn:") ? (text.split(":")[4] ?? []) : text;
  });
}

/** Since version 7 each resource of AWS has its region, by default the provider's. */
function staysInRegion(before: Resource, after: Resource): boolean {
  return before.inputs.region !== undefined && sameValue(before.inputs.region, after.inputs.region);
}

function differences(properties: readonly string[], before: Properties, after: Properties): PropertyChange[] {
  return properties
    .filter((property) => !sameValue(before[property], after[property]))
    .map((property) => ({ property: `provider ${property}`, before: before[property], after: after[property] }));
}

/** A provider's nested properties are JSON text, a kubeconfig may be YAML. */
function fromText(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return parse(value);
  } catch {
    return undefined;
  }
}
