import type { Properties } from "./record";

/** What AWS answers to a call that it refuses, as the provider shows it. */
export class AwsError extends Error {
  constructor(
    operation: string,
    readonly code: string,
    readonly reason: string,
    /** The HTTP status. */
    readonly status = 400,
  ) {
    super(`operation error: ${operation}, api error ${code}: ${reason}`);
  }
}

/** The resource is there and did not come up: the engine keeps it, and tries again at the next update. */
export class NotSteady extends Error {
  /** What was made; absent where an update was taken back. */
  resource?: { id: string; inputs: Properties; properties: Properties };

  /**
   * @param reasons what it waits for, besides the message
   * @param isTakenBack whether an update has put the resource back to what it was
   */
  constructor(
    message: string,
    readonly reasons: readonly string[] = [],
    readonly isTakenBack = false,
  ) {
    super(message);
  }
}
