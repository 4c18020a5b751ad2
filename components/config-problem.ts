import { RunError } from "@pulumi/pulumi";
import { closest, distance } from "fastest-levenshtein";

/** One thing that is wrong with the stack config. */
export interface Problem {
  /** Such as `crossfade:service.port`. */
  path: string;
  /** What was found and what is allowed. */
  message: string;
}

/** Takes what is wrong, by its path below `crossfade:`. */
export type Report = (path: string, message: string) => void;

/** All that is wrong with a stack config, in one error. The engine shows its text and no stack trace. */
export class ConfigError extends RunError {
  constructor(
    stackName: string,
    readonly problems: readonly Problem[],
  ) {
    const count = problems.length === 1 ? "an error" : `${problems.length} errors`;
    const width = Math.max(...problems.map(({ path }) => path.length));
    const lines = problems.map(({ path, message }) => `  ${path.padEnd(width)}  ${message}`);
    super([`the stack config of "${stackName}" has ${count}; nothing was changed:`, ...lines].join("\n"));
  }
}

/** ` Did you mean "x"?` where one of the known names is near, else nothing. */
export function didYouMean(given: string, known: readonly string[]): string {
  if (known.length === 0) return "";
  const nearest = closest(given, [...known]);
  return distance(given, nearest) <= Math.max(2, given.length / 3) ? ` Did you mean "${nearest}"?` : "";
}
