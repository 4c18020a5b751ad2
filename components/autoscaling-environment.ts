import { createHash } from "node:crypto";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type Color, isAmi } from "../traffic";
import { autoScalingProblems } from "./autoscaling-environment-problems";
import { type GateArgs, Gates } from "./gates";
import { idleHooks } from "./idle-hooks";
import { type InstanceArgs, startScript } from "./instance";
import { createInstanceProfile } from "./instance-profile";
import { exchangeInstances, VERSION_TAG } from "./instance-refresh";
import { letOut } from "./let-out";
import { liveHook } from "./live-hook";
import { throwProblems } from "./property-problem";
import type { RollingArgs } from "./rolling-args";
import { checkTargetGroupName, createPreviewRule, createTargetGroup, type PreviewRuleArgs } from "./target-group";
import type { VersionArgs } from "./version-args";
import type { RouteTarget } from "./weighted-alb-route";

/** What a version is on instances. Their size is the instance type's, and what stands beside the service is in the AMI. */
type InstanceVersionArgs = Omit<VersionArgs, "cpu" | "memory" | "sidecars">;

export interface AutoScalingEnvironmentArgs extends InstanceVersionArgs, InstanceArgs, PreviewRuleArgs {
  color: Color;
  /** Such as `m7g.large`. */
  instanceType: pulumi.Input<string>;
  /**
   * The AMI that runs the version's container, with docker in it. Not for an `image` that is an AMI itself.
   * @default none: `image` is the AMI
   */
  ami?: pulumi.Input<string>;
  /** The network that the instances run in. */
  vpcId: pulumi.Input<string>;
  /** The instances' subnets. */
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Whether instances get public addresses; they need them where their subnets have no other way out to the registry.
   * @default false
   */
  publicAddresses?: boolean;
  /** The balancer's security group: it alone may connect to the instances. */
  balancerSecurityGroupId: pulumi.Input<string>;
  /**
   * The ARN of the instance profile that the instances have.
   * @default one of its own, that may read the version's image from ECR and its secrets
   */
  instanceProfileArn?: pulumi.Input<string>;
  /**
   * Whether `scaling` may take instances away. While a rollout is on it must not: the load of the color that loses weight falls, and
   * the way back would lead to a group that was scaled in.
   * @default true
   */
  scaleIn?: boolean;
  /**
   * Seconds from an instance's launch until its service starts, at most: how long an update waits for it.
   * @default 600
   */
  startup?: number;
  /**
   * How a new version comes to it in place.
   * @default all instances are exchanged, each when its successor is healthy
   */
  rolling?: RollingArgs;
  /**
   * What is asked of AWS before it is changed or deleted while the program gives it no requests.
   * @default on, with the provider's credentials
   */
  gates?: GateArgs;
}

/**
 * One environment on EC2 instances of an Auto Scaling group: a complete copy of the service that can serve.
 *
 * It is made in the order in which it comes to be on the wire: the target group; the preview rule, which attaches the group, so that
 * the balancer checks health before there is weight; the group, whose step waits until its instances are healthy there. An instance
 * that leaves is taken out of the balancer and drained before its lifecycle hook begins ("How lifecycle hooks work"), and lives on
 * for the hook's time: what a balancer's node still sends it is answered.
 *
 * The launch template's version is a number and never `$Latest`: by that the group would launch, at a scale-out or after a crash, what
 * nobody released, and could not be rolled back (`RollbackInstanceRefresh`).
 */
export class AutoScalingEnvironment extends pulumi.ComponentResource {
  readonly targetGroup: aws.lb.TargetGroup;
  readonly group: aws.autoscaling.Group;
  /** The instances' security group: what databases and neighbours let in. */
  readonly securityGroup: aws.ec2.SecurityGroup;
  /** What a route sends requests to. */
  readonly target: RouteTarget;

  /** @throws InputPropertiesError with all that is wrong with the arguments; Error where the name is too long. */
  constructor(name: string, args: AutoScalingEnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
    checkTargetGroupName(name);
    throwProblems(`the environment "${name}"`, autoScalingProblems(args));
    super("crossfade:index:AutoScalingEnvironment", name, args, opts);
    const child = { parent: this };
    const { port = 8080, grace = 60, healthInterval = 10, drain = 60, stop = 30, replicas = 2, scaling } = args;
    const hookSeconds = Math.max(SHORTEST_HOOK, stop);
    const startSeconds = (args.startup ?? START_SECONDS) + grace + 5 * healthInterval;

    const gates = Gates.of(this, args.gates, opts);
    this.targetGroup = createTargetGroup(name, { ...args, targetType: "instance" }, this, gates);
    const preview = createPreviewRule(name, args, this.targetGroup, this, gates);
    this.securityGroup = createSecurityGroup();
    const template = machine(this.securityGroup);
    const version = fingerprint(template);
    this.group = createGroup(this, new aws.ec2.LaunchTemplate(name, template, child));
    const kept = createDrain(this.group);
    createVersionClock(this.group);
    if (scaling) createScaling(scaling, this.group);
    this.target = { targetGroupArn: this.targetGroup.arn, ready: [this.group, kept] };
    this.registerOutputs({ targetGroupArn: this.targetGroup.arn });

    function createSecurityGroup(): aws.ec2.SecurityGroup {
      const group = new aws.ec2.SecurityGroup(
        name,
        { vpcId: args.vpcId, description: `Crossfade environment ${args.color}` },
        child,
      );
      const { id: securityGroupId } = group;
      const { balancerSecurityGroupId: referencedSecurityGroupId } = args;
      new aws.vpc.SecurityGroupIngressRule(
        `${name}-from-balancer`,
        { securityGroupId, referencedSecurityGroupId, ipProtocol: "tcp", fromPort: port, toPort: port },
        child,
      );
      letOut(name, group, child);
      return group;
    }

    /** All that makes the version. */
    function machine({ id }: aws.ec2.SecurityGroup): aws.ec2.LaunchTemplateArgs {
      const imageId = pulumi.all([args.image, args.ami]).apply(([image, ami]) => (isAmi(image) ? image : (ami ?? "")));
      const associatePublicIpAddress = String(args.publicAddresses ?? false);
      return {
        imageId,
        instanceType: args.instanceType,
        userData: startScript(args).apply((script) => Buffer.from(script).toString("base64")),
        iamInstanceProfile: { arn: args.instanceProfileArn ?? createInstanceProfile(name, args, child) },
        networkInterfaces: [{ securityGroups: [id], associatePublicIpAddress, deleteOnTermination: "true" }],
        // Two hops: a container is one behind its instance (EC2 guide, "Configure the Instance Metadata Service options").
        metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 2 },
        monitoring: { enabled: true },
      };
    }

    /** The group's new version is on its instances before it is on the group. */
    function createExchange(component: pulumi.ComponentResource): pulumi.ResourceHook | undefined {
      const patience = startSeconds + drain + hookSeconds;
      const say = (line: string) => void pulumi.log.info(`${name}: ${line}`);
      return liveHook(
        `${name}-exchange`,
        component,
        (hookArgs, clients) => exchangeInstances(hookArgs, { rolling: args.rolling, patience }, clients, { say }),
        args.gates,
      );
    }

    function createGroup(environment: AutoScalingEnvironment, template: aws.ec2.LaunchTemplate): aws.autoscaling.Group {
      const { min: minSize, max: maxSize } = scaling ?? { min: replicas, max: 2 * replicas };
      const exchange = createExchange(environment);
      const { hooks: guard } = idleHooks(gates);
      const desiredCapacity = Math.min(maxSize, Math.max(minSize, replicas));
      return new aws.autoscaling.Group(
        name,
        {
          launchTemplate: { id: template.id, version: template.latestVersion.apply(String) },
          vpcZoneIdentifiers: args.subnetIds,
          minSize,
          maxSize,
          desiredCapacity,
          targetGroupArns: [environment.targetGroup.arn],
          healthCheckType: "ELB",
          healthCheckGracePeriod: grace,
          defaultInstanceWarmup: grace,
          // Without it an unhealthy instance is ended before another is there ("Instance maintenance policy", default behaviour).
          instanceMaintenancePolicy: { minHealthyPercentage: 100, maxHealthyPercentage: 200 },
          // The autoscaler's number is not known here, and an update would wait for exactly this one.
          ...(scaling ? { minElbCapacity: minSize } : { waitForElbCapacity: desiredCapacity }),
          waitForCapacityTimeout: `${startSeconds}s`,
          tags: [
            { key: "Name", value: name, propagateAtLaunch: true },
            { key: VERSION_TAG, value: version, propagateAtLaunch: true },
          ],
        },
        {
          ...child,
          // Its instances are checked by the balancer only when the preview rule has put the target group in use.
          dependsOn: [preview],
          // A deletion takes all instances out of the balancer first, and waits until they are drained and gone.
          customTimeouts: { delete: `${START_SECONDS + drain + hookSeconds}s` },
          hooks: { ...guard, beforeUpdate: [...(guard?.beforeUpdate ?? []), ...(exchange ? [exchange] : [])] },
          ...(scaling && { ignoreChanges: ["desiredCapacity"] }),
        },
      );
    }

    /** Keeps an instance that is drained for as long as its service may take to stop. */
    function createDrain(group: aws.autoscaling.Group): aws.autoscaling.LifecycleHook {
      return new aws.autoscaling.LifecycleHook(
        name,
        {
          autoscalingGroupName: group.name,
          lifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
          heartbeatTimeout: hookSeconds,
          defaultResult: "CONTINUE",
        },
        child,
      );
    }

    /**
     * The state's record of when the version last changed, where the group's own moves with its size or a tag as well. By it the
     * policies tell the version that carried all before, which may be returned to at once, from one that never did.
     */
    function createVersionClock(group: aws.autoscaling.Group): void {
      new pulumi.Stash(`${name}-version`, { input: version }, { ...child, dependsOn: group });
    }

    function createScaling(
      { cpu: targetValue = 60 }: NonNullable<VersionArgs["scaling"]>,
      group: aws.autoscaling.Group,
    ): void {
      new aws.autoscaling.Policy(
        name,
        {
          autoscalingGroupName: group.name,
          policyType: "TargetTrackingScaling",
          targetTrackingConfiguration: {
            predefinedMetricSpecification: { predefinedMetricType: "ASGAverageCPUUtilization" },
            targetValue,
            disableScaleIn: args.scaleIn === false,
          },
        },
        child,
      );
    }
  }
}

/** The least that a lifecycle hook may wait, in seconds (`PutLifecycleHook`, `HeartbeatTimeout`). */
const SHORTEST_HOOK = 30;

/** What an instance may take until its service starts, in seconds; the provider's own time-out for the group's. */
const START_SECONDS = 600;

/** Tells a version from another: launch templates are numbered, and the same one again has another number. */
function fingerprint(template: aws.ec2.LaunchTemplateArgs): pulumi.Output<string> {
  return pulumi.jsonStringify(template).apply((text) => createHash("sha256").update(text).digest("hex").slice(0, 16));
}
