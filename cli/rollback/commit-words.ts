import { relative } from "node:path";
import type { RolledBack } from "./roll-back";

/** The commit that keeps a rollback: without it the next commit of the stack file has the release again. */
export interface CommitWords {
  message: string;
  /** As one types it in the working directory. */
  command: string;
}

/** Undefined where nothing was rolled back. */
export function commitWords(
  stack: string,
  { routes: [first], rejected, file }: Pick<RolledBack, "routes" | "rejected" | "file">,
): CommitWords | undefined {
  if (!first) return undefined;
  const { to, from } = first;
  const versions = rejected.map(({ digest }) => digest.slice(0, 19)).join(", ");
  const message = `Roll ${stack} back to ${to}${versions ? `: ${versions} of ${from} is rejected` : ""}`;
  return { message, command: `git commit -m "${message}" -- ${relative(process.cwd(), file)}` };
}
