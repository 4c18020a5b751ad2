import {
  DescribeListeners$,
  type DescribeListenersInput,
  type DescribeListenersOutput,
  DescribeLoadBalancers$,
  type DescribeLoadBalancersInput,
  type DescribeLoadBalancersOutput,
  DescribeRules$,
  type DescribeRulesInput,
  type DescribeRulesOutput,
  DescribeTargetGroups$,
  type DescribeTargetGroupsInput,
  type DescribeTargetGroupsOutput,
  DescribeTargetHealth$,
  type DescribeTargetHealthInput,
  type DescribeTargetHealthOutput,
  ModifyRule$,
  type ModifyRuleInput,
  type ModifyRuleOutput,
  type TargetHealthReasonEnum,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError } from "../providers";
import type { LocalRecord } from "../providers/record";
import { type Cloud, page } from "./cloud";
import { describeRules, modifyRule } from "./elbv2-rules";
import {
  BALANCER,
  ELB_PAGE,
  GROUP,
  LISTENER,
  RULE,
  rulesOf,
  toListener,
  toLoadBalancer,
  toTargetGroup,
} from "./elbv2-shapes";
import { operation, type Service } from "./operation";
import { queryWire } from "./wire/query";

/** Elastic Load Balancing: rules and their weights, target groups and the health of their targets. */
export function elbv2(cloud: Cloud): Service {
  return {
    name: "elasticloadbalancing",
    wire: queryWire("2015-12-01", "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"),
    throttled: "Throttling",
    operations: [
      operation<DescribeRulesInput, DescribeRulesOutput>(DescribeRules$, (input) => describeRules(input, cloud)),
      operation<ModifyRuleInput, ModifyRuleOutput>(ModifyRule$, (input) => modifyRule(input, cloud)),
      operation<DescribeTargetGroupsInput, DescribeTargetGroupsOutput>(DescribeTargetGroups$, (input) =>
        describeTargetGroups(input, cloud),
      ),
      operation<DescribeTargetHealthInput, DescribeTargetHealthOutput>(DescribeTargetHealth$, (input) =>
        describeTargetHealth(input, cloud),
      ),
      operation<DescribeListenersInput, DescribeListenersOutput>(DescribeListeners$, (input) =>
        describeListeners(input, cloud),
      ),
      operation<DescribeLoadBalancersInput, DescribeLoadBalancersOutput>(DescribeLoadBalancers$, (input) =>
        describeLoadBalancers(input, cloud),
      ),
    ],
  };
}

function describeTargetGroups(input: DescribeTargetGroupsInput, { records }: Cloud): DescribeTargetGroupsOutput {
  const { LoadBalancerArn, PageSize = ELB_PAGE, Marker } = input;
  const all = chosen(records.ofType(GROUP), input.TargetGroupArns, input.Names, () =>
    refusal("DescribeTargetGroups")("TargetGroupNotFound", "One or more target groups not found"),
  ).map((group) => toTargetGroup(group, balancersOf(group.id)));
  const wanted = all.filter((one) => !LoadBalancerArn || one.LoadBalancerArns?.includes(LoadBalancerArn));
  const { items, next } = page(wanted, PageSize, Marker);
  return { TargetGroups: items, NextMarker: next };

  function balancersOf(arn: string): string[] {
    const listeners = records.ofType(LISTENER).filter((listener) => {
      const actions = rulesOf(listener, records.ofType(RULE)).flatMap(({ Actions = [] }) => Actions);
      return actions.some(({ ForwardConfig }) =>
        ForwardConfig?.TargetGroups?.some((one) => one.TargetGroupArn === arn),
      );
    });
    return [...new Set(listeners.map(({ inputs }) => String(inputs.loadBalancerArn)))];
  }
}

function describeTargetHealth(input: DescribeTargetHealthInput, cloud: Cloud): DescribeTargetHealthOutput {
  const { TargetGroupArn = "", Targets } = input;
  if (!cloud.records.get(GROUP, TargetGroupArn)) {
    throw refusal("DescribeTargetHealth")("TargetGroupNotFound", "One or more target groups not found");
  }
  const isAsked = (id = "", port: number) =>
    !Targets || Targets.some(({ Id, Port }) => Id === id && (Port ?? port) === port);
  const all = cloud.dataPlane.targetHealth(TargetGroupArn).map(({ id, zone, state, reason }) => {
    const [Id, port] = id.split(":");
    return {
      Target: { Id, Port: Number(port), AvailabilityZone: zone },
      HealthCheckPort: port,
      TargetHealth: { State: state, Reason: reason as TargetHealthReasonEnum | undefined },
    };
  });
  return { TargetHealthDescriptions: all.filter(({ Target }) => isAsked(Target.Id, Target.Port)) };
}

function describeListeners(input: DescribeListenersInput, { records }: Cloud): DescribeListenersOutput {
  const { LoadBalancerArn, ListenerArns, PageSize = ELB_PAGE, Marker } = input;
  const refuse = refusal("DescribeListeners");
  if (LoadBalancerArn !== undefined && !records.get(BALANCER, LoadBalancerArn)) {
    throw refuse("LoadBalancerNotFound", "One or more load balancers not found");
  }
  const all = chosen(records.ofType(LISTENER), ListenerArns, [], () =>
    refuse("ListenerNotFound", "One or more listeners not found"),
  ).map(toListener);
  const wanted = all.filter((one) => LoadBalancerArn === undefined || one.LoadBalancerArn === LoadBalancerArn);
  const { items, next } = page(wanted, PageSize, Marker);
  return { Listeners: items, NextMarker: next };
}

function describeLoadBalancers(input: DescribeLoadBalancersInput, cloud: Cloud): DescribeLoadBalancersOutput {
  const { LoadBalancerArns, Names, PageSize = ELB_PAGE, Marker } = input;
  const all = chosen(cloud.records.ofType(BALANCER), LoadBalancerArns, Names, () =>
    refusal("DescribeLoadBalancers")("LoadBalancerNotFound", "One or more load balancers not found"),
  );
  const { items, next } = page(all, PageSize, Marker);
  return { LoadBalancers: items.map((one) => toLoadBalancer(one, cloud.dataPlane.zones)), NextMarker: next };
}

/** Those of the ARNs or names, or all where neither is given. */
function chosen(all: LocalRecord[], arns: string[] = [], names: string[] = [], missing: () => AwsError): LocalRecord[] {
  const find = (is: (record: LocalRecord) => boolean) => {
    const found = all.find(is);
    if (!found) throw missing();
    return found;
  };
  if (arns.length === 0 && names.length === 0) return all;
  return [
    ...arns.map((arn) => find(({ id }) => id === arn)),
    ...names.map((name) => find(({ inputs }) => inputs.name === name)),
  ];
}

function refusal(operation: string) {
  return (code: string, reason: string) => new AwsError(operation, code, reason);
}
