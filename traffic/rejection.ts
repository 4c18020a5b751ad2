/**
 * One entry of `crossfade:rejected`: a version that had users and was taken back.
 *
 * It stands in the stack config, and the update that takes the version back puts it into the state: whoever applies an older commit
 * afterwards has a config without it.
 */
export interface Rejection {
  /** Of the image, whatever its repository: `sha256:` and 64 hex digits; of a machine image its id, `ami-` and 8 or 17. */
  digest: string;
  /** When it was taken back; ISO 8601. */
  at: string;
  /** Why, for those who read it later. */
  reason: string;
}

/** The digest that an image is named by, or a machine image's id; undefined where it is named by a tag. */
export function digestOf(image: string): string | undefined {
  return isAmi(image) ? image : /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1];
}

/** Whether it is the id of a machine image, which never means another one (EC2 guide, "AMI"), and not a container's image. */
export function isAmi(image: string): boolean {
  return /^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(image);
}
