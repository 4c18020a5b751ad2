import type * as pulumi from "@pulumi/pulumi";
import type { DefinitionArgs } from "./fargate-definition";

/** Where tasks run that no balancer asks. */
export interface FargatePlace extends Pick<DefinitionArgs, "taskRoleArn" | "logRetentionDays"> {
  /** The network that the tasks run in. */
  vpcId: pulumi.Input<string>;
  /** The tasks' subnets. */
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Whether tasks get public addresses; they need them where their subnets have no other way out to the registry.
   * @default false
   */
  publicAddresses?: boolean;
  /**
   * The ARN of the ECS cluster to run in.
   * @default one of its own
   */
  clusterArn?: pulumi.Input<string>;
}
