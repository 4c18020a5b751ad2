import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { released, type ScheduleArgs } from "./background-args";
import { createTaskDefinition } from "./fargate-definition";
import type { FargatePlace } from "./fargate-place";
import { fargateSizeProblem } from "./fargate-size";
import { letOut } from "./let-out";

export interface FargateScheduleArgs extends ScheduleArgs, FargatePlace {}

/** Seconds after its time that a run which could not be started is still tried: one of the night is not to begin at noon. */
const STILL_STARTED = 3600;

/**
 * A task on ECS Fargate that EventBridge Scheduler starts by the clock: of the released version, and of no other. There is one
 * schedule for both colors, so that no run comes twice for there being two; it is changed in place in the update that makes the
 * candidate stable. A run that goes on by then ends as it began. The scheduler itself promises at least one start and not exactly
 * one (its guide, "Getting started"), so that a run must bear another one.
 */
export class FargateSchedule extends pulumi.ComponentResource {
  readonly schedule: aws.scheduler.Schedule;
  /** The tasks' security group: what databases and neighbours let in. */
  readonly securityGroup: aws.ec2.SecurityGroup;
  /** The role that the tasks have. */
  readonly taskRoleArn: pulumi.Output<string>;

  /** @throws InputPropertiesError where stable has no version here, InputPropertyError where Fargate has no such size. */
  constructor(name: string, args: FargateScheduleArgs, opts?: pulumi.ComponentResourceOptions) {
    const version = released(`the schedule "${name}"`, args);
    const { cpu = 256, memory = 512 } = version;
    const size = fargateSizeProblem(cpu, memory);
    if (size) throw new pulumi.InputPropertyError({ propertyPath: `versions.${version.color}.memory`, reason: size });
    const { at, zone = "UTC", vpcId, subnetIds, publicAddresses = false, taskRoleArn, logRetentionDays } = args;
    super("crossfade:index:FargateSchedule", name, { ...version, at, zone }, { parent: args.rollout, ...opts });
    const child = { parent: this };

    this.securityGroup = new aws.ec2.SecurityGroup(name, { vpcId, description: `Crossfade schedule ${name}` }, child);
    const wayOut = letOut(name, this.securityGroup, child);
    const taskDefinition = createTaskDefinition(name, { ...version, taskRoleArn, logRetentionDays }, child);
    this.taskRoleArn = taskDefinition.taskRoleArn.apply((arn) => arn ?? "");
    this.schedule = new aws.scheduler.Schedule(
      name,
      {
        scheduleExpression: at,
        scheduleExpressionTimezone: zone,
        flexibleTimeWindow: { mode: "OFF" },
        target: {
          arn: args.clusterArn ?? new aws.ecs.Cluster(name, {}, child).arn,
          roleArn: starter(taskDefinition),
          ecsParameters: {
            taskDefinitionArn: taskDefinition.arn,
            launchType: "FARGATE",
            networkConfiguration: {
              subnets: subnetIds,
              securityGroups: [this.securityGroup.id],
              assignPublicIp: publicAddresses,
            },
          },
          retryPolicy: { maximumEventAgeInSeconds: STILL_STARTED },
        },
      },
      { ...child, dependsOn: [wayOut] },
    );
    this.registerOutputs({ color: version.color });

    /** The role with which the scheduler starts a task: of this family, with this task's roles. */
    function starter(definition: aws.ecs.TaskDefinition): pulumi.Output<string> {
      const trust = { Effect: "Allow", Principal: { Service: "scheduler.amazonaws.com" }, Action: "sts:AssumeRole" };
      const assumeRolePolicy = JSON.stringify({ Version: "2012-10-17", Statement: [trust] });
      const role = new aws.iam.Role(`${name}-starter`, { assumeRolePolicy }, child);
      const statements = [
        {
          Effect: "Allow",
          Action: "ecs:RunTask",
          Resource: pulumi.interpolate`${definition.arnWithoutRevision}:*`,
        },
        { Effect: "Allow", Action: "iam:PassRole", Resource: [definition.executionRoleArn, definition.taskRoleArn] },
      ];
      const policy = new aws.iam.RolePolicy(
        `${name}-starter`,
        { role: role.name, policy: pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements }) },
        child,
      );
      // A run that comes before the role may start it is lost.
      return pulumi.all([role.arn, policy.id]).apply(([arn]) => arn);
    }
  }
}
