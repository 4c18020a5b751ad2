import { dnsNameOf, type LiveBalancer, type LiveRule } from "../traffic";
import { AwsCallError, asked } from "./asked";
import type { AwsClients } from "./aws-clients";
import { readRules } from "./rule";

/** The balancers that have a target group in one of their rules; none where the group is gone. @throws AwsCallError */
export async function readBalancersOf(clients: AwsClients, groupArn: string): Promise<LiveBalancer[]> {
  const elb = await clients.at(groupArn).elb();
  const call = { action: "elasticloadbalancing:DescribeTargetGroups", of: groupArn };
  try {
    const { TargetGroups: [group] = [] } = await asked(call, () =>
      elb.describeTargetGroups({ TargetGroupArns: [groupArn] }),
    );
    const arns = group?.LoadBalancerArns ?? [];
    return arns.length === 0 ? [] : await readBalancers(clients, arns);
  } catch (error) {
    if (error instanceof AwsCallError && error.kind === "not found") return [];
    throw error;
  }
}

async function readBalancers(clients: AwsClients, arns: string[]): Promise<LiveBalancer[]> {
  const of = arns.join(", ");
  const elb = await clients.at(of).elb();
  const call = { action: "elasticloadbalancing:DescribeLoadBalancers", of };
  const { LoadBalancers = [] } = await asked(call, () => elb.describeLoadBalancers({ LoadBalancerArns: arns }));
  return LoadBalancers.map(({ LoadBalancerArn = "", DNSName = "", AvailabilityZones = [] }) => ({
    arn: LoadBalancerArn,
    dnsName: dnsNameOf(DNSName),
    zones: AvailabilityZones.flatMap(({ ZoneName }) => ZoneName ?? []),
  }));
}

/** The rules of all listeners of a balancer, the default ones among them. @throws AwsCallError */
export async function readRulesOn(clients: AwsClients, balancerArn: string): Promise<LiveRule[]> {
  const { paginateDescribeListeners } = await import("@aws-sdk/client-elastic-load-balancing-v2");
  const client = await clients.at(balancerArn).elb();
  const listeners = await asked({ action: "elasticloadbalancing:DescribeListeners", of: balancerArn }, async () => {
    const arns: string[] = [];
    for await (const { Listeners = [] } of paginateDescribeListeners({ client }, { LoadBalancerArn: balancerArn })) {
      arns.push(...Listeners.flatMap(({ ListenerArn }) => ListenerArn ?? []));
    }
    return arns;
  });
  const rules: LiveRule[] = [];
  for (const listener of listeners) rules.push(...(await readRules(clients, listener)));
  return rules;
}
