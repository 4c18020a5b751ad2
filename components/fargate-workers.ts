import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { WorkersArgs } from "./background-args";
import { createBackgroundTasks, type FargatePlace, releasedOnFargate } from "./fargate-background";

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
    const version = releasedOnFargate(`the workers "${name}"`, args);
    const { replicas = 1 } = version;
    super("crossfade:index:FargateWorkers", name, { ...version, replicas }, { parent: args.rollout, ...opts });
    const { exclusive = false } = args;

    const tasks = createBackgroundTasks(name, version, args, { of: "workers", parent: this });
    this.securityGroup = tasks.securityGroup;
    this.taskRoleArn = tasks.taskRoleArn;
    this.service = new aws.ecs.Service(
      name,
      {
        cluster: tasks.clusterArn,
        taskDefinition: tasks.taskDefinition.arn,
        launchType: "FARGATE",
        desiredCount: replicas,
        deploymentMinimumHealthyPercent: exclusive ? 0 : 100,
        deploymentMaximumPercent: exclusive ? 100 : 200,
        deploymentCircuitBreaker: { enable: true, rollback: true },
        networkConfiguration: tasks.networkConfiguration,
        propagateTags: "SERVICE",
        waitForSteadyState: true,
      },
      { parent: this, dependsOn: [tasks.wayOut] },
    );
    this.registerOutputs({ color: version.color });
  }
}
