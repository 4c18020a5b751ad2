import { nameOf, type PlannedChange } from "../traffic";

/** A planned change as a line of text. */
export function changeLine(change: PlannedChange): string {
  const name = nameOf("after" in change ? change.after.urn : change.before.urn);
  if (change.kind === "delete") return `delete ${name}${change.leftOver ? ", left over" : ""}`;
  if (change.kind !== "replace") return `${change.kind} ${name}`;
  const order = change.deletedFirst ? "deleted first" : "created first";
  return `replace ${name}, ${order}, for ${change.because.map(({ property }) => property)}`;
}
