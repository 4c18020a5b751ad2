import { DescribeSubnets$, type DescribeSubnetsRequest, type DescribeSubnetsResult } from "@aws-sdk/client-ec2";
import { AwsError } from "../providers";
import type { Cloud } from "./cloud";
import type { Limits } from "./limits";
import { operation, type Service } from "./operation";
import { addressesTaken } from "./running";
import { ec2QueryWire } from "./wire/ec2-query";

/** Elastic Compute Cloud: how many addresses are free. The network is somebody else's, so each id of a subnet is one. */
export function ec2(cloud: Cloud, limits: Limits): Service {
  return {
    name: "ec2",
    wire: ec2QueryWire("2016-11-15"),
    throttled: "RequestLimitExceeded",
    operations: [
      operation<DescribeSubnetsRequest, DescribeSubnetsResult>(DescribeSubnets$, ({ SubnetIds = [] }) => {
        const wrong = SubnetIds.find((id) => !id.startsWith("subnet-"));
        if (wrong !== undefined) {
          const reason = `The subnet ID '${wrong}' does not exist`;
          throw new AwsError("DescribeSubnets", "InvalidSubnetID.NotFound", reason);
        }
        const { zones } = cloud.dataPlane;
        const Subnets = SubnetIds.map((SubnetId, i) => ({
          SubnetId,
          AvailabilityZone: zones[i % zones.length],
          AvailableIpAddressCount: Math.max(0, limits.addresses - addressesTaken(SubnetId, cloud)),
        }));
        return { Subnets };
      }),
    ],
  };
}
