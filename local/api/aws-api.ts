import { autoScaling } from "./autoscaling";
import type { Cloud } from "./cloud";
import { cloudWatch } from "./cloudwatch";
import { ec2 } from "./ec2";
import { ecs } from "./ecs";
import { elbv2 } from "./elbv2";
import { GROUP } from "./elbv2-shapes";
import { Limits } from "./limits";
import { pages } from "./pages";
import { route53 } from "./route53";
import { fargateVcpus } from "./running";
import { ApiServer, json, type Pages } from "./server";
import { serviceQuotas } from "./service-quotas";
import type { TrafficCounts } from "./traffic-counts";

/** The API's port is so far above the base port. */
const ABOVE_BASE = 54;

/** Answers AWS's calls for a cloud and what its balancers counted, at one address of loopback. */
export function startApi(cloud: Cloud, counts: TrafficCounts, basePort: number): Promise<ApiServer> {
  const limits = new Limits();
  const services = [
    elbv2(cloud),
    ecs(cloud),
    autoScaling(cloud),
    route53(cloud),
    cloudWatch(counts, () => fargateVcpus(cloud)),
    ec2(cloud, limits),
    serviceQuotas(limits),
  ];
  const groups = () => cloud.records.ofType(GROUP).map(({ id }) => id);
  const toLimits: Pages = {
    "PUT /_crossfade/limits": ({ body }) => {
      limits.ask(JSON.parse(body));
      return json({});
    },
  };
  return ApiServer.start(services, { ...pages(counts, groups), ...toLimits }, basePort + ABOVE_BASE);
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
