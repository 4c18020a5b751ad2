import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Color } from "../traffic";
import { type BackgroundArgs, type BackgroundVersion, released } from "./background-args";
import { createTaskDefinition, type DefinitionArgs } from "./fargate-definition";
import { fargateSizeProblem } from "./fargate-size";
import { letOut } from "./let-out";

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

/**
 * The version that is released, of a size that Fargate has.
 * @throws InputPropertiesError where stable has none, InputPropertyError where Fargate has no such size.
 */
export function releasedOnFargate<V extends BackgroundVersion>(
  what: string,
  args: BackgroundArgs<V>,
): V & { color: Color } {
  const version = released(what, args);
  const { color, cpu = 256, memory = 512 } = version;
  const reason = fargateSizeProblem(cpu, memory);
  if (reason) throw new pulumi.InputPropertyError({ propertyPath: `versions.${color}.memory`, reason });
  return version;
}

/** What tasks are and where they run, for whatever starts them: it waits for their way out, without which they get no image. */
export function createBackgroundTasks(
  name: string,
  version: BackgroundVersion,
  { vpcId, subnetIds, publicAddresses = false, clusterArn, taskRoleArn, logRetentionDays }: FargatePlace,
  { of: kind, parent }: { of: "workers" | "schedule"; parent: pulumi.Resource },
) {
  const child = { parent };
  const securityGroup = new aws.ec2.SecurityGroup(name, { vpcId, description: `Crossfade ${kind} ${name}` }, child);
  const wayOut = letOut(name, securityGroup, child);
  const taskDefinition = createTaskDefinition(name, { ...version, taskRoleArn, logRetentionDays }, child);
  return {
    securityGroup,
    wayOut,
    taskDefinition,
    taskRoleArn: taskDefinition.taskRoleArn.apply((arn) => arn ?? ""),
    clusterArn: clusterArn ?? new aws.ecs.Cluster(name, {}, child).arn,
    networkConfiguration: {
      subnets: subnetIds,
      securityGroups: [securityGroup.id],
      assignPublicIp: publicAddresses,
    },
  };
}
