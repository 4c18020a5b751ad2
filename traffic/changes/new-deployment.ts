import type { Properties } from "../resource";
import { sameValue } from "./same-value";

/** What "triggers a new service deployment" (ECS API, UpdateService, by parameter), as the provider names it. */
const DEPLOYED_BY = [
  "taskDefinition",
  "networkConfiguration",
  "platformVersion",
  "loadBalancers",
  "serviceRegistries",
  "serviceConnectConfiguration",
  "volumeConfiguration",
  "vpcLatticeConfigurations",
] as const;

/** Whether an update of an ECS service makes a new deployment, whose tasks take the place of all that run. */
export function isNewDeployment(before: Properties, after: Properties): boolean {
  return after.forceNewDeployment === true || DEPLOYED_BY.some((key) => !sameValue(before[key], after[key]));
}
