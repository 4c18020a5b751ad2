import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Color } from "../traffic";
import { createTaskDefinition } from "./fargate-definition";
import { fargateSizeProblem } from "./fargate-size";
import { type GateArgs, Gates } from "./gates";
import { idleHooks } from "./idle-hooks";
import { letOut } from "./let-out";
import { checkTargetGroupName, createPreviewRule, createTargetGroup, type PreviewRuleArgs } from "./target-group";
import type { VersionArgs } from "./version-args";
import type { RouteTarget } from "./weighted-alb-route";

export interface FargateEnvironmentArgs extends VersionArgs, PreviewRuleArgs {
  color: Color;
  /** The network that the tasks run in. */
  vpcId: pulumi.Input<string>;
  /** The tasks' subnets. */
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Whether tasks get public addresses; they need them where their subnets have no other way out to the registry.
   * @default false
   */
  publicAddresses?: boolean;
  /** The balancer's security group: it alone may connect to the tasks. */
  balancerSecurityGroupId: pulumi.Input<string>;
  /**
   * The ARN of the ECS cluster to run in.
   * @default one of its own
   */
  clusterArn?: pulumi.Input<string>;
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
  /**
   * What is asked of AWS before it is changed or deleted while the program gives it no requests.
   * @default on, with the provider's credentials
   */
  gates?: GateArgs;
}

/**
 * One environment on ECS Fargate: a complete copy of the service that can serve.
 *
 * It is made in the order in which it comes to be on the wire: the target group; the preview rule, which attaches the group, so
 * that ECS accepts the service and the balancer checks health before there is weight; the service, steady when its tasks are
 * healthy. Only then does a route give it weight, by `target`.
 */
export class FargateEnvironment extends pulumi.ComponentResource {
  readonly targetGroup: aws.lb.TargetGroup;
  readonly service: aws.ecs.Service;
  /** The tasks' security group: what databases and neighbours let in. */
  readonly securityGroup: aws.ec2.SecurityGroup;
  /** What a route sends requests to. */
  readonly target: RouteTarget;

  /** @throws InputPropertyError where Fargate has no such size, or the name is too long for a target group. */
  constructor(name: string, args: FargateEnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
    check(name, args);
    super("crossfade:index:FargateEnvironment", name, args, opts);
    const child = { parent: this };
    const { port = 8080, replicas = 2, scaling } = args;

    const gates = Gates.of(this, args.gates, opts);
    this.targetGroup = createTargetGroup(name, args, this, gates);
    const preview = createPreviewRule(name, args, this.targetGroup, this, gates);
    this.securityGroup = createSecurityGroup();
    const told = args.signal === undefined ? undefined : { color: args.color, parameter: args.signal };
    const taskDefinition = createTaskDefinition(name, { ...args, port, told }, child);
    const cluster = args.clusterArn ?? new aws.ecs.Cluster(name, {}, child).arn;
    this.service = createService(cluster, taskDefinition, this, preview);
    if (args.scaling) createScaling(args.scaling, cluster, this.service);
    this.target = {
      targetGroupArn: this.targetGroup.arn,
      ready: [this.service],
      service: { clusterArn: cluster, name: this.service.name, taskDefinitionArn: taskDefinition.arn },
    };
    this.registerOutputs({ targetGroupArn: this.targetGroup.arn });

    function createSecurityGroup(): aws.ec2.SecurityGroup {
      const group = new aws.ec2.SecurityGroup(
        name,
        { vpcId: args.vpcId, description: `Crossfade environment ${args.color}` },
        child,
      );
      new aws.vpc.SecurityGroupIngressRule(
        `${name}-from-balancer`,
        {
          securityGroupId: group.id,
          referencedSecurityGroupId: args.balancerSecurityGroupId,
          ipProtocol: "tcp",
          fromPort: port,
          toPort: port,
        },
        child,
      );
      letOut(name, group, child);
      return group;
    }

    function createService(
      cluster: pulumi.Input<string>,
      taskDefinition: aws.ecs.TaskDefinition,
      { targetGroup, securityGroup }: FargateEnvironment,
      preview: aws.lb.ListenerRule,
    ): aws.ecs.Service {
      return new aws.ecs.Service(
        name,
        {
          cluster,
          taskDefinition: taskDefinition.arn,
          launchType: "FARGATE",
          desiredCount: scaling ? Math.min(scaling.max, Math.max(scaling.min, replicas)) : replicas,
          deploymentMinimumHealthyPercent: 100,
          deploymentMaximumPercent: 200,
          deploymentCircuitBreaker: { enable: true, rollback: true },
          healthCheckGracePeriodSeconds: args.grace ?? 60,
          networkConfiguration: {
            subnets: args.subnetIds,
            securityGroups: [securityGroup.id],
            assignPublicIp: args.publicAddresses ?? false,
          },
          loadBalancers: [{ targetGroupArn: targetGroup.arn, containerName: "service", containerPort: port }],
          propagateTags: "SERVICE",
          waitForSteadyState: true,
        },
        // ECS refuses a service whose target group is in no rule: the preview rule puts it in one.
        {
          ...child,
          dependsOn: [preview],
          ...timeouts(args),
          ...(args.scaling && { ignoreChanges: ["desiredCount"] }),
          ...idleHooks(gates),
        },
      );
    }

    function createScaling(
      { min, max, cpu: percent = 60 }: NonNullable<VersionArgs["scaling"]>,
      cluster: pulumi.Input<string>,
      service: aws.ecs.Service,
    ): void {
      const clusterName = pulumi.output(cluster).apply((arn) => arn.split("/").at(-1));
      const target = new aws.appautoscaling.Target(
        name,
        {
          serviceNamespace: "ecs",
          scalableDimension: "ecs:service:DesiredCount",
          resourceId: pulumi.interpolate`service/${clusterName}/${service.name}`,
          minCapacity: min,
          maxCapacity: max,
        },
        child,
      );
      new aws.appautoscaling.Policy(
        name,
        {
          policyType: "TargetTrackingScaling",
          serviceNamespace: target.serviceNamespace,
          scalableDimension: target.scalableDimension,
          resourceId: target.resourceId,
          targetTrackingScalingPolicyConfiguration: {
            predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
            targetValue: percent,
          },
        },
        child,
      );
    }
  }
}

/** The provider's time-out for a service's creation, update and deletion, in seconds (`aws.ecs.Service`, "Timeouts"). */
const PROVIDER_TIMEOUT = 20 * 60;

/** What a task may take until its container starts, in seconds: its place and its image. */
const PLACING_SECONDS = 600;

/**
 * A deployment is steady when the new tasks are healthy and the old ones drained and stopped, and a deletion waits for the drain:
 * where that may take longer than the provider waits, it waits longer. Never shorter.
 */
function timeouts({ grace = 60, healthInterval = 10, drain = 60, stop = 30 }: FargateEnvironmentArgs): {
  customTimeouts?: pulumi.CustomTimeouts;
} {
  const seconds = PLACING_SECONDS + grace + 5 * healthInterval + drain + stop;
  if (seconds <= PROVIDER_TIMEOUT) return {};
  const time = `${seconds}s`;
  return { customTimeouts: { create: time, update: time, delete: time } };
}

function check(name: string, { cpu = 256, memory = 512, scaling }: FargateEnvironmentArgs): void {
  const size = fargateSizeProblem(cpu, memory);
  if (size) throw new pulumi.InputPropertyError({ propertyPath: "memory", reason: size });
  if (scaling && scaling.min > scaling.max) {
    throw new pulumi.InputPropertyError({ propertyPath: "scaling.min", reason: "min is at most max" });
  }
  checkTargetGroupName(name);
}
