import type { Entity } from "../update/entity";
import type { RecordForm } from "./records";

const OF_A_ROUTE = "crossfade:index:WeightedDnsRoute$aws:route53/record:Record";

/** Whether a record is a DNS route's of ours, by its URN, which holds the types that it stands under. */
export function isOfDnsRoute({ urn }: { urn: string }): boolean {
  return urn.split("::")[2]?.endsWith(OF_A_ROUTE) ?? false;
}

/**
 * Whether a record is the preview host of a color: a route's own, and none of its weighted ones. People look at an edge by it
 * before it has weight; no live user asks for its name.
 */
export function isPreviewRecord(entity: Entity, forms: readonly (RecordForm | undefined)[]): boolean {
  return isOfDnsRoute(entity) && forms.every((form) => form === undefined || form.setIdentifier === "");
}
