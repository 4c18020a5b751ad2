import { COLORS, type Color, desiredShares, keepsClients, type RolloutPlan, wholeWay } from "../../traffic";
import { type RolloutShape, rolloutInputs, STAGES } from "../crossfade-stack";
import { forward, NOT_FOUND, ref } from "../small-programs";
import { clock, dnsShop } from "./dns-world";
import {
  autoScalingEnvironment,
  fargateEnvironment,
  HOST,
  kubernetesEnvironment,
  NAMESPACE,
  type OnEdge,
  objectName,
} from "./environments";
import { type Item, item } from "./item";

/** A stack of every kind of compute behind every kind of route that it can have, where its rollout stands. */
export const ROLLOUT_WORLDS = {
  "Fargate behind an ALB": (shape) => behindOneEdge(shape, fargateEnvironment),
  "Fargate behind DNS": (shape) => dnsShop(shape),
  "Auto Scaling behind an ALB": (shape) => behindOneEdge(shape, autoScalingEnvironment),
  "Auto Scaling behind DNS": (shape) => dnsShop(shape, autoScalingEnvironment),
  "Kubernetes behind an ALB": (shape) => behindOneEdge(shape, kubernetesEnvironment),
  "Kubernetes behind a Gateway": behindAGateway,
} satisfies Record<string, (shape: RolloutShape) => Item[]>;

const EDGE: OnEdge = { listener: "web", hosts: [HOST] };
/** What runs a color's version, of each compute; a `dependsOn` on what is not there is left out. */
const computeOf = (color: Color) => [`svc-g-${color}`, `asg-${color}`, `drain-${color}`, `pods-${color}`];

function behindOneEdge(
  shape: RolloutShape,
  environment: (color: Color, shape: RolloutShape, edge: OnEdge) => Item[],
): Item[] {
  const { plan, present, shape: whole } = standing(shape);
  const shares = desiredShares(plan);
  const groups = Object.fromEntries(present.map((color) => [color, ref(`g-${color}`)]));
  const weights = Object.fromEntries(present.map((color) => [`g-${color}`, shares[color]]));
  return [
    item("aws:lb/loadBalancer:LoadBalancer", "lb", { loadBalancerType: "application", enableDeletionProtection: true }),
    item("aws:lb/listener:Listener", "web", {
      loadBalancerArn: ref("lb"),
      port: 80,
      protocol: "HTTP",
      defaultActions: [NOT_FOUND],
    }),
    item("crossfade:index:Rollout", "rollout", rolloutInputs(plan, shape), { component: true }),
    ...present.flatMap((color) => environment(color, whole, EDGE)),
    item("crossfade:index:WeightedAlbRoute", "shop", { ...plan, groups, hosts: [HOST] }, { component: true }),
    item(
      "aws:lb/listenerRule:ListenerRule",
      "rule",
      {
        listenerArn: ref("web"),
        priority: 3,
        conditions: [{ hostHeader: { values: [HOST] } }],
        actions: [forward(weights, keepsClients(plan))],
      },
      { parent: "shop", dependsOn: present.flatMap(computeOf), modifiedAgo: shape.movedAgo },
    ),
    clock("shop", shares, keepsClients(plan), shape.movedAgo),
  ];
}

function behindAGateway(shape: RolloutShape): Item[] {
  const { plan, present, shape: whole } = standing(shape);
  const shares = desiredShares(plan);
  const gateway = { name: "public-{case}", namespace: "edge" };
  const services = Object.fromEntries(present.map((color) => [color, objectName(color)]));
  const backend = (color: Color) => ({ name: objectName(color), port: 80 });
  const previews = present.map((color) => ({
    matches: [{ headers: [{ type: "Exact", name: "x-crossfade", value: color }] }],
    backendRefs: [backend(color)],
  }));
  const weighted = { backendRefs: present.map((color) => ({ ...backend(color), weight: shares[color] })) };
  return [
    item("crossfade:index:Rollout", "rollout", rolloutInputs(plan, shape), { component: true }),
    ...present.flatMap((color) => kubernetesEnvironment(color, whole)),
    item(
      "crossfade:index:WeightedGatewayRoute",
      "shop",
      { ...plan, services, namespace: NAMESPACE, gateway, hosts: [HOST] },
      { component: true },
    ),
    item(
      "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
      "rule",
      {
        metadata: { namespace: NAMESPACE, name: "shop-{case}", annotations: { "pulumi.com/autonamed": "true" } },
        spec: { parentRefs: [gateway], hostnames: [HOST], rules: [...previews, weighted] },
      },
      { parent: "shop", dependsOn: present.flatMap(computeOf), modifiedAgo: shape.movedAgo },
    ),
    clock("shop", shares, false, shape.movedAgo),
  ];
}

/** With what a shape leaves out. */
function standing(shape: RolloutShape): { plan: RolloutPlan; present: Color[]; shape: RolloutShape } {
  const { stable = "blue", stage = "idle", stages = STAGES, tasks = { blue: 4, green: 4 } } = shape;
  const present = COLORS.filter((color) => tasks[color] !== undefined);
  return { plan: { stable, stage, stages: wholeWay(stages) }, present, shape: { ...shape, tasks } };
}
