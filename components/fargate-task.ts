import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { versionAccess } from "./version-access";

/** What every task on Fargate needs beside its image: its roles, and its log. */

interface Child {
  parent: pulumi.Resource;
}

/** A role for tasks, without permissions. */
export function createRole(name: string, child: Child): aws.iam.Role {
  const statement = {
    Effect: "Allow",
    Principal: { Service: "ecs-tasks.amazonaws.com" },
    Action: "sts:AssumeRole",
  };
  const assumeRolePolicy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  return new aws.iam.Role(name, { assumeRolePolicy }, child);
}

/** The ARN of the role with which ECS starts a version: it may pull the image, read the secrets and write the log. */
export function createExecutionRole(
  name: string,
  { log, secrets = {} }: { log: aws.cloudwatch.LogGroup; secrets?: Record<string, pulumi.Input<string>> },
  child: Child,
): pulumi.Output<string> {
  const role = createRole(`${name}-execution`, child);
  const statements = [
    {
      Effect: "Allow",
      Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
      Resource: pulumi.interpolate`${log.arn}:*`,
    },
    ...versionAccess(Object.values(secrets)),
  ];
  const policy = new aws.iam.RolePolicy(
    `${name}-execution`,
    { role: role.name, policy: pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements }) },
    child,
  );
  // A task that starts before its role may pull the image fails.
  return pulumi.all([role.arn, policy.id]).apply(([arn]) => arn);
}

/** Where a container's output goes, by its stream's prefix. */
export function logConfiguration(log: aws.cloudwatch.LogGroup, child: Child): (prefix: string) => object {
  const region = aws.getRegionOutput({}, child).region;
  return (prefix) => ({
    logDriver: "awslogs",
    options: { "awslogs-group": log.name, "awslogs-region": region, "awslogs-stream-prefix": prefix },
  });
}

/** As a container definition lists its variables. */
export function keyValues(given: Record<string, pulumi.Input<string>> | undefined, valueKey: "value" | "valueFrom") {
  return Object.entries(given ?? {}).map(([name, value]) => ({ name, [valueKey]: value }));
}
