import { type NumberedFile, refusals } from "../../migrations";
import { Failure } from "../failure";

/** The rules that are about the run itself. What else the SQL does to users is judged before, by the policy `migration-locks`. */
const OF_THE_RUN: readonly string[] = ["own-transaction", "not-repeatable"];

/** @throws Failure where a file, once it has failed half way, could not be finished by a second run; nothing has been run then */
export function checkFinishable(files: readonly NumberedFile[], version: number): void {
  const found = refusals([], files, { phase: "contract", version }).filter(({ rule }) => OF_THE_RUN.includes(rule));
  if (found.length === 0) return;
  const lines = found.map(
    ({ file, line, what, why, safe }) => `${file}, line ${line}: ${what}. ${why} Instead: ${safe.join("; ")}`,
  );
  throw new Failure(`${lines.join("\n")}\nNothing is run`);
}
