import { isAmi } from "../traffic";
import type { EnvironmentConfig } from "./config";
import type { Parsed } from "./config-schema";
import { VERSION_DEFAULTS } from "./version-defaults";

type Own = Omit<NonNullable<Parsed["blue"]>, "certificate" | "internal" | "network">;

/** A color's version: its own lines, then the service's, then the compute's, then the defaults. */
export function versionOf(
  own: Own,
  service: Partial<Omit<Own, "image">>,
  { compute, autoscaling }: Pick<Parsed, "compute" | "autoscaling">,
): EnvironmentConfig {
  const version = {
    ...VERSION_DEFAULTS,
    ...service,
    ...own,
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
