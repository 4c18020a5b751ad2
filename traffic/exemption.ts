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

const MOMENT = "a moment such as 2026-12-01T18:00:00Z, or a day (its beginning, UTC)";

/** How the engine hands on a date that stands in YAML without quotes. */
const YAML_DATE = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) \+0000 UTC$/;

export const exemptionKeys = {
  policy: z.string("the name of a policy"),
  urn: z.string("the URN of a resource, or its name").min(1).optional(),
  entryPoint: z.string("a host").min(1).optional(),
  reason: z.string("why, for those who read it later").min(10, "why, in ten characters at least"),
  until: z
    .string(MOMENT)
    .transform((text) => text.replace(YAML_DATE, "$1T$2Z"))
    .pipe(z.union([z.iso.datetime({ offset: true }), z.iso.date()], MOMENT)),
};

/** What `crossfade:breakGlass` holds. */
export const exemptions = z.array(
  z
    .strictObject(exemptionKeys)
    .refine(({ urn, entryPoint }) => (urn === undefined) !== (entryPoint === undefined), "either urn or entryPoint")
    .transform((given): Exemption => ({ ...given, until: new Date(given.until) })),
);
