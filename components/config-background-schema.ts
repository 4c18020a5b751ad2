import { z } from "zod";
import { DNS_LABEL, DNS_LABEL_WORDS } from "./kubernetes-names";

/** What runs unasked has of its own; the rest is the version's. */
const own = {
  command: z.array(z.string()).min(1).optional(),
  cpu: z.int().min(1).optional(),
  memory: z.int().min(1).optional(),
};

const name = z.string().regex(DNS_LABEL, DNS_LABEL_WORDS);

const worker = z.strictObject({
  ...own,
  replicas: z.int().min(1).max(5000).optional(),
  exclusive: z.boolean().optional(),
});

const schedule = z.strictObject({
  ...own,
  at: z.string().min(1, "when it starts"),
  zone: z.string().min(1, "a time zone's IANA name").optional(),
});

/** What of a version works without being asked, by name. */
export const background = {
  workers: z.record(name, worker),
  schedules: z.record(name, schedule),
  signal: z.boolean("true or false"),
};

/** The keys of one of them. */
export function knownBackgroundKeys(kind: PropertyKey | undefined): string[] | undefined {
  if (kind === "workers") return Object.keys(worker.shape);
  return kind === "schedules" ? Object.keys(schedule.shape) : undefined;
}
