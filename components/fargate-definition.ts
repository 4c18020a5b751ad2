import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Color } from "../traffic";
import { createExecutionRole, createRole, keyValues, logConfiguration } from "./fargate-task";
import { signalVariables } from "./signal";
import type { VersionArgs } from "./version-args";

/** What a task of a version is made of. */
export interface DefinitionArgs
  extends Pick<VersionArgs, "image" | "command" | "env" | "secrets" | "cpu" | "memory" | "stop" | "sidecars"> {
  /** Who the tasks are, and the parameter by which they are told their role. */
  told?: { color: Color; parameter: string };
  /** The port that the container listens on; none where nobody asks it. */
  port?: number;
  /**
   * The ARN of the role that the tasks have.
   * @default one of its own, without permissions
   */
  taskRoleArn?: pulumi.Input<string>;
  /**
   * Days that the log is kept.
   * @default 30
   */
  logRetentionDays?: number;
}

/** The tasks of a version: the service's container and those beside it, with roles and a log of their own. */
export function createTaskDefinition(
  name: string,
  args: DefinitionArgs,
  child: { parent: pulumi.Resource },
): aws.ecs.TaskDefinition {
  const { cpu = 256, memory = 512, logRetentionDays: retentionInDays = 30 } = args;
  const log = new aws.cloudwatch.LogGroup(name, { retentionInDays }, child);
  return new aws.ecs.TaskDefinition(
    name,
    {
      family: name,
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      cpu: String(cpu),
      memory: String(memory),
      executionRoleArn: createExecutionRole(name, { log, secrets: args.secrets }, child),
      taskRoleArn: args.taskRoleArn ?? createTaskRole(),
      containerDefinitions: pulumi.jsonStringify(containers(args, logConfiguration(log, child))),
      // The revision to return to must stay usable: a deregistered one starts no task.
      skipDestroy: true,
    },
    child,
  );

  function createTaskRole(): pulumi.Output<string> {
    const role = createRole(`${name}-task`, child);
    if (args.told) letRead(args.told.parameter, role);
    return role.arn;
  }

  function letRead(parameter: string, role: aws.iam.Role): void {
    // In the account and the region of the log.
    const Resource = log.arn.apply((arn) => {
      const [, partition, , region, account] = arn.split(":");
      return `arn:${partition}:ssm:${region}:${account}:parameter${parameter}`;
    });
    const policy = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "ssm:GetParameter", Resource }] };
    new aws.iam.RolePolicy(`${name}-signal`, { role: role.name, policy: pulumi.jsonStringify(policy) }, child);
  }
}

function containers(args: DefinitionArgs, logTo: (prefix: string) => object): pulumi.Input<object>[] {
  const { told } = args;
  const env = told ? { ...args.env, ...signalVariables(told.color, told.parameter) } : args.env;
  const own = {
    name: "service",
    image: args.image,
    ...(args.command && { command: args.command }),
    essential: true,
    environment: keyValues(env, "value"),
    secrets: keyValues(args.secrets, "valueFrom"),
    portMappings: args.port === undefined ? [] : [{ containerPort: args.port, protocol: "tcp" }],
    stopTimeout: args.stop ?? 30,
    logConfiguration: logTo("service"),
  };
  const beside = Object.entries(args.sidecars ?? {}).map(([sidecar, { image, command, env, essential = true }]) => ({
    name: sidecar,
    image,
    ...(command && { command }),
    essential,
    environment: keyValues(env, "value"),
    logConfiguration: logTo(sidecar),
  }));
  return [own, ...beside];
}
