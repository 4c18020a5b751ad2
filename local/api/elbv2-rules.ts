import type {
  Action,
  DescribeRulesInput,
  DescribeRulesOutput,
  ForwardActionConfig,
  ModifyRuleInput,
  ModifyRuleOutput,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError } from "../providers";
import { type Cloud, page } from "./cloud";
import { defaultRule, ELB_PAGE, GROUP, LISTENER, RULE, rulesOf, toInput, toRule } from "./elbv2-shapes";

export function describeRules(input: DescribeRulesInput, { records }: Cloud): DescribeRulesOutput {
  const { ListenerArn, RuleArns = [], PageSize = ELB_PAGE, Marker } = input;
  const refuse = (code: string, reason: string) => new AwsError("DescribeRules", code, reason);
  if ((ListenerArn === undefined) === (RuleArns.length === 0)) {
    throw refuse("ValidationError", "You must specify either listener ARN or rule ARNs");
  }
  const rules = records.ofType(RULE);
  const listeners = records.ofType(LISTENER);
  if (ListenerArn !== undefined) {
    const listener = records.get(LISTENER, ListenerArn);
    if (!listener) throw refuse("ListenerNotFound", "One or more listeners not found");
    const { items, next } = page(rulesOf(listener, rules), PageSize, Marker);
    return { Rules: items, NextMarker: next };
  }
  const all = [...rules.map(toRule), ...listeners.map(defaultRule)];
  return {
    Rules: RuleArns.map((arn) => {
      const found = all.find(({ RuleArn }) => RuleArn === arn);
      if (!found) throw refuse("RuleNotFound", "One or more rules not found");
      return found;
    }),
  };
}

/** What Pulumi's provider would do with such a change, but beside it: the state does not know of it. */
export async function modifyRule(input: ModifyRuleInput, { records, apply }: Cloud): Promise<ModifyRuleOutput> {
  const refuse = (code: string, reason: string) => new AwsError("ModifyRule", code, reason);
  const rule = records.get(RULE, input.RuleArn ?? "");
  if (!rule) {
    const isDefault = records.ofType(LISTENER).some((one) => defaultRule(one).RuleArn === input.RuleArn);
    if (isDefault) throw refuse("OperationNotPermitted", `Default rule '${input.RuleArn}' cannot be modified`);
    throw refuse("RuleNotFound", "One or more rules not found");
  }
  if (input.Conditions)
    throw refuse("ValidationError", "the local cloud changes no conditions of a rule, only its actions");
  const actions = [toInput(forwardOf(input.Actions, (arn) => records.get(GROUP, arn) !== undefined))];
  const changed = { ...rule, inputs: { ...rule.inputs, actions }, outputs: { ...rule.outputs, actions } };
  records.put(changed);
  await apply();
  return { Rules: [toRule(changed)] };
}

/**
 * The forward that a rule is to have.
 * @throws AwsError where ELB would refuse it: quotas and limits of `Action`, `TargetGroupTuple` and `TargetGroupStickinessConfig`
 */
function forwardOf(actions: Action[] = [], isGroup: (arn: string) => boolean): ForwardActionConfig {
  const [action, ...others] = actions;
  if (action?.Type !== "forward" || others.length > 0) {
    refuse("ValidationError", "the local cloud changes a rule to one action of type forward, and to no other");
  }
  const { ForwardConfig, TargetGroupArn } = action;
  const config = ForwardConfig ?? { TargetGroups: [{ TargetGroupArn }] };
  const { TargetGroups = [], TargetGroupStickinessConfig: stickiness } = config;
  if (TargetGroups.length === 0) refuse("ValidationError", "A forward action must have at least one target group");
  if (TargetGroups.length > 5) refuse("TooManyTargetGroups", "A forward action has at most 5 target groups");
  for (const { TargetGroupArn = "", Weight = 1 } of TargetGroups) {
    if (!isGroup(TargetGroupArn)) refuse("TargetGroupNotFound", "One or more target groups not found");
    if (Weight < 0 || Weight > 999) refuse("ValidationError", `Weight '${Weight}' must be between 0 and 999`);
  }
  const { Enabled, DurationSeconds = 0 } = stickiness ?? {};
  if (Enabled && (DurationSeconds < 1 || DurationSeconds > 604_800)) {
    refuse("ValidationError", "Stickiness duration must be between 1 and 604800 seconds");
  }
  return config;
}

function refuse(code: string, reason: string): never {
  throw new AwsError("ModifyRule", code, reason);
}
