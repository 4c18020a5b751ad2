import * as reference from "../reference";
import { type Cloud, groupsOf, type Thing } from "../small-engine";
import { TYPES, urnOf } from "../small-programs";

/** The balancer's name for clients. */
export const DNS_NAME = "lb.elb.example";

/** Requests here take up to 2 s: no drain cuts them. */
const DRAIN = 20;

const SUBNETS = ["subnet-a", "subnet-b"];

/** What AWS would show of something in a small cloud. */
export function resourceOf(id: string, { item, inputs }: Thing): reference.Resource {
  const { __defaults, ...given } = inputs;
  const isAutoNamed = (__defaults as string[] | undefined)?.includes("name") ?? true;
  const name = isAutoNamed ? id : String(given.name);
  const more: Partial<Record<typeof item.kind, object>> = {
    balancer: { subnets: SUBNETS },
    listener: { port: 80 },
    group: {
      deregistrationDelay: DRAIN,
      healthCheck: { interval: 10, healthyThreshold: 2, unhealthyThreshold: 2 },
    },
    service: { networkConfiguration: { subnets: SUBNETS }, healthCheckGracePeriodSeconds: 60 },
    scaling: { vpcZoneIdentifiers: SUBNETS },
    target: { availabilityZone: String(given.targetId).endsWith("1") ? "subnet-a" : "subnet-b" },
  };
  const hasName = ["balancer", "group", "service", "scaling"].includes(item.kind);
  const isBalancer = item.kind === "balancer";
  return {
    urn: urnOf(item),
    type: TYPES[item.kind],
    id,
    inputs: { ...given, ...more[item.kind], ...(hasName && { name }) },
    outputs: { arn: id, ...(isBalancer && { dnsName: id === "lb" ? DNS_NAME : `new-${DNS_NAME}` }) },
  };
}

/** The cloud before an update, with the machines of others behind the groups that they fill. */
export function referenceCloud(cloud: Cloud): reference.Resource[] {
  const own = [...cloud].map(([id, thing]) => resourceOf(id, thing));
  const foreign = [...filledByOthers(cloud)].flatMap((group) =>
    SUBNETS.map((zone) => {
      const inputs = { targetGroupArn: group, targetId: `i-${group}-${zone}`, availabilityZone: zone };
      return reference.resource(TYPES.target, `others-${group}-${zone}`, inputs);
    }),
  );
  return [...own, ...foreign];
}

/** The groups that get requests and in which nothing of the stack registers targets. */
export function filledByOthers(cloud: Cloud): Set<string> {
  const things = [...cloud.values()];
  const filled = new Set(things.flatMap(({ inputs }) => groupsOf(inputs)));
  const forwarded = things.filter(isUsersRoute).flatMap(({ inputs }) => {
    const { targetGroups = [], stickiness } = forwardOf(inputs) ?? {};
    return targetGroups.filter(({ weight }) => weight > 0 || stickiness?.enabled).map(({ arn }) => arn);
  });
  return new Set(forwarded.filter((arn) => !filled.has(arn)));
}

interface Forward {
  targetGroups: { arn: string; weight: number }[];
  stickiness: { enabled: boolean };
}

/** What a listener or a rule forwards to. */
export function forwardOf({ actions, defaultActions }: Thing["inputs"]): Forward | undefined {
  const [action] = (actions ?? defaultActions ?? []) as { forward?: Forward }[];
  return action?.forward;
}

function isUsersRoute({ inputs }: Thing): boolean {
  return !((inputs.conditions ?? []) as { httpHeader?: object }[]).some(({ httpHeader }) => httpHeader);
}
