import { type Input, StackReference } from "@pulumi/pulumi";
import type { NetworkConfig } from "../components";

export interface Network {
  vpcId: Input<string>;
  /** The balancer's subnets. */
  subnetIds: Input<Input<string>[]>;
  /** Where tasks and instances run; without them in the balancer's, with public addresses. */
  taskSubnetIds?: Input<Input<string>[]>;
}

/** Where tasks and instances run in a network. */
export function tasksIn({ subnetIds, taskSubnetIds }: Pick<Network, "subnetIds" | "taskSubnetIds">) {
  return { subnetIds: taskSubnetIds ?? subnetIds, publicAddresses: taskSubnetIds === undefined };
}

/** A network by its ids, or another stack's by its outputs `vpcId`, `publicSubnetIds` and `privateSubnetIds`. */
export function networkOf(network: NetworkConfig): Network {
  if (!("stack" in network)) return network;
  const outputs = new StackReference(network.stack);
  return {
    vpcId: outputs.requireOutput("vpcId"),
    subnetIds: outputs.requireOutput("publicSubnetIds"),
    taskSubnetIds: outputs.requireOutput("privateSubnetIds"),
  };
}
