import { readFileSync } from "node:fs";
import { Failure } from "./failure";

/**
 * The settings of the policies, in the file that the engine takes by `--policy-pack-config`.
 * @throws Failure where it is none
 */
export function settingsIn(path: string): Record<string, unknown> {
  let settings: unknown;
  try {
    settings = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const is = error instanceof SyntaxError ? "is no JSON" : "cannot be read";
    throw new Failure(`${path} ${is}: ${(error as Error).message}`, 2);
  }
  const isObject = typeof settings === "object" && settings !== null && !Array.isArray(settings);
  if (!isObject) throw new Failure(`${path} must hold an object: the settings of each policy, by its name`, 2);
  return settings as Record<string, unknown>;
}
