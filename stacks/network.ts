import { StackReference } from "@pulumi/pulumi";
import type { NetworkConfig } from "../components";

/** A network by its ids, or another stack's by its outputs `vpcId`, `publicSubnetIds` and `privateSubnetIds`. */
export function networkOf(network: NetworkConfig) {
  if (!("stack" in network)) return network;
  const outputs = new StackReference(network.stack);
  return {
    vpcId: outputs.requireOutput("vpcId"),
    subnetIds: outputs.requireOutput("publicSubnetIds"),
    taskSubnetIds: outputs.requireOutput("privateSubnetIds"),
  };
}
