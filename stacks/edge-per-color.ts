import * as aws from "@pulumi/aws";
import type { Output } from "@pulumi/pulumi";
import {
  COLORS,
  type Color,
  type Config,
  type DnsConfig,
  type DnsTarget,
  Edge,
  Rollout,
  releaseOf,
  WeightedDnsRoute,
} from "../components";
import { background } from "./background";
import { environmentTarget } from "./environment";
import { after, migrated } from "./migration";
import { networkOf } from "./network";

/** Each environment behind a balancer of its own, and weighted DNS records between them. */
export function edgePerColor(config: Config, dns: DnsConfig) {
  const { environments, edges, host, previewSecret } = config;
  const rollout = Rollout.fromConfig("shop");

  const networks = Object.fromEntries(
    COLORS.map((color) => {
      const shape = edges[color];
      return [color, shape && networkOf(shape.network)];
    }),
  );
  const migration = migrated(config, (color) => networks[color]);
  const targets: Partial<Record<Color, DnsTarget>> = {};
  const dnsNames: Partial<Record<Color, Output<string>>> = {};
  for (const color of COLORS) {
    const [version, shape] = [environments[color], edges[color]];
    const network = networks[color];
    if (!version || !shape || !network) continue;
    const name = `shop-${color}`;
    const { vpcId, subnetIds } = network;
    const edge = new Edge(name, {
      vpcId,
      subnetIds,
      certificateArn: shape.certificate,
      internal: shape.internal,
      clientKeepAlive: shape.clientKeepAlive,
      // An edge that nobody is led to any more goes with its color's line.
      deletionProtection: color === rollout.plan.stable || rollout.shares[color] > 0,
    });
    const hosts = [host, dns.previewHosts[color]];
    const place = {
      ...network,
      listenerArn: edge.listener.arn,
      hosts,
      previewPriority: 1,
      previewSecret,
      balancerSecurityGroupId: edge.securityGroup.id,
    };
    const target = environmentTarget(config, color, version, place, after(migration, color));
    const rule = new aws.lb.ListenerRule(
      name,
      {
        listenerArn: edge.listener.arn,
        priority: 2,
        conditions: [{ hostHeader: { values: hosts } }],
        actions: [{ type: "forward", targetGroupArn: target.targetGroupArn }],
      },
      { dependsOn: target.ready },
    );
    // Route 53 asks from the internet and by HTTP/1.1, which a group of another protocol does not take (ELB guide, HTTP 464).
    const isAskable = !shape.internal && version.protocol === "HTTP1";
    targets[color] = {
      dnsName: edge.dnsName,
      zoneId: edge.zoneId,
      protocol: edge.protocol,
      ...(isAskable && { health: { path: version.health } }),
      ready: [rule],
      behind: [target],
    };
    dnsNames[color] = edge.dnsName;
  }

  const { zone, domain, failover, previewHosts } = dns;
  const weighted = { rollout, targets, zoneId: zone, domain, host, failover, previewHosts };
  const route = new WeightedDnsRoute("shop", weighted);
  background(config, rollout, route, after(migration, rollout.plan.stable), (color) => networks[color]);
  return { dnsName: host, edges: dnsNames, shares: rollout.shares, release: releaseOf(rollout, environments, route) };
}
