import { createHash } from "node:crypto";
import { rules } from "../policies/rules";
import { nameOf } from "../traffic";
import type { Verdict } from "./verdict";

const SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";

/**
 * The verdict as SARIF 2.1.0 (OASIS). A resource is a logical location, by its URN; code scanning shows a result only at a file,
 * which is the project's.
 */
export function verdictSarif({ findings }: Verdict): object {
  const own = rules.map(({ name, description, mechanism, safeWay }) => ({
    id: name,
    shortDescription: { text: description },
    fullDescription: { text: mechanism },
    help: { text: safeWay },
  }));
  const named = new Set(own.map(({ id }) => id));
  // The exemptions are told by a name of their own.
  const others = [...new Set(findings.map(({ policy }) => policy))].filter((policy) => !named.has(policy));
  const ruleIds = [...own.map(({ id }) => id), ...others];
  return {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "crossfade", rules: [...own, ...others.map((id) => ({ id }))] } },
        invocations: [{ executionSuccessful: true }],
        results: findings.map(({ policy, urn, what, why, instead, advisory, accepted }) => ({
          ruleId: policy,
          ruleIndex: ruleIds.indexOf(policy),
          level: advisory ? "note" : "error",
          message: { text: [what, why, instead].join("\n") },
          locations: [
            {
              physicalLocation: { artifactLocation: { uri: "Pulumi.yaml" }, region: { startLine: 1 } },
              logicalLocations: [{ name: nameOf(urn), fullyQualifiedName: urn, kind: "resource" }],
            },
          ],
          partialFingerprints: { "crossfade/v1": fingerprint(policy, urn, what) },
          // A team's own decision, which lies beside the code and not in it.
          ...(accepted && { suppressions: [{ kind: "external", justification: "in the baseline" }] }),
        })),
      },
    ],
  };
}

function fingerprint(...parts: string[]): string {
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 32);
}
