import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ScheduleArgs } from "./background-args";
import { createBackgroundTasks, type FargatePlace, releasedOnFargate } from "./fargate-background";

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
    const version = releasedOnFargate(`the schedule "${name}"`, args);
    const { at, zone = "UTC" } = args;
    super("crossfade:index:FargateSchedule", name, { ...version, at, zone }, { parent: args.rollout, ...opts });
    const child = { parent: this };

    const tasks = createBackgroundTasks(name, version, args, { of: "schedule", parent: this });
    this.securityGroup = tasks.securityGroup;
    this.taskRoleArn = tasks.taskRoleArn;
    this.schedule = new aws.scheduler.Schedule(
      name,
      {
        scheduleExpression: at,
        scheduleExpressionTimezone: zone,
        flexibleTimeWindow: { mode: "OFF" },
        target: {
          arn: tasks.clusterArn,
          roleArn: starter(tasks.taskDefinition),
          ecsParameters: {
            taskDefinitionArn: tasks.taskDefinition.arn,
            launchType: "FARGATE",
            networkConfiguration: tasks.networkConfiguration,
          },
          retryPolicy: { maximumEventAgeInSeconds: STILL_STARTED },
        },
      },
      { ...child, dependsOn: [tasks.wayOut] },
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
