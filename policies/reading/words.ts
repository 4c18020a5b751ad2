import { nameOf, type Resource } from "../../traffic";

/** A resource in a sentence: its name in the program. */
export function named({ urn }: Pick<Resource, "urn">): string {
  return `"${nameOf(urn)}"`;
}
