/** What was given to be judged is not what it should be: cut off, of a kind that is not known here, or of another stack. */
export class Unreadable extends Error {}
