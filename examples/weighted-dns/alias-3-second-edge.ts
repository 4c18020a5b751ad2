import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { Edge, FargateEnvironment, Rollout, WeightedDnsRoute } from "../../components";
import { balancer, image, network, zone } from "./shop";

/** A second edge, as the candidate's. At `idle` it is reached at www-green.example.com alone; `stage` moves users to it. */
const stage = new pulumi.Config().get("stage");
const rollout = new Rollout("shop", { stable: "blue", stage });

const edge = new Edge("shop-green", network);
const hosts = [zone.host, "www-green.example.com"];
const environment = new FargateEnvironment("shop-green", {
  ...network,
  color: "green",
  image,
  listenerArn: edge.listener.arn,
  hosts,
  previewPriority: 1,
  balancerSecurityGroupId: edge.securityGroup.id,
});
const rule = new aws.lb.ListenerRule(
  "shop-green",
  {
    listenerArn: edge.listener.arn,
    priority: 2,
    conditions: [{ hostHeader: { values: hosts } }],
    actions: [{ type: "forward", targetGroupArn: environment.target.targetGroupArn }],
  },
  { dependsOn: environment.target.ready },
);

// Both speak HTTP here; with a certificate leave `protocol` out.
const health = { protocol: "HTTP", health: { path: "/healthz" } } as const;
new WeightedDnsRoute("shop", {
  ...zone,
  rollout,
  targets: {
    blue: {
      ...health,
      dnsName: balancer.dnsName,
      zoneId: balancer.zoneId,
      existing: { a: "www", aaaa: "www-ipv6" },
    },
    green: { ...health, dnsName: edge.dnsName, zoneId: edge.zoneId, ready: [rule] },
  },
});
