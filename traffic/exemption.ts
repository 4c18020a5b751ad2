import { z } from "zod";

/**
 * One entry of `crossfade:breakGlass`: lets a policy's findings on one resource or one entry point through until a moment.
 *
 * It stands in the stack config, so that who let what through, and why, is in the history of the repository.
 */
export interface Exemption {
  /** The policy's name. */
  policy: string;
  /** The URN of the resource, or its name in the program. */
  urn?: string;
  /** A host that requests come in by. */
  entryPoint?: string;
  reason: string;
  /** From then on it is no exemption any more, and refused until it is taken out. */
  until: Date;
}

/** The engine reads a moment without quotes as one, and hands it over as Go writes it (`time.Time.String`). */
const AS_GO_WRITES = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) ([+-]\d\d)(\d\d) \S+$/;

export const exemptionKeys = {
  policy: z.string("the name of a policy"),
  urn: z.string("the URN of a resource, or its name").min(1).optional(),
  entryPoint: z.string("a host").min(1).optional(),
  reason: z.string("why, for those who read it later").min(10, "why, in ten characters at least"),
  until: z.union(
    [z.iso.datetime({ offset: true }), z.iso.date(), z.string().regex(AS_GO_WRITES)],
    "a moment such as 2026-12-01T18:00:00Z, or a day (its beginning, UTC)",
  ),
};

/** What `crossfade:breakGlass` holds. */
export const exemptions = z.array(
  z
    .strictObject(exemptionKeys)
    .refine(({ urn, entryPoint }) => (urn === undefined) !== (entryPoint === undefined), "either urn or entryPoint")
    .transform((given): Exemption => ({ ...given, until: moment(given.until) })),
);

function moment(text: string): Date {
  return new Date(text.replace(AS_GO_WRITES, "$1T$2$3:$4"));
}
