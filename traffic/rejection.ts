/**
 * One entry of `crossfade:rejected`: a version that had users and was taken back.
 *
 * It stands in the stack config, and the update that takes the version back puts it into the state: whoever applies an older commit
 * afterwards has a config without it.
 */
export interface Rejection {
  /** Of the image, whatever its repository: `sha256:` and 64 hex digits. */
  digest: string;
  /** When it was taken back; ISO 8601. */
  at: string;
  /** Why, for those who read it later. */
  reason: string;
}

/** The digest that an image is named by; undefined where it is named by a tag. */
export function digestOf(image: string): string | undefined {
  return /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1];
}
