import type { Entity } from "../update/entity";
import type { RecordForm } from "./records";

const OF_A_ROUTE = "crossfade:index:WeightedDnsRoute$aws:route53/record:Record";

/**
 * Whether a record is the preview host of a color: a route's own, and none of its weighted ones. People look at an edge by it
 * before it has weight; no live user asks for its name.
 */
export function isPreviewRecord({ urn }: Entity, forms: readonly (RecordForm | undefined)[]): boolean {
  const type = urn.split("::")[2] ?? "";
  return type.endsWith(OF_A_ROUTE) && forms.every((form) => form === undefined || form.setIdentifier === "");
}
