import type { DataPlane } from "../dataplane";
import type { Records } from "../providers";
import type { Images } from "../providers/image";

/** What the API answers from, and changes: the same that the providers do. */
export interface Cloud {
  records: Records;
  dataPlane: DataPlane;
  /** Which command stands for an image. */
  images: () => Images;
  /** Brings the traffic to what the records say. */
  apply(): Promise<void>;
}

/** AWS's paging: so many of the list from the marker on, and the marker of the rest. */
export function page<T>(all: readonly T[], size: number, marker = "0"): { items: T[]; next?: string } {
  const from = Number(marker);
  const items = all.slice(from, from + size);
  return { items, ...(from + size < all.length && { next: String(from + size) }) };
}
