import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./local-world";

/** The programs of somebody who has the package: nothing in here knows this repository. */

/** The example in the README, as it stands there: the user's own balancer and listener, and one environment of ours. */
export const README_PROGRAM = (() => {
  const text = readFileSync(join(ROOT, "README.md"), "utf8");
  const section = text.split("\n## ").find((part) => part.startsWith("In your own program\n")) ?? "";
  const [, program = ""] = /```typescript\n(.*?)```/s.exec(section) ?? [];
  return program;
})();

/** The image that the README's program releases, and the own program below. */
export const IMAGE = `registry.example.com/shop@sha256:${"1".repeat(64)}`;

/** Somebody's own target groups and services, with a rollout and a route of ours over them. */
export const OWN_SERVICES = `
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { COLORS, type Color, Rollout, type RouteTarget, WeightedAlbRoute } from "pulumi-crossfade";

const balancer = new aws.lb.LoadBalancer("own", { subnets: ["subnet-1", "subnet-2"] });
const listener = new aws.lb.Listener("own", {
  loadBalancerArn: balancer.arn,
  port: 80,
  defaultActions: [{ type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404" } }],
});
const cluster = new aws.ecs.Cluster("own");

const targets: Partial<Record<Color, RouteTarget>> = {};
for (const [index, color] of COLORS.entries()) {
  const name = \`own-\${color}\`;
  const group = new aws.lb.TargetGroup(name, {
    port: 8080, protocol: "HTTP", targetType: "ip", vpcId: "vpc-1",
    healthCheck: { path: "/healthz", interval: 5, healthyThreshold: 2 },
  });
  const preview = new aws.lb.ListenerRule(name, {
    listenerArn: listener.arn,
    priority: index + 1,
    conditions: [{ httpHeader: { httpHeaderName: "x-own", values: [color] } }],
    actions: [{ type: "forward", targetGroupArn: group.arn }],
  });
  const container = { name: "web", image: "${IMAGE}", environment: [{ name: "VERSION", value: color }] };
  const task = new aws.ecs.TaskDefinition(name, { family: name, containerDefinitions: JSON.stringify([container]) });
  const service = new aws.ecs.Service(
    name,
    {
      cluster: cluster.arn, taskDefinition: task.arn, desiredCount: 1, waitForSteadyState: true,
      loadBalancers: [{ targetGroupArn: group.arn, containerName: "web", containerPort: 8080 }],
    },
    { dependsOn: [preview] },
  );
  targets[color] = { targetGroupArn: group.arn, ready: [service] };
}

const stage = new pulumi.Config().get("stage");
const rollout = new Rollout("own", { stable: "blue", stage, stages: [{ name: "half", weight: 50, bake: 60 }] });
new WeightedAlbRoute("own", { rollout, targets, listenerArn: listener.arn, hosts: ["shop.example.com"], priority: 3 });
export const { shares } = rollout;
`;

/** Weighted records between two edges, of which one is somebody's own. */
export const DNS = `
import * as aws from "@pulumi/aws";
import { type DnsTarget, Edge, Rollout, WeightedDnsRoute } from "pulumi-crossfade";

const own = new aws.lb.LoadBalancer("own", { subnets: ["subnet-1", "subnet-2"] });
const edge = new Edge("ours", { vpcId: "vpc-1", subnetIds: ["subnet-1", "subnet-2"], clientKeepAlive: 300 });
const { dnsName, zoneId, protocol } = edge;
const blue: DnsTarget = { dnsName: own.dnsName, zoneId: own.zoneId, existing: { a: "www" } };
const route = new WeightedDnsRoute("shop", {
  rollout: new Rollout("shop", { stable: "blue", stage: "canary-5" }),
  zoneId: "ZSHOP", domain: "example.com", host: "shop.example.com", failover: "none",
  targets: { blue, green: { dnsName, zoneId, protocol, health: { path: "/healthz" } } },
});
export const preview: string = route.previewHosts.green;
export const records: aws.route53.Record[] = route.records.blue ?? [];
`;

/** An environment of ours on Kubernetes beside somebody's own Service, and a Gateway's route over both. */
export const KUBERNETES = `
import * as k8s from "@pulumi/kubernetes";
import type { Output } from "@pulumi/pulumi";
import { Rollout } from "pulumi-crossfade";
import { type GatewayBackend, KubernetesEnvironment, WeightedGatewayRoute } from "pulumi-crossfade/kubernetes";

const own = new k8s.core.v1.Service("own", { spec: { selector: { app: "own" }, ports: [{ port: 80 }] } });
const blue: GatewayBackend = { serviceName: own.metadata.name, port: 80 };
const green = new KubernetesEnvironment("shop-green", { color: "green", image: "${IMAGE}", namespace: "shop" });
const { route } = new WeightedGatewayRoute("shop", {
  rollout: new Rollout("shop", { stable: "blue", stage: "canary-5" }),
  namespace: "shop", gateway: { name: "public", namespace: "edge" }, hosts: ["shop.example.com"],
  backends: { blue, green: green.backend },
});
export const routeName: Output<string> = route.metadata.name;
`;

/** A stack that knows nothing of Crossfade, in plain JavaScript. */
export function plainProgram({ port = 8080, drain = 30 } = {}): string {
  return `
"use strict";
const aws = require("@pulumi/aws");

const balancer = new aws.lb.LoadBalancer("web", { subnets: ["subnet-1", "subnet-2"] });
const group = new aws.lb.TargetGroup("web", {
  port: ${port}, protocol: "HTTP", targetType: "ip", vpcId: "vpc-1", deregistrationDelay: ${drain},
});
new aws.lb.Listener("web", {
  loadBalancerArn: balancer.arn,
  port: 80,
  defaultActions: [{ type: "forward", targetGroupArn: group.arn }],
});
`;
}

/** A team's own pack: our policies beside one of theirs. */
export const OWN_PACK = `
import { PolicyPack } from "@pulumi/policy";
import { policies } from "pulumi-crossfade/policies";

new PolicyPack("theirs", {
  policies: [
    ...policies,
    {
      name: "balancer-name",
      description: "Says each balancer.",
      enforcementLevel: "advisory",
      validateResource: ({ type }, report) => {
        if (type === "aws:lb/loadBalancer:LoadBalancer") report("theirs was asked too");
      },
    },
  ],
});
`;

/** What the types must refuse: where they were lost, and all is \`any\`, these directives are errors themselves. */
export const WRONG_TYPES = `
import { type DnsTarget, readConfig, Rollout, type WeightedDnsRouteArgs } from "pulumi-crossfade";
import type { GatewayBackend } from "pulumi-crossfade/kubernetes";
import { policies } from "pulumi-crossfade/policies";

// @ts-expect-error: no such color
new Rollout("wrong", { stable: "purple" });
// @ts-expect-error: a network is no number
export const network: number = readConfig().network;
// @ts-expect-error: an edge answers in HTTP or HTTPS
export const target: DnsTarget = { dnsName: "edge.example", protocol: "TCP" };
// @ts-expect-error: to the idle one, or to none
export const failover: WeightedDnsRouteArgs["failover"] = "to-all";
// @ts-expect-error: a port is a number
export const backend: GatewayBackend = { serviceName: "shop", port: "http" };
// @ts-expect-error: a name is no number
export const names: number[] = policies.map(({ name }) => name);
`;
