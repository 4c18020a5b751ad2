/** Something that the user can mend: its message is all that is shown. */
export class Failure extends Error {
  constructor(
    message: string,
    /** 1: refused or failed. 2: wrong usage or unreadable input. */
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message);
  }
}

/** An end that is none of success, as `--json` tells it. */
export function failedBy(error: unknown): { result: "failed"; why: string; exitCode: number } {
  const why = error instanceof Error ? error.message : String(error);
  return { result: "failed", why, exitCode: error instanceof Failure ? error.exitCode : 1 };
}
