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
