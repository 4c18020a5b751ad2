import { COLORS, type Color } from "../../traffic";
import { imageOf, type RolloutShape } from "../crossfade-stack";
import { ref } from "../small-programs";
import { type Item, item } from "./item";

/** What an environment hangs on, where it is behind a balancer. */
export interface OnEdge {
  listener: string;
  hosts: readonly string[];
}

export const HOST = "shop.example.com";
export const NAMESPACE = "shop-{case}";

/** The group of a color, and the rule by which its health is checked before it has weight. */
function group(color: Color, { listener, hosts }: OnEdge): Item[] {
  const home = { parent: `shop-${color}` };
  return [
    item(
      "aws:lb/targetGroup:TargetGroup",
      `g-${color}`,
      { port: 8080, deregistrationDelay: 60, healthCheck: { path: "/healthz", interval: 10, healthyThreshold: 2 } },
      home,
    ),
    item(
      "aws:lb/listenerRule:ListenerRule",
      `preview-${color}`,
      {
        listenerArn: ref(listener),
        priority: COLORS.indexOf(color) + 1,
        conditions: [
          { hostHeader: { values: hosts } },
          { httpHeader: { httpHeaderName: "x-crossfade", values: [color] } },
        ],
        actions: [{ type: "forward", targetGroupArn: ref(`g-${color}`) }],
      },
      home,
    ),
  ];
}

/** An environment on Fargate, as the component makes it. */
export function fargateEnvironment(color: Color, shape: RolloutShape, edge: OnEdge): Item[] {
  const home = { parent: `shop-${color}` };
  const containers = [{ name: "service", image: imageOf(color, shape) }];
  return [
    item(
      "crossfade:index:FargateEnvironment",
      `shop-${color}`,
      { color },
      { component: true, outputs: { targetGroupArn: ref(`g-${color}`) } },
    ),
    ...group(color, edge),
    item(
      "aws:ecs/taskDefinition:TaskDefinition",
      `version-${color}`,
      { family: `shop-${color}-{case}`, containerDefinitions: JSON.stringify(containers), skipDestroy: true },
      { ...home, createdAgo: shape.madeAgo?.[color] },
    ),
    ecsService(color, `g-${color}`, shape.tasks?.[color] ?? 0, home),
  ];
}

export function ecsService(color: Color, group: string, desiredCount: number, more: Partial<Item> = {}): Item {
  return item(
    "aws:ecs/service:Service",
    `svc-${group}`,
    {
      desiredCount,
      waitForSteadyState: true,
      healthCheckGracePeriodSeconds: 60,
      taskDefinition: ref(`version-${color}`),
      loadBalancers: [{ targetGroupArn: ref(group) }],
    },
    { ...more, dependsOn: [`preview-${color}`], outputs: { name: `svc-${group}-{case}` } },
  );
}

/** An environment on instances, as the component makes it. */
export function autoScalingEnvironment(color: Color, shape: RolloutShape, edge: OnEdge): Item[] {
  const home = { parent: `shop-${color}` };
  const image = imageOf(color, shape);
  const size = shape.tasks?.[color] ?? 0;
  return [
    item(
      "crossfade:index:AutoScalingEnvironment",
      `shop-${color}`,
      { color, image },
      { component: true, outputs: { targetGroupArn: ref(`g-${color}`) } },
    ),
    ...group(color, edge),
    item(
      "aws:ec2/launchTemplate:LaunchTemplate",
      `version-${color}`,
      { imageId: "ami-0123456789abcdef0", userData: Buffer.from(image).toString("base64") },
      { ...home, createdAgo: shape.madeAgo?.[color] },
    ),
    item(
      "aws:autoscaling/group:Group",
      `asg-${color}`,
      {
        minSize: size,
        maxSize: 2 * size,
        desiredCapacity: size,
        waitForElbCapacity: size,
        healthCheckType: "ELB",
        healthCheckGracePeriod: 60,
        // As the number that the provider gives each change of the template.
        launchTemplate: { id: ref(`version-${color}`), version: image.slice(-4) },
        targetGroupArns: [ref(`g-${color}`)],
        vpcZoneIdentifiers: ["subnet-1"],
      },
      { ...home, dependsOn: [`preview-${color}`], outputs: { name: `asg-${color}-{case}` } },
    ),
    item(
      "aws:autoscaling/lifecycleHook:LifecycleHook",
      `drain-${color}`,
      { autoscalingGroupName: ref(`asg-${color}`, "name"), heartbeatTimeout: 30 },
      home,
    ),
    item(
      "pulumi:index:Stash",
      `clock-${color}`,
      { input: image },
      { ...home, dependsOn: [`asg-${color}`], createdAgo: shape.madeAgo?.[color] },
    ),
  ];
}

/** What the provider has given the objects of a color for a name. */
export const objectName = (color: Color) => `shop-${color}-{case}`;

/** An environment on Kubernetes, as the component makes it: behind a balancer, or without `edge` behind a Gateway. */
export function kubernetesEnvironment(color: Color, shape: RolloutShape, edge?: OnEdge): Item[] {
  const home = { parent: `shop-${color}` };
  const labels = { "app.kubernetes.io/name": `shop-${color}` };
  const named = (annotations: object = {}) => ({
    namespace: NAMESPACE,
    name: objectName(color),
    labels,
    annotations: { "pulumi.com/autonamed": "true", ...annotations },
  });
  const container = {
    name: "service",
    image: imageOf(color, shape),
    ports: [{ containerPort: 8080 }],
    readinessProbe: { httpGet: { path: "/healthz", port: 8080 } },
    lifecycle: { preStop: { sleep: { seconds: 60 } } },
  };
  const binding = item(
    "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding",
    `binding-${color}`,
    {
      metadata: named(),
      spec: {
        serviceRef: { name: objectName(color), port: 80 },
        targetGroupARN: ref(`g-${color}`),
        targetType: "ip",
      },
    },
    { ...home, dependsOn: [`service-${color}`] },
  );
  return [
    item(
      "crossfade:index:KubernetesEnvironment",
      `shop-${color}`,
      { color, namespace: NAMESPACE },
      {
        component: true,
        outputs: { serviceName: objectName(color), ...(edge && { targetGroupArn: ref(`g-${color}`) }) },
      },
    ),
    ...(edge ? group(color, edge) : []),
    item(
      "kubernetes:core/v1:Service",
      `service-${color}`,
      {
        metadata: named({ "pulumi.com/skipAwait": "true" }),
        spec: { type: "ClusterIP", selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
      },
      home,
    ),
    ...(edge ? [binding] : []),
    item(
      "kubernetes:apps/v1:Deployment",
      `pods-${color}`,
      {
        metadata: named(),
        spec: {
          replicas: shape.tasks?.[color] ?? 0,
          selector: { matchLabels: labels },
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: "25%" } },
          template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 90, containers: [container] } },
        },
      },
      {
        ...home,
        dependsOn: [`service-${color}`, `preview-${color}`, `binding-${color}`],
        createdAgo: shape.madeAgo?.[color],
        modifiedAgo: shape.changedAgo?.[color],
      },
    ),
    item(
      "pulumi:index:Stash",
      `version-${color}`,
      { input: imageOf(color, shape) },
      { ...home, dependsOn: [`pods-${color}`], createdAgo: shape.madeAgo?.[color] },
    ),
    item(
      "kubernetes:policy/v1:PodDisruptionBudget",
      `budget-${color}`,
      { metadata: named(), spec: { maxUnavailable: 1, selector: { matchLabels: labels } } },
      home,
    ),
  ];
}
