import type { ServiceQuota } from "@aws-sdk/client-service-quotas";
import { AwsCallError, asked } from "./asked";
import type { AwsClients } from "./aws-clients";

/** A quota of an account in a region. */
export interface QuotaPlace {
  /** Such as `fargate`. */
  service: string;
  /** Such as `L-3032A538`. */
  code: string;
}

/** A quota, as Service Quotas tells of it. */
export interface LiveQuota {
  limit: number;
  /** By what CloudWatch counts its usage; undefined of a quota whose usage nobody counts. */
  metric: UsageMetric | undefined;
}

/** A metric of CloudWatch (Service Quotas API, MetricInfo). */
export interface UsageMetric {
  namespace: string;
  name: string;
  dimensions: Readonly<Record<string, string>>;
  /** "The metric statistic that we recommend you use when determining quota usage": `Maximum` or `Sum`. */
  statistic: string;
}

/**
 * What an account may have. "For some quotas, only the default values are available. If the applied quota value is not available
 * for a quota, the quota is not retrieved" (Service Quotas API, GetServiceQuota): the default is taken then.
 * @throws AwsCallError
 */
export async function readQuota(clients: AwsClients, place: QuotaPlace): Promise<LiveQuota> {
  const client = await clients.serviceQuotas();
  const input = { ServiceCode: place.service, QuotaCode: place.code };
  const of = `the quota ${place.code} of ${place.service}`;
  try {
    return await asked({ action: "servicequotas:GetServiceQuota", of }, async () =>
      quotaOf((await client.getServiceQuota(input)).Quota),
    );
  } catch (error) {
    if (!(error instanceof AwsCallError && error.code === "NoSuchResourceException")) throw error;
    return asked({ action: "servicequotas:GetAWSDefaultServiceQuota", of }, async () =>
      quotaOf((await client.getAWSDefaultServiceQuota(input)).Quota),
    );
  }
}

function quotaOf({ Value, UsageMetric: metric, ErrorReason }: ServiceQuota = {}): LiveQuota {
  if (Value === undefined) {
    const { ErrorCode: name = "NoValue", ErrorMessage: message = "the answer has no value" } = ErrorReason ?? {};
    throw Object.assign(new Error(message), { name });
  }
  const { MetricNamespace: namespace, MetricName: name, MetricDimensions: dimensions = {} } = metric ?? {};
  const statistic = metric?.MetricStatisticRecommendation ?? "Maximum";
  const isCounted = namespace !== undefined && name !== undefined;
  return { limit: Value, metric: isCounted ? { namespace, name, dimensions, statistic } : undefined };
}
