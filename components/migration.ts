import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { TaskOrder } from "../live/task";
import { createExecutionRole, createRole, keyValues, logConfiguration } from "./fargate-task";
import type { GateArgs } from "./gates";
import { letOut } from "./let-out";
import { liveHook } from "./live-hook";
import { keepSchema, readSchema, type SchemaArgs } from "./migration-files";
import { runJob } from "./migration-job";
import { Noted } from "./noted";
import type { VersionArgs } from "./version-args";

type Place = Omit<TaskOrder, "startedBy" | "publicAddress">;

export interface MigrationArgs extends SchemaArgs, Pick<VersionArgs, "image" | "env" | "secrets"> {
  /** The network that the job runs in: the database's, and the environments'. */
  vpcId: pulumi.Input<string>;
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Whether the job gets a public address; it needs one where its subnets have no other way out to the registry.
   * @default false
   */
  publicAddresses?: boolean;
  /**
   * The ARN of the ECS cluster to run in.
   * @default one of its own
   */
  clusterArn?: pulumi.Input<string>;
  /**
   * The ARN of the role that the job has.
   * @default one of its own, without permissions
   */
  taskRoleArn?: pulumi.Input<string>;
  /**
   * Seconds that the job may take, 60 at least; then it is stopped, and the update fails.
   * @default 7200
   */
  patience?: number;
  /**
   * Days that the log is kept.
   * @default 30
   */
  logRetentionDays?: number;
  /** With what AWS is asked, where that is not the provider's. */
  gates?: Pick<GateArgs, "profile" | "assumeRoles">;
}

/**
 * Brings a database to a version of its schema, by a job that runs once, on ECS Fargate, with the image, the variables and the secrets of a version.
 *
 * The job runs in the update that raises `to`, or changes what a file says that is not run yet, and in no other: an image of the next
 * release runs nothing. Where it fails the update does, and the next one runs it again. Environments that depend on it start on
 * the schema that it leaves: `{ dependsOn: [migration] }`.
 *
 * It needs `ecs:RunTask`, `ecs:ListTasks`, `ecs:DescribeTasks` and `ecs:StopTask`, and `iam:PassRole` of the task's roles.
 */
export class Migration extends pulumi.ComponentResource {
  /** The version of the schema that the database has. */
  readonly version: pulumi.Output<number>;
  /** The job's security group: what the database lets in. */
  readonly securityGroup: aws.ec2.SecurityGroup;

  /** @throws InputPropertiesError with all that is wrong with the arguments, the directory's files among them. */
  constructor(name: string, args: MigrationArgs, opts?: pulumi.ComponentResourceOptions) {
    const schema = readSchema(name, args);
    const { files, to } = schema;
    super("crossfade:index:Migration", name, { ...args, files, to }, opts);
    const child = { parent: this };

    const { vpcId, subnetIds } = args;
    const securityGroup = new aws.ec2.SecurityGroup(name, { vpcId, description: `Crossfade migration ${name}` }, child);
    const wayOut = letOut(name, securityGroup, child);
    const taskDefinition = createTaskDefinition();
    const cluster = args.clusterArn ?? new aws.ecs.Cluster(name, {}, child).arn;
    const place = pulumi
      .all([cluster, taskDefinition.arn, pulumi.output(subnetIds), securityGroup.id])
      .apply(([cluster, taskDefinition, subnets, group]): Place => {
        return { cluster, taskDefinition, subnets, securityGroups: [group] };
      });
    const hook = createHook(this);
    this.securityGroup = securityGroup;
    this.version = keepSchema(name, schema, {
      ...child,
      // The hook finds all of it known, and a task that cannot get out would not get its image.
      dependsOn: [place.apply(() => taskDefinition), wayOut],
      ...(hook && { hooks: { beforeCreate: [hook], beforeUpdate: [hook] } }),
    });
    this.registerOutputs({ version: this.version });

    function createTaskDefinition(): aws.ecs.TaskDefinition {
      const { logRetentionDays: retentionInDays = 30 } = args;
      const log = new aws.cloudwatch.LogGroup(name, { retentionInDays }, child);
      const container = {
        name: "migration",
        image: args.image,
        command: schema.command,
        essential: true,
        environment: keyValues(args.env, "value"),
        secrets: keyValues(args.secrets, "valueFrom"),
        logConfiguration: logConfiguration(log, child)("migration"),
      };
      return new aws.ecs.TaskDefinition(
        name,
        {
          family: name,
          requiresCompatibilities: ["FARGATE"],
          networkMode: "awsvpc",
          cpu: "256",
          memory: "512",
          executionRoleArn: createExecutionRole(name, { log, secrets: args.secrets }, child),
          taskRoleArn: args.taskRoleArn ?? createRole(`${name}-task`, child).arn,
          containerDefinitions: pulumi.jsonStringify([container]),
        },
        child,
      );
    }

    function createHook(component: Migration): pulumi.ResourceHook | undefined {
      const known = new Noted(place);
      const job = { name, to, digest: schema.digest, patience: args.patience ?? 7200 };
      const say = (line: string) => void pulumi.log.info(line, component);
      return liveHook(
        `crossfade-migration-${name}`,
        component,
        async (_, clients) => {
          if (!known.value)
            throw new Error(`the migration "${name}" cannot be run: where it is to run is not known yet`);
          const order = { ...known.value, publicAddress: args.publicAddresses ?? false };
          await runJob(job, order, clients, { say });
        },
        args.gates,
      );
    }
  }
}
