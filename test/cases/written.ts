import { Ref } from "../small-programs";
import { type Item, mapped, refsIn, Secret } from "./item";

/** An item as the program of the cases reads it. */
export type WrittenItem = Omit<Item, "createdAgo" | "modifiedAgo" | "pendingDelete"> & {
  /** The outputs that others read. */
  reads: string[];
};

/** `items.json` of the program. */
export function written(items: readonly Item[]): string {
  const reads = new Map<string, Set<string>>();
  for (const { name, output } of items.flatMap(({ inputs, outputs }) => refsIn([inputs, outputs]))) {
    reads.set(name, (reads.get(name) ?? new Set()).add(output));
  }
  const asText = (value: unknown) => {
    if (value instanceof Ref) return { $ref: value.name, output: value.output };
    return value instanceof Secret ? { $secret: value.value } : value;
  };
  return JSON.stringify(
    items.map((item) => ({
      ...mapped(item, asText),
      reads: [...(reads.get(item.name) ?? [])].filter((output) => output !== "id"),
    })),
  );
}
