import { isAmi, type Requirement } from "../traffic";
import type { EnvironmentConfig } from "./config";
import type { Parsed } from "./config-schema";
import { VERSION_DEFAULTS } from "./version-defaults";

type Own = Omit<NonNullable<Parsed["blue"]>, "certificate" | "internal" | "network">;

/** A color's version: its own lines, then the service's, then the compute's, then the defaults. */
export function versionOf(
  own: Own,
  service: Partial<Omit<Own, "image">>,
  { compute, autoscaling, requires }: Pick<Parsed, "compute" | "autoscaling" | "requires">,
): EnvironmentConfig {
  const needed = requirements(requires, own.requires);
  const version = {
    ...VERSION_DEFAULTS,
    ...service,
    ...own,
    ...(needed.length > 0 && { requires: needed }),
    env: { ...service.env, ...own.env },
    secrets: { ...service.secrets, ...own.secrets },
    sidecars: { ...service.sidecars, ...own.sidecars },
  };
  if (compute === "autoscaling") {
    const { cpu, memory, ...ofInstances } = version;
    const { instanceProfile, startup, ami, ...machine } = autoscaling ?? {};
    return { ...machine, ...(!isAmi(own.image) && ami && { ami }), ...ofInstances };
  }
  const { replicas, ...scaled } = version;
  return compute === "kubernetes" && version.scaling ? scaled : version;
}

/** What the color says of a stack goes before what is said for both. */
function requirements(shared: Requirement[] = [], own: Requirement[] = []): Requirement[] {
  return [...shared.filter(({ stack }) => !own.some((one) => one.stack === stack)), ...own];
}
