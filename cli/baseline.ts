import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import type { Judged } from "../policies/rules";
import { Failure } from "./failure";

/** A finding that a team has accepted: the same policy, resource and text. One that has got worse is another. */
const accepted = z.strictObject({ policy: z.string(), urn: z.string(), what: z.string() });
const baseline = z.strictObject({ version: z.literal(1), findings: z.array(accepted) });
export type Accepted = z.infer<typeof accepted>;

/** @throws Failure with exit code 2 where it cannot be read: a baseline that nobody can read accepts nothing. */
export function readBaseline(path: string): Accepted[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new Failure(`the baseline ${path} cannot be read: make it by --write-baseline`, 2);
  }
  try {
    return baseline.parse(JSON.parse(text)).findings;
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error).replace(/\s+/g, " ") : (error as Error).message;
    throw new Failure(`the baseline ${path} is not as --write-baseline writes it: ${reason}`, 2);
  }
}

/** Writes what is refused now. Sorted, so that the file changes only where the findings do. */
export function writeBaseline(path: string, findings: readonly Judged[]): void {
  const key = ({ policy, urn, what }: Accepted) => `${policy} ${urn} ${what}`;
  const refused = findings
    .filter(({ advisory }) => !advisory)
    .map(({ policy, urn, what }) => ({ policy, urn, what }))
    .sort((a, b) => (key(a) < key(b) ? -1 : 1));
  try {
    writeFileSync(path, `${JSON.stringify({ version: 1, findings: refused }, undefined, 2)}\n`);
  } catch (error) {
    throw new Failure(`the baseline cannot be written: ${(error as Error).message}`, 2);
  }
}

export function isAccepted(finding: Judged, baseline: readonly Accepted[]): boolean {
  return baseline.some(
    ({ policy, urn, what }) => policy === finding.policy && urn === finding.urn && what === finding.what,
  );
}
