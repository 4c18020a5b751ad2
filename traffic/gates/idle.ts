import type { LiveRecord, LiveRule } from "../live/wire";

/** Why a rule makes a group serve: weight, or cookies that outrank it; undefined where it does not. A preview rule never does. */
export function servesBy(rule: LiveRule, groupArn: string): string | undefined {
  if (rule.isPreview) return undefined;
  const own = rule.groups.filter(({ arn }) => arn === groupArn);
  const weight = own.reduce((sum, group) => sum + group.weight, 0);
  const all = rule.groups.reduce((sum, group) => sum + group.weight, 0);
  const named = rule.isDefault ? `the default rule ${rule.arn}` : `the rule ${rule.arn}`;
  if (weight > 0) return `${named} sends it ${Math.round((1000 * weight) / all) / 10} % of its requests`;
  if (own.length > 0 && rule.sticky) return `${named} gives it no weight, and keeps the clients whose cookie names it`;
  return undefined;
}

/** Why a host's records lead users to one of these names; undefined where they do not. */
export function ledToBy(host: string, records: readonly LiveRecord[], names: readonly string[]): string | undefined {
  const leading = records.filter(({ leadsTo }) => leadsTo.some((name) => names.includes(name)));
  const serving = leading.find(({ weight }) => weight === undefined || weight > 0);
  if (!serving) return undefined;
  const { type, setIdentifier, weight } = serving;
  const told = weight === undefined ? "is not weighted" : `has weight ${weight}`;
  return `the ${type} record ${setIdentifier === undefined ? "" : `"${setIdentifier}" `}of ${host} leads there and ${told}`;
}
