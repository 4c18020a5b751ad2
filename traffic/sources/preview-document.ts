import { z } from "zod";
import { documented, documentedStep, type EngineStep, operation } from "./engine-step";
import { shaped } from "./serialized";
import { Unreadable } from "./unreadable";

/** Of the document of `pulumi preview --json` what is read here (pulumi/pkg, `display.PreviewDigest`). */
const document = z.object({
  config: z.record(z.string(), z.string()).default({}),
  steps: z.array(documentedStep).default([]),
  diagnostics: z.array(z.object({ message: z.string().default(""), severity: z.string().default("") })).default([]),
  changeSummary: z.partialRecord(operation, z.number()).optional(),
});

/** What a document tells. */
export interface PreviewDocument {
  steps: EngineStep[];
  config: Record<string, string>;
  /** The flags without which it leaves out what must be known, of those that were not given as far as it shows. */
  missing: ("--show-sames" | "--show-replacement-steps")[];
}

/** What each counts as one in the summary. */
const COUNTED = ["create", "update", "delete", "replace", "import"] as const;

/**
 * Reads the document of `pulumi preview --json`.
 * @throws Unreadable where it is not the whole of a preview that succeeded.
 */
export function readDocument(object: unknown): PreviewDocument {
  const { steps, diagnostics, changeSummary, config } = shaped(document, object, "the preview");
  const error = diagnostics.find(({ severity }) => severity === "error");
  if (error) throw new Unreadable(`the preview failed: ${error.message.trim().split("\n")[0]}`);
  if (!changeSummary) throw new Unreadable("the preview has no summary: it failed, or it is no preview");
  const count = (op: string) => steps.filter((step) => step.op === op).length;
  const short = COUNTED.find((op) => count(op) !== (changeSummary[op] ?? 0));
  if (short) {
    throw new Unreadable(`the preview counts ${changeSummary[short] ?? 0} to ${short}, and ${count(short)} are in it`);
  }
  const missing: PreviewDocument["missing"] = [];
  if (count("same") < (changeSummary.same ?? 0)) missing.push("--show-sames");
  // A replacement has steps of its own, shown with the flag only. Where nothing is replaced, nothing tells.
  if (count("create-replacement") < count("replace") || count("replace") === 0)
    missing.push("--show-replacement-steps");
  return { steps: steps.map(documented), missing, config };
}
