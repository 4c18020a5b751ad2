import { number } from "../resource";
import type { Entity, Form } from "../update/entity";
import type { Moment, Possibility } from "../update/moment";
import type { Directory, Reference } from "../update/reference";
import { type Handling, handling } from "./forward";
import { type Condition, type Conditions, conditionsOf, covers, isPreview } from "./rule-conditions";

/** What a listener or a rule of it does with requests, in one form. */
export interface Action {
  handling: Handling;
  /** What it forwards to, in the order of its groups. */
  groups: readonly Reference[];
}

export interface ListenerForm extends Action {
  balancer: Reference;
  /** Undefined where it is not known. */
  port: number | undefined;
}

export interface RuleForm extends Action {
  listener: Reference;
  /** Only a preview's header leads to it. */
  preview: boolean;
  conditions: Conditions;
  /** A lower number comes first; undefined where it is not known. */
  priority: number | undefined;
}

/** A rule that live users can meet; its forms that only a preview's header leads to are left out. */
export interface Rule {
  entity: Entity;
  forms: readonly (RuleForm | undefined)[];
}

export function listenerForm(form: Form, balancers: Directory, groups: Directory): ListenerForm {
  const balancer = balancers.resolve(form.props.loadBalancerArn, "loadBalancerArn", form);
  return { balancer, port: number(form.props.port), ...action("defaultActions", form, groups) };
}

export function ruleForm(form: Form, listeners: Directory, groups: Directory): RuleForm {
  const { priority } = form.props;
  const listener = listeners.resolve(form.props.listenerArn, "listenerArn", form);
  const isOnOneOfMany = listener.to === "unknown" && listener.entities.length > 1;
  return {
    listener,
    preview: isPreview(form.props.conditions),
    // On which of several it is, is not known: it may take requests on each, or not.
    conditions: isOnOneOfMany ? undefined : conditionsOf(form.props.conditions),
    // AWS gives a rule without a priority the next one after the last.
    priority: number(priority ?? Number.POSITIVE_INFINITY),
    ...action("actions", form, groups),
  };
}

function action(property: string, form: Form, groups: Directory): Action {
  const does = handling(form.props[property]);
  if (does.does === "forward") {
    return { handling: does, groups: does.groups.map(({ arn }) => groups.resolve(arn, property, form)) };
  }
  return { handling: does, groups: [] };
}

/** Whether it turns every request away by an error of its own. */
export function turnsAway({ handling }: Pick<Action, "handling">): boolean {
  return handling.does === "answer" && handling.status >= 400;
}

/** A listener: in this stack, or by its ARN. */
export type On = Entity | string;

export function isOn(form: RuleForm | undefined, listener: On): form is RuleForm {
  if (form?.listener.to === "elsewhere") return form.listener.name === listener;
  return typeof listener !== "string" && (form?.listener.entities.includes(listener) ?? false);
}

/**
 * The rules that may be the first to match these requests, each with what is then known. More than one where the moment leaves
 * it open, or where a rule's conditions or priority are not known. The listener's default is "default".
 */
export function firstMatches(
  rules: readonly Rule[],
  listener: On,
  requests: readonly Condition[],
  moment: Moment,
): { rule: RuleForm | "default"; given: Moment }[] {
  const surely = (form: RuleForm | undefined) =>
    isOn(form, listener) && form.conditions !== undefined && covers(form.conditions, requests);
  const comesFirst = (rule: Rule, at: Moment, before: number | undefined) =>
    at.forms(rule.entity).every(({ index }) => {
      const form = rule.forms[index];
      if (!form || !surely(form)) return false;
      return before === undefined || (form.priority !== undefined && form.priority < before);
    });
  const possible = rules.flatMap((rule) =>
    moment.forms(rule.entity).flatMap(({ index, given }: Possibility) => {
      const form = rule.forms[index];
      if (!isOn(form, listener) || (form.conditions !== undefined && !surely(form))) return [];
      const { priority } = form;
      const isSecond =
        priority !== undefined && rules.some((other) => other !== rule && comesFirst(other, given, priority));
      return isSecond ? [] : [{ rule: form, given }];
    }),
  );
  const reachesDefault = !rules.some((rule) => comesFirst(rule, moment, undefined));
  return reachesDefault ? [...possible, { rule: "default", given: moment }] : possible;
}
