import {
  GetAWSDefaultServiceQuota$,
  type GetAWSDefaultServiceQuotaRequest,
  type GetAWSDefaultServiceQuotaResponse,
  GetServiceQuota$,
  type GetServiceQuotaRequest,
  type GetServiceQuotaResponse,
  type ServiceQuota,
} from "@aws-sdk/client-service-quotas";
import { AwsError } from "../providers";
import type { Limits } from "./limits";
import { operation, type Service } from "./operation";
import { jsonWire } from "./wire/json";

const DEFAULT = 4000;
/** The quotas of Fargate's vCPUs, with the class that their usage is counted by. */
const CLASSES: Record<string, string> = { "L-3032A538": "Standard/OnDemand", "L-36FBB829": "Standard/Spot" };

/** Service Quotas: a value of the account's own is there only where a test has asked for one. */
export function serviceQuotas(limits: Limits): Service {
  return {
    name: "servicequotas",
    wire: jsonWire("1.1", "ServiceQuotasV20190624"),
    throttled: "TooManyRequestsException",
    operations: [
      operation<GetServiceQuotaRequest, GetServiceQuotaResponse>(GetServiceQuota$, (input) => ({
        Quota: quota("GetServiceQuota", input, limits.vcpus),
      })),
      operation<GetAWSDefaultServiceQuotaRequest, GetAWSDefaultServiceQuotaResponse>(
        GetAWSDefaultServiceQuota$,
        (input) => ({ Quota: quota("GetAWSDefaultServiceQuota", input, DEFAULT) }),
      ),
    ],
  };
}

function quota(call: string, { ServiceCode, QuotaCode = "" }: GetServiceQuotaRequest, Value?: number): ServiceQuota {
  const Class = CLASSES[QuotaCode];
  if (ServiceCode !== "fargate" || Class === undefined || Value === undefined) {
    throw new AwsError(
      call,
      "NoSuchResourceException",
      "The request failed because the specified resource doesn't exist",
    );
  }
  const MetricDimensions = { Service: "Fargate", Type: "Resource", Resource: "vCPU", Class };
  const metric = { MetricNamespace: "AWS/Usage", MetricName: "ResourceCount", MetricDimensions };
  return { ServiceCode, QuotaCode, Value, UsageMetric: { ...metric, MetricStatisticRecommendation: "Maximum" } };
}
