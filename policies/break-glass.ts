import { at, type Exemption, list, nameOf, type Resource } from "../traffic";
import type { Plan } from "./plan";
import type { Finding, Policy } from "./policy";
import { RECORD } from "./reading/types";

export const NAME = "break-glass";

/** The finding, as advice where an exemption that is not over lets it through. */
export function exempted(policy: string, finding: Finding, plan: Plan, exemptions: readonly Exemption[]): Finding {
  const found = exemptions.find(
    (e) => e.policy === policy && e.until > plan.now && covers(e, finding.urn, [...plan.desired, ...plan.prior]),
  );
  if (!found || finding.advisory) return finding;
  const passes = `crossfade:breakGlass lets it through until ${found.until.toISOString()}: ${found.reason}`;
  return { ...finding, what: `${finding.what} ${passes}.`, advisory: true };
}

/** Every exemption is told on every run, and refused once it is over: one that is forgotten lets through what nobody meant. */
export function breakGlass(
  exemptions: readonly Exemption[],
  plan: Plan,
  rules: readonly Policy[],
): (Finding & { policy: string })[] {
  const known = rules.map(({ name }) => name);
  return exemptions.map(({ policy, urn, entryPoint, reason, until }) => {
    const on = `${policy} on ${entryPoint ?? urn}`;
    const isOver = until <= plan.now;
    const isKnown = known.includes(policy);
    return {
      policy: NAME,
      urn: stackUrn(plan),
      what: !isKnown
        ? `crossfade:breakGlass names the policy "${policy}", and there is none of the name.`
        : isOver
          ? `The exemption of ${on} was over at ${until.toISOString()}.`
          : `${on} is exempted until ${until.toISOString()}: ${reason}.`,
      why:
        isOver || !isKnown
          ? "It lets nothing through, and whoever reads the config believes that it does."
          : "While it lasts, what it lets through can lose requests.",
      instead: !isKnown
        ? `There are ${known.join(", ")}.`
        : "Take it out of the stack config when it is not needed, or say anew until when and why.",
      advisory: isKnown && !isOver,
    };
  });
}

function covers({ urn, entryPoint }: Exemption, found: string, resources: readonly Resource[]): boolean {
  if (urn !== undefined) return urn === found || urn === nameOf(found);
  return resources.some((r) => r.urn === found && hostsOf(r).includes(entryPoint?.toLowerCase() ?? ""));
}

/** The hosts that a resource takes requests in by: those of a rule, a route or an Ingress, or the name of a record. */
function hostsOf({ type, inputs }: Resource): string[] {
  const inRule = list(inputs.conditions).flatMap((condition) => list(at(condition, "hostHeader", "values")));
  const inIngress = list(at(inputs.spec, "rules")).flatMap((rule) => at(rule, "host") ?? []);
  const ofRecord = type === RECORD ? [inputs.name] : [];
  const all = [...inRule, ...list(inputs.hosts), ...list(at(inputs.spec, "hostnames")), ...inIngress, ...ofRecord];
  return all.map((host) => String(host).toLowerCase());
}

function stackUrn({ desired, prior }: Plan): string {
  return [...desired, ...prior].find(({ type }) => type === "pulumi:pulumi:Stack")?.urn ?? "";
}
