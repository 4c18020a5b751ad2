import type { Action, Rule, RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import { type LiveGroup, type LiveRule, number, PREVIEW_HEADER } from "../traffic";
import { asked } from "./asked";
import type { AwsClients } from "./aws-clients";

/** A listener rule as the balancer's API has it. @throws AwsCallError */
export async function readRule(clients: AwsClients, arn: string): Promise<LiveRule> {
  return liveRule(await describe(clients, arn));
}

/** All rules of a listener, the default one among them. @throws AwsCallError */
export async function readRules(clients: AwsClients, listenerArn: string): Promise<LiveRule[]> {
  const { paginateDescribeRules } = await import("@aws-sdk/client-elastic-load-balancing-v2");
  const client = await clients.at(listenerArn).elb();
  return asked({ action: "elasticloadbalancing:DescribeRules", of: listenerArn }, async () => {
    const rules: LiveRule[] = [];
    for await (const { Rules = [] } of paginateDescribeRules({ client }, { ListenerArn: listenerArn })) {
      rules.push(...Rules.map(liveRule));
    }
    return rules;
  });
}

/** What a rule is to do with weights: the weight of each group by its ARN, and whether clients are kept by a cookie. */
export interface RuleWeights {
  weights: Readonly<Record<string, number>>;
  sticky: boolean;
}

/**
 * Writes the weights of a rule, and nothing else of it: conditions, a log-in before the forward and the cookie's duration stay as
 * they are. The last writer of a rule wins, whoever it is: AWS has no compare-and-set.
 *
 * @returns the rule as AWS has it then; its nodes adopt it one after the other
 * @throws AwsCallError; Error where the rule does not forward, or not to these groups
 */
export async function writeRule(clients: AwsClients, arn: string, asks: RuleWeights): Promise<LiveRule> {
  const { Actions = [] } = await describe(clients, arn);
  const elb = await clients.at(arn).elb();
  const call = { action: "elasticloadbalancing:ModifyRule", of: arn };
  const input = { RuleArn: arn, Actions: Actions.map((action) => withWeights(action, arn, asks)) };
  const { Rules: [written] = [] } = await asked(call, () => elb.modifyRule(input));
  return written ? liveRule(written) : readRule(clients, arn);
}

async function describe(clients: AwsClients, arn: string): Promise<Rule> {
  const elb = await clients.at(arn).elb();
  const call = { action: "elasticloadbalancing:DescribeRules", of: arn };
  return asked(call, async () => {
    const { Rules: [rule] = [] } = await elb.describeRules({ RuleArns: [arn] });
    if (!rule) throw Object.assign(new Error("no rule was answered with"), { name: "RuleNotFound" });
    return rule;
  });
}

function liveRule({ RuleArn = "", IsDefault, Priority, Conditions = [], Actions = [] }: Rule): LiveRule {
  const forward = Actions.find(({ Type }) => Type === "forward");
  return {
    arn: RuleArn,
    isDefault: IsDefault === true,
    priority: IsDefault ? undefined : number(Priority),
    isPreview: Conditions.some(asksForPreview),
    groups: forward ? groupsOf(forward) : [],
    sticky: forward?.ForwardConfig?.TargetGroupStickinessConfig?.Enabled === true,
  };
}

/** A forward to one group may be written without weights. */
function groupsOf({ ForwardConfig, TargetGroupArn }: Action): LiveGroup[] {
  const groups = ForwardConfig?.TargetGroups ?? (TargetGroupArn === undefined ? [] : [{ TargetGroupArn }]);
  return groups.map(({ TargetGroupArn: arn = "", Weight = 1 }) => ({ arn, weight: Weight }));
}

function asksForPreview({ HttpHeaderConfig }: RuleCondition): boolean {
  return HttpHeaderConfig?.HttpHeaderName?.toLowerCase() === PREVIEW_HEADER;
}

function withWeights(action: Action, arn: string, { weights, sticky }: RuleWeights): Action {
  if (action.AuthenticateOidcConfig) {
    // AWS never tells the secret, and asks for this instead (ELB API, AuthenticateOidcActionConfig).
    return { ...action, AuthenticateOidcConfig: { ...action.AuthenticateOidcConfig, UseExistingClientSecret: true } };
  }
  if (action.Type !== "forward") return action;
  const has = groupsOf(action).map((group) => group.arn);
  const wrong = Object.keys(weights).find((group) => !has.includes(group));
  if (wrong !== undefined || has.length !== Object.keys(weights).length) {
    const [asks, there] = [Object.keys(weights).join(", "), has.join(", ")];
    throw new Error(
      `the rule ${arn} forwards to ${there || "nobody"}, and weights were to be written for ${asks}: nothing was written. Somebody has changed it; \`pulumi refresh\` and look at it`,
    );
  }
  const { TargetGroupArn: _, ForwardConfig = {}, ...rest } = action;
  const { DurationSeconds = 3600 } = ForwardConfig.TargetGroupStickinessConfig ?? {};
  return {
    ...rest,
    ForwardConfig: {
      TargetGroups: has.map((group) => ({ TargetGroupArn: group, Weight: weights[group] })),
      TargetGroupStickinessConfig: { Enabled: sticky, DurationSeconds },
    },
  };
}
