import type { Cloud } from "./cloud";
import { ecs } from "./ecs";
import { elbv2 } from "./elbv2";
import { route53 } from "./route53";
import { ApiServer } from "./server";

/** The API's port is so far above the base port. */
const ABOVE_BASE = 54;

/** Answers AWS's calls for a cloud, at one address of loopback. */
export function startApi(cloud: Cloud, basePort: number): Promise<ApiServer> {
  return ApiServer.start([elbv2(cloud), ecs(cloud), route53(cloud)], {}, basePort + ABOVE_BASE);
}

/** By which AWS's SDKs find it, and no other; the credentials are nobody's. */
export function apiEnv({ endpoint }: ApiServer): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: "eu-local-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_PROFILE: "", // one of the user's would come before the key
  };
}
