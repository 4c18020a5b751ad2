import { differing, type Likeness } from "../reading/likeness";

/**
 * What stacks may differ in, besides what a team declares: parts of a property's path, of one type where it stands before. Sizes,
 * numbers and hosts are what a staging is smaller in; where a rollout stands, and what the values of variables are, is each
 * stack's own.
 */
export const MAY_DIFFER = [
  ...["cpu", "memory", "memorySize", "instanceType", "instanceClass", "allocatedStorage", "nodeType"],
  ...["desiredCount", "desiredCapacity", "replicas", "minSize", "maxSize", "minCapacity", "maxCapacity"],
  ...["minReplicas", "maxReplicas", "minHealthyPercentage", "resources.requests", "resources.limits"],
  ...["aws:route53/record:Record#name", "hostHeader.values", "hostnames", "fqdn", "domainName", "zoneId", "namespace"],
  ...["environment.value", "env.value", "secrets.valueFrom", "tags", "tagsAll", "labels", "annotations"],
  ...[
    "weight",
    "weightedRoutingPolicies",
    "forward.stickiness",
    "priority",
    "enableDeletionProtection",
    "healthCheckId",
  ],
] as const;

/** What two differ in and nobody has declared, in words, and the first of the paths; undefined where that is nothing. */
export function undeclared(
  one: Likeness,
  other: Likeness,
  declared: readonly string[],
  others: string,
): { said: string; first: string } | undefined {
  const paths = differing(one, other).filter(({ path }) => !isDeclared(one, path, declared));
  const [first] = paths;
  if (!first) return undefined;
  const said = paths.map(({ path, own, others: its }) => `${path} (${short(own)}, ${others} ${short(its)})`).join(", ");
  return { said, first: first.path };
}

/** By whole parts of the path, wherever in it. */
function isDeclared({ resource }: Likeness, path: string, declared: readonly string[]): boolean {
  return declared.some((entry) => {
    const [type, part = type] = entry.split("#") as [string, string?];
    return (part === type || type === resource.type) && `.${path}.`.includes(`.${part}.`);
  });
}

function short(value: string): string {
  return value.length > 60 ? `${value.slice(0, 60)}…` : value;
}
