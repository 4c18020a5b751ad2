import { z } from "zod";
import type { Exemption } from "./exemption";

// Apart from its type, for the types of the package must not need those of zod.

/** The engine reads a moment without quotes as one, and hands it over as Go writes it (`time.Time.String`). */
const AS_GO_WRITES = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) ([+-]\d\d)(\d\d) \S+$/;

/** A moment in the config. */
export const moment = z
  .union(
    [z.iso.datetime({ offset: true }), z.iso.date(), z.string().regex(AS_GO_WRITES)],
    "a moment such as 2026-12-01T18:00:00Z, or a day (its beginning, UTC)",
  )
  .transform((text) => new Date(text.replace(AS_GO_WRITES, "$1T$2$3:$4")));

export const exemptionKeys = {
  policy: z.string("the name of a policy"),
  urn: z.string("the URN of a resource, or its name").min(1).optional(),
  entryPoint: z.string("a host").min(1).optional(),
  reason: z.string("why, for those who read it later").min(10, "why, in ten characters at least"),
  until: moment,
};

/** What `crossfade:breakGlass` holds. */
export const exemptions = z.array(
  z
    .strictObject(exemptionKeys)
    .refine(({ urn, entryPoint }) => (urn === undefined) !== (entryPoint === undefined), "either urn or entryPoint")
    .transform((given): Exemption => given),
);
