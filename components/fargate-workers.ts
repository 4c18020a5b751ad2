import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { released, type WorkersArgs } from "./background-args";
import { createTaskDefinition } from "./fargate-definition";
import type { FargatePlace } from "./fargate-place";
import { fargateSizeProblem } from "./fargate-size";
import { letOut } from "./let-out";

export interface FargateWorkersArgs extends WorkersArgs, FargatePlace {}

/**
 * Tasks on ECS Fargate that nobody asks, such as consumers of a queue: those of the released version. They stay as they are while a
 * candidate is tried and when it is taken back, and are exchanged in the update that makes it stable, one by one, as its work must
 * be done by then. An environment that came with consumers of its own would take its part of all messages before it has weight.
 */
export class FargateWorkers extends pulumi.ComponentResource {
  readonly service: aws.ecs.Service;
  /** The tasks' security group: what queues and databases let in. */
  readonly securityGroup: aws.ec2.SecurityGroup;
  /** The role that the tasks have: what may read the queue. */
  readonly taskRoleArn: pulumi.Output<string>;

  /** @throws InputPropertiesError where stable has no version here, InputPropertyError where Fargate has no such size. */
  constructor(name: string, args: FargateWorkersArgs, opts?: pulumi.ComponentResourceOptions) {
    const version = released(`the workers "${name}"`, args);
    const { cpu = 256, memory = 512, replicas = 1 } = version;
    const size = fargateSizeProblem(cpu, memory);
    if (size) throw new pulumi.InputPropertyError({ propertyPath: `versions.${version.color}.memory`, reason: size });
    super("crossfade:index:FargateWorkers", name, { ...version, replicas }, { parent: args.rollout, ...opts });
    const child = { parent: this };
    const { vpcId, subnetIds, publicAddresses = false, taskRoleArn, logRetentionDays, exclusive = false } = args;

    this.securityGroup = new aws.ec2.SecurityGroup(name, { vpcId, description: `Crossfade workers ${name}` }, child);
    const wayOut = letOut(name, this.securityGroup, child);
    const taskDefinition = createTaskDefinition(name, { ...version, taskRoleArn, logRetentionDays }, child);
    this.taskRoleArn = taskDefinition.taskRoleArn.apply((arn) => arn ?? "");
    this.service = new aws.ecs.Service(
      name,
      {
        cluster: args.clusterArn ?? new aws.ecs.Cluster(name, {}, child).arn,
        taskDefinition: taskDefinition.arn,
        launchType: "FARGATE",
        desiredCount: replicas,
        deploymentMinimumHealthyPercent: exclusive ? 0 : 100,
        deploymentMaximumPercent: exclusive ? 100 : 200,
        deploymentCircuitBreaker: { enable: true, rollback: true },
        networkConfiguration: {
          subnets: subnetIds,
          securityGroups: [this.securityGroup.id],
          assignPublicIp: publicAddresses,
        },
        propagateTags: "SERVICE",
        waitForSteadyState: true,
      },
      { ...child, dependsOn: [wayOut] },
    );
    this.registerOutputs({ color: version.color });
  }
}
