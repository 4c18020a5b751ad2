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
