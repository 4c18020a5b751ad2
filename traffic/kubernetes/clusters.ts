import { formerOf } from "../changes/former";
import type { PlannedChange } from "../changes/planned-change";
import { otherCluster } from "../changes/provider-change";
import type { Resource } from "../resource";
import type { Entity } from "../update/entity";

const PROVIDER = "pulumi:providers:kubernetes";

/**
 * The cluster that a provider speaks to, by its URN: the first one that speaks to it stands for all. Of those whose configuration
 * is not told each has a cluster of its own, and what names no provider is in one.
 *
 * A provider may get another URN, as the default one does with each version of the SDK. What goes on under it and is not made anew
 * is where it was.
 */
export function clustersOf(
  prior: readonly Resource[],
  desired: readonly Resource[] = [],
  changes: readonly PlannedChange[] = [],
): (provider: string | undefined) => string | undefined {
  const replaced = new Set(changes.flatMap((change) => (change.kind === "replace" ? [change.after] : [])));
  const firsts = new Map<string, string>();
  const first = (urn: string): string => firsts.get(urn) ?? urn;
  const distinct: Resource[] = [];
  for (const provider of [...prior, ...desired]) {
    if (provider.type !== PROVIDER || provider.pendingDelete || firsts.has(provider.urn)) continue;
    const same = distinct.find((other) => otherCluster(other.inputs, provider.inputs).length === 0);
    firsts.set(provider.urn, same?.urn ?? provider.urn);
    if (!same) distinct.push(provider);
  }
  for (const after of desired) {
    if (!after.type.startsWith("kubernetes:") || after.provider === undefined || replaced.has(after)) continue;
    const before = formerOf(after, prior)?.provider;
    if (before !== undefined && first(before) !== first(after.provider)) joined(first(before), first(after.provider));
  }
  return (provider) => (provider === undefined ? undefined : first(provider));

  function joined(to: string, from: string): void {
    for (const [urn, known] of firsts) if (known === from) firsts.set(urn, to);
    firsts.set(from, to);
  }
}

/** The same with each form in its cluster. */
export function inCluster(entity: Entity, clusters: ReturnType<typeof clustersOf>): Entity {
  if (!entity.type.startsWith("kubernetes:")) return entity;
  return { ...entity, forms: entity.forms.map((form) => form && { ...form, cluster: clusters(form.cluster) }) };
}
