import type * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Color } from "../traffic";
import { type GateArgs, Gates } from "./gates";
import { idleHooksBehind } from "./idle-hooks";
import { kubernetesProblems } from "./kubernetes-environment-problems";
import { DNS_LABEL, DNS_LABEL_WORDS } from "./kubernetes-names";
import { podTemplate } from "./pod";
import { throwProblems } from "./property-problem";
import { checkTargetGroupName, createPreviewRule, createTargetGroup, type PreviewRuleArgs } from "./target-group";
import type { VersionArgs } from "./version-args";
import type { RouteTarget } from "./weighted-alb-route";
import type { GatewayBackend } from "./weighted-gateway-route";

/** Where an environment on Kubernetes hangs on an Application Load Balancer. */
export interface KubernetesAlbArgs extends PreviewRuleArgs {
  /** The network of the balancer and of the pods: the VPC CNI gives pods addresses in it. */
  vpcId: pulumi.Input<string>;
  /** The balancer's security group: the AWS Load Balancer Controller lets it alone connect to the pods. */
  balancerSecurityGroupId: pulumi.Input<string>;
}

/** What a version is on Kubernetes: `VersionArgs` says where it differs. */
export interface KubernetesEnvironmentArgs extends VersionArgs {
  color: Color;
  /** The namespace, which must be there. A plain value: what is in it must be known in every preview. */
  namespace: string;
  /**
   * Puts the environment behind a balancer, by a target group and a `TargetGroupBinding`. The AWS Load Balancer Controller must run
   * in the cluster, and the namespace must have the label `elbv2.k8s.aws/pod-readiness-gate-inject: enabled`: without it a roll
   * ends pods before their successors are healthy in the group (its guide, "Pod readiness gate").
   * @default none: behind a Gateway, by `backend`
   */
  alb?: KubernetesAlbArgs;
  /**
   * The ServiceAccount that the pods have.
   * @default one of its own, without permissions; no pod gets its token
   */
  serviceAccountName?: pulumi.Input<string>;
  /**
   * What is asked of AWS before it is changed while the program gives it no requests. Only behind a balancer: a hook has no client
   * of the cluster. Of its parts the target group and the preview rule are held when they are deleted, the pods are not.
   * @default on, with the AWS provider's credentials
   */
  gates?: GateArgs;
}

/** The Service's port, whatever the version's: what is in front of it need not change with a version. */
const SERVICE_PORT = 80;

/**
 * One environment on Kubernetes, 1.30 or later: a complete copy of the service that can serve.
 *
 * Its name is the selector of its Service and of its pods, so it must be the only one of that name in the namespace, and it never
 * changes: a version comes by the pods of the same Deployment, never by another selector.
 *
 * Behind a balancer it is made in the order in which it comes to be on the wire: the target group and its preview rule; the
 * Service; the binding of both; and only then the pods, for the controller gives readiness gates to pods as they are made and
 * never later. The step waits until the new pods are ready, which they are with their target healthy.
 */
export class KubernetesEnvironment extends pulumi.ComponentResource {
  readonly service: k8s.core.v1.Service;
  readonly deployment: k8s.apps.v1.Deployment;
  /** What a `WeightedGatewayRoute` sends requests to. */
  readonly backend: GatewayBackend;
  private readonly targetGroup: aws.lb.TargetGroup | undefined;

  /** @throws InputPropertiesError with all that is wrong with the arguments; Error where the name is too long. */
  constructor(name: string, args: KubernetesEnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
    check(name, args);
    super("crossfade:index:KubernetesEnvironment", name, args, opts);
    const child = { parent: this };
    const { namespace, alb, scaling, healthInterval = 10, grace = 60, drain = 60, stop = 30, replicas = 2 } = args;
    const selector = { "app.kubernetes.io/name": name };
    const labels = { ...selector, "app.kubernetes.io/managed-by": "pulumi" };
    // Without a name: the provider gives one of its own, so that a replacement is made before what it replaces goes.
    const metadata = { namespace, labels };

    const gates = alb && Gates.of(this, args.gates, opts);
    const group = alb && createTargetGroup(name, { ...args, vpcId: alb.vpcId }, this, gates);
    const preview = alb && group && createPreviewRule(name, { ...alb, color: args.color }, group, this, gates);
    const service = createService();
    const binding = alb && group && createBinding(alb, group);
    const attached = [service, preview, binding].filter((resource) => resource !== undefined);
    this.targetGroup = group;
    this.service = service;
    const serviceAccountName = args.serviceAccountName ?? createServiceAccount();
    const template = podTemplate(args, { color: args.color, labels, selector, serviceAccountName });
    this.deployment = createDeployment(attached);
    createVersionClock(this.deployment);
    if ((scaling?.min ?? replicas) > 1) createBudget();
    if (scaling) createScaling(scaling, this.deployment);
    this.backend = {
      serviceName: service.metadata.name,
      port: SERVICE_PORT,
      namespace,
      ready: [this.deployment],
    };
    this.registerOutputs({ serviceName: service.metadata.name, ...(group && { targetGroupArn: group.arn }) });

    function createService(): k8s.core.v1.Service {
      const { port = 8080, protocol = "HTTP1" } = args;
      return new k8s.core.v1.Service(
        name,
        {
          // The provider would wait for endpoints, and so for pods that wait for the binding, which waits for this Service.
          metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
          spec: {
            type: "ClusterIP",
            selector,
            ports: [
              {
                port: SERVICE_PORT,
                targetPort: port,
                protocol: "TCP",
                // By this a Gateway speaks HTTP/2 without TLS to the pods (GEP-1911, "Backend Protocol Selection").
                ...(protocol !== "HTTP1" && { appProtocol: "kubernetes.io/h2c" }),
              },
            ],
          },
        },
        child,
      );
    }

    function createBinding(
      { balancerSecurityGroupId: groupID }: KubernetesAlbArgs,
      { arn }: aws.lb.TargetGroup,
    ): pulumi.Resource {
      return new k8s.apiextensions.CustomResource(
        name,
        {
          apiVersion: "elbv2.k8s.aws/v1beta1",
          kind: "TargetGroupBinding",
          metadata,
          spec: {
            serviceRef: { name: service.metadata.name, port: SERVICE_PORT },
            targetGroupARN: arn,
            targetType: "ip",
            networking: {
              ingress: [
                { from: [{ securityGroup: { groupID } }], ports: [{ protocol: "TCP", port: args.port ?? 8080 }] },
              ],
            },
          },
        },
        // The controller's webhook refuses to change them in place (`checkImmutableFields` in its targetgroupbinding_validator.go).
        { ...child, replaceOnChanges: ["spec.targetGroupARN", "spec.targetType"] },
      );
    }

    function createServiceAccount(): pulumi.Output<string> {
      const account = new k8s.core.v1.ServiceAccount(name, { metadata, automountServiceAccountToken: false }, child);
      return account.metadata.name;
    }

    function createDeployment(dependsOn: pulumi.Resource[]): k8s.apps.v1.Deployment {
      const progressDeadlineSeconds = grace + 5 * healthInterval;
      return new k8s.apps.v1.Deployment(
        name,
        {
          metadata,
          spec: {
            ...(!scaling && { replicas }),
            selector: { matchLabels: selector },
            strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: `${MAX_SURGE}%` } },
            progressDeadlineSeconds,
            template,
          },
        },
        {
          ...child,
          dependsOn,
          customTimeouts: rollTimeouts(progressDeadlineSeconds, scaling?.max ?? replicas, drain + stop),
          // Left out where it was written before, it would become 1, the API's default, under load ("Horizontal Pod Autoscaling",
          // Migrating Deployments and StatefulSets to horizontal autoscaling). Ignored, it stays what it is.
          ...(scaling && { ignoreChanges: ["spec.replicas"] }),
          ...(group && idleHooksBehind(name, group.arn, gates)),
        },
      );
    }

    /**
     * The state's record of when the version last changed, where the Deployment's own moves with its replicas or a label as well.
     * By it the policies tell the version that carried all before, which may be returned to at once, from one that never did.
     */
    function createVersionClock(deployment: k8s.apps.v1.Deployment): void {
      new pulumi.Stash(`${name}-version`, { input: template }, { ...child, dependsOn: deployment });
    }

    /** One pod at a time may be evicted. With one replica there is none: it would let all go, or stop every drain of a node. */
    function createBudget(): void {
      new k8s.policy.v1.PodDisruptionBudget(
        name,
        {
          metadata,
          // A pod that runs and is not ready serves nobody, and must not keep its node ("Specifying a Disruption Budget").
          spec: { maxUnavailable: 1, selector: { matchLabels: selector }, unhealthyPodEvictionPolicy: "AlwaysAllow" },
        },
        child,
      );
    }

    function createScaling(
      { min, max, cpu = 60 }: NonNullable<VersionArgs["scaling"]>,
      deployment: k8s.apps.v1.Deployment,
    ): void {
      new k8s.autoscaling.v2.HorizontalPodAutoscaler(
        name,
        {
          metadata,
          spec: {
            scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: deployment.metadata.name },
            minReplicas: min,
            maxReplicas: max,
            metrics: [
              {
                type: "Resource",
                resource: { name: "cpu", target: { type: "Utilization", averageUtilization: cpu } },
              },
            ],
          },
        },
        child,
      );
    }
  }

  /**
   * What a `WeightedAlbRoute` sends requests to.
   * @throws Error where the environment is behind no balancer.
   */
  get target(): RouteTarget {
    if (this.targetGroup) return { targetGroupArn: this.targetGroup.arn, ready: [this.deployment] };
    throw new Error(
      "this environment has no target group, for it was made without `alb`: give it `alb`, or send requests to its `backend` by a WeightedGatewayRoute",
    );
  }
}

/** Pods beyond the replicas while a version rolls, in percent, rounded up; Kubernetes' own default. */
const MAX_SURGE = 25;

/**
 * A roll has up to four waves, and each has the progress deadline. The time-out is what ends the step: at the deadline the
 * provider only notes `ProgressDeadlineExceeded`, and waits on (pulumi-kubernetes, `deployment.go` of its await logic). A deletion
 * waits until the last pod is gone.
 */
function rollTimeouts(deadlineSeconds: number, pods: number, terminationSeconds: number): pulumi.CustomTimeouts {
  const waves = Math.ceil(pods / Math.ceil((pods * MAX_SURGE) / 100));
  const roll = `${waves * deadlineSeconds}s`;
  return { create: roll, update: roll, delete: `${600 + terminationSeconds}s` };
}

function check(name: string, args: KubernetesEnvironmentArgs): void {
  if (args.alb) checkTargetGroupName(name);
  // It is a label's value and the beginning of a Service's name, of which auto-naming takes nine characters.
  if (!DNS_LABEL.test(name) || name.length > 54) {
    throw new Error(`"${name}" cannot be an environment's name: at most 54 characters, and ${DNS_LABEL_WORDS}`);
  }
  throwProblems(`the environment "${name}"`, kubernetesProblems(args));
}
