import { AwsCallError, asked } from "../../live/asked";
import type { AwsClients } from "../../live/aws-clients";
import { type Properties, text } from "../../traffic";

/** Where the resources of a stack are made, as their ARNs have it. */
export interface Place {
  partition: string;
  region: string;
  account: string;
}

/** A resource that was being made when the engine was killed. */
export interface Begun {
  type: string;
  inputs: Properties;
}

/** How a type's id is known from what it was to be made with: it is its name, or AWS is asked. */
type IdOf = (inputs: Properties, place: Place, clients: AwsClients) => Promise<string | undefined> | string | undefined;

const arn = ({ partition, region, account }: Place, service: string, rest: string) =>
  `arn:${partition}:${service}:${region}:${account}:${rest}`;

const IDS: Readonly<Record<string, IdOf>> = {
  "aws:cloudwatch/logGroup:LogGroup": ({ name }) => text(name),
  "aws:iam/role:Role": ({ name }) => text(name),
  "aws:iam/rolePolicy:RolePolicy": ({ role, name }) => `${role}:${name}`,
  "aws:ecs/cluster:Cluster": ({ name }, place) => arn(place, "ecs", `cluster/${name}`),
  "aws:ecs/service:Service": ({ cluster, name }, place) =>
    arn(place, "ecs", `service/${String(cluster).split("/").at(-1)}/${name}`),
  "aws:lb/targetGroup:TargetGroup": ({ name }, _, clients) => groupNamed(String(name), clients),
  "aws:lb/listenerRule:ListenerRule": ({ listenerArn, priority }, _, clients) =>
    ruleAt(String(listenerArn), String(priority), clients),
};

/**
 * The id of what was being made, if it was: whether it is there the provider is asked by it. Undefined where it was not, or where
 * its type has an id that nothing tells: `isKnowable` says which.
 * @throws AwsCallError
 */
export async function createdId(
  { type, inputs }: Begun,
  place: Place,
  clients: AwsClients,
): Promise<string | undefined> {
  return IDS[type]?.(inputs, place, clients);
}

/** Whether it can be told if a resource of the type was made. */
export function isKnowable(type: string): boolean {
  return IDS[type] !== undefined;
}

/** By any ARN of the stack that has both a region and an account. */
export function placeOf(arns: readonly string[]): Place {
  for (const each of arns) {
    const [, partition = "", , region = "", account = ""] = each.split(":");
    if (region !== "" && account !== "") return { partition, region, account };
  }
  return { partition: "aws", region: "", account: "" };
}

async function groupNamed(name: string, clients: AwsClients): Promise<string | undefined> {
  const elb = await clients.elb();
  const call = { action: "elasticloadbalancing:DescribeTargetGroups", of: name };
  return unlessMissing(async () => {
    const { TargetGroups: [group] = [] } = await asked(call, () => elb.describeTargetGroups({ Names: [name] }));
    return group?.TargetGroupArn;
  });
}

/** A priority is one rule's of a listener. */
async function ruleAt(listenerArn: string, priority: string, clients: AwsClients): Promise<string | undefined> {
  const { paginateDescribeRules } = await import("@aws-sdk/client-elastic-load-balancing-v2");
  const client = await clients.at(listenerArn).elb();
  return unlessMissing(() =>
    asked({ action: "elasticloadbalancing:DescribeRules", of: listenerArn }, async () => {
      for await (const { Rules = [] } of paginateDescribeRules({ client }, { ListenerArn: listenerArn })) {
        const found = Rules.find((rule) => rule.Priority === priority);
        if (found) return found.RuleArn;
      }
      return undefined;
    }),
  );
}

async function unlessMissing<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof AwsCallError && error.kind === "not found") return undefined;
    throw error;
  }
}
