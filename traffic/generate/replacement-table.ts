import type { Replacement } from "../changes/replaced-by";
import type { Specification, Verdict } from "./cloudformation";
import { CORRECTIONS, type Correction } from "./corrections";
import { ALWAYS_DELETED_FIRST, AUTO_NAMED } from "./deleted-first";
import { type Naming, TYPES } from "./names";
import { hasInput, type ProviderType, providerType } from "./provider-types";

/** What the table is made from; a test changes one of them to see that it is noticed. */
export interface Sources {
  specification: Specification;
  types?: Record<string, Naming>;
  corrections?: Record<string, readonly Correction[]>;
}

export interface Table {
  rows: Record<string, Replacement>;
  /** One line for each property on which CloudFormation and the provider differ, with what settles it. */
  settled: string[];
}

/** Throws one error with all that is neither agreed nor settled, and with every line of the tables that has no use. */
export function replacementTable({ specification, types = TYPES, corrections = CORRECTIONS }: Sources): Table {
  const problems = Object.keys(corrections)
    .concat(Object.keys(AUTO_NAMED), ALWAYS_DELETED_FIRST)
    .filter((type) => types[type] === undefined)
    .map((type) => `${type}: not among the types of names.ts`);
  const settled: string[] = [];
  const rows: Record<string, Replacement> = {};
  for (const [type, naming] of Object.entries(types).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const provider = providerType(type);
    const row = rowOf(naming, provider, corrections[type] ?? [], specification);
    problems.push(...row.problems.map((problem) => `${type}: ${problem}`));
    settled.push(...row.settled.map((line) => `${type}.${line}`));
    const autoNamed = AUTO_NAMED[type] ?? (provider.inputs.get("name")?.required === false ? "name" : undefined);
    if (autoNamed !== undefined && !hasInput(provider, autoNamed)) problems.push(`${type}: has no ${autoNamed}`);
    rows[type] = {
      properties: row.properties.sort(),
      ...(autoNamed === undefined ? {} : { autoNamed }),
      ...(ALWAYS_DELETED_FIRST.includes(type) ? { deletedFirst: true } : {}),
    };
  }
  if (problems.length > 0) throw new Error(`the replacement table cannot be made:\n- ${problems.join("\n- ")}`);
  return { rows, settled };
}

function rowOf(
  { cloudFormation, named = {} }: Naming,
  provider: ProviderType,
  corrections: readonly Correction[],
  specification: Specification,
) {
  const problems: string[] = [];
  const spec = cloudFormation === undefined ? new Map<string, Verdict>() : specification(cloudFormation);
  for (const path of Object.keys(named)) {
    if (!spec.has(path)) problems.push(`names.ts names ${path}, on which CloudFormation does not replace`);
    if (named[path] === sameName(provider, path)) problems.push(`names.ts names ${path}, which is found without`);
  }

  const verdicts = new Map<string, Verdict>();
  for (const [path, verdict] of spec) {
    const properties = [named[path] ?? sameName(provider, path) ?? path].flat();
    for (const property of properties) {
      // Several properties of CloudFormation may be one here: the worst counts.
      if (hasInput(provider, property)) verdicts.set(property, verdicts.get(property) === "yes" ? "yes" : verdict);
      else problems.push(`CloudFormation's ${path} is no ${property} of the provider: name it in names.ts`);
    }
  }

  const correctionOf = new Map(corrections.flatMap((c) => c.properties.map((property) => [property, c] as const)));
  const spoken = [...provider.inputs].filter(([, { says }]) => says !== undefined).map(([property]) => property);
  const settled: string[] = [];
  const properties: string[] = [];
  for (const property of new Set([...verdicts.keys(), ...spoken, ...correctionOf.keys()])) {
    const verdict = verdicts.get(property);
    const correction = correctionOf.get(property);
    const says = provider.inputs.get(property)?.says;
    if (correction === undefined) {
      if (verdict === "yes") properties.push(property);
      else
        problems.push(
          `${property} is not settled: CloudFormation ${verdict ?? "does not say"}, the provider ${says ?? "neither"}`,
        );
      continue;
    }
    const { replaces, source } = correction;
    if (!hasInput(provider, property)) problems.push(`corrections.ts has ${property}, which the provider has not`);
    if (replaces === "yes") properties.push(property);
    if (replaces === "yes" && verdict === "yes") problems.push(`corrections.ts has ${property}, which was agreed`);
    if (replaces === "no" && !verdict && !says) problems.push(`corrections.ts has ${property}, of which nobody spoke`);
    if (replaces === "sometimes" && !provider.hasArn) problems.push(`${property} needs a verdict: there is no ARN`);
    settled.push(`${property}: CloudFormation ${verdict ?? "does not say"}, the provider ${replaces} (${source})`);
  }
  return { properties: [...properties, ...beside(properties, provider)], settled, problems };
}

/** The provider's name of a property of CloudFormation, where they differ in the case of letters only. */
function sameName(provider: ProviderType, path: string): string | undefined {
  if (path.includes(".")) return lowerCamel(path);
  return [...provider.inputs.keys()].find((name) => name.toLowerCase() === path.toLowerCase());
}

function lowerCamel(path: string): string {
  return path
    .split(".")
    .map((key) => key.charAt(0).toLowerCase() + key.slice(1))
    .join(".");
}

/**
 * What goes for every type: another region is another resource (terraform-provider-aws 6.0, "enhanced region support"), and a
 * name's prefix replaces where the name does (`name_prefix` is `ForceNew` with `name` throughout).
 */
function beside(properties: readonly string[], { inputs }: ProviderType): string[] {
  return ["region", ...properties.map((property) => `${property}Prefix`)].filter((property) => inputs.has(property));
}

/** The file `traffic/changes/replacement-table.ts`. */
export function tableFile({ rows }: Table): string {
  const lines = Object.entries(rows).map(([type, row]) => `  ${JSON.stringify(type)}: ${JSON.stringify(row)},`);
  return `// Generated by \`npm run generate:replaced-by\` from what traffic/generate holds. Do not edit it.
// biome-ignore-all format: one type a line
import type { Replacement } from "./replaced-by";

export const REPLACEMENT_TABLE: Record<string, Replacement> = {
${lines.join("\n")}
};
`;
}
