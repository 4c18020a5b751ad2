import { asked } from "./asked";
import type { AwsClients } from "./aws-clients";

/** A subnet, as EC2 tells of it. */
export interface LiveSubnet {
  id: string;
  /** Its Availability Zone. */
  zone: string;
  /**
   * "The number of unused private IPv4 addresses in the subnet. The IPv4 addresses for any stopped instances are considered
   * unavailable" (EC2 API, Subnet, `AvailableIpAddressCount`). Undefined of a subnet for IPv6 only, whose addresses do not run
   * out.
   */
  free: number | undefined;
}

/** Subnets by their ids. @throws AwsCallError, also where one of them is not there */
export async function readSubnets(clients: AwsClients, ids: readonly string[]): Promise<LiveSubnet[]> {
  const ec2 = await clients.ec2();
  return asked({ action: "ec2:DescribeSubnets", of: ids.join(", ") }, async () => {
    const { Subnets = [] } = await ec2.describeSubnets({ SubnetIds: [...ids] });
    return Subnets.map(({ SubnetId = "", AvailabilityZone = "", AvailableIpAddressCount, Ipv6Native }) => ({
      id: SubnetId,
      zone: AvailabilityZone,
      free: Ipv6Native ? undefined : (AvailableIpAddressCount ?? 0),
    }));
  });
}
