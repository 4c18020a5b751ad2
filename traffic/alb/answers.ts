import { KubernetesServices } from "../kubernetes/services";
import { nameOf } from "../resource";
import type { Entity } from "../update/entity";
import { ANSWERED, type Answer, exchanged, lost, worst } from "../update/entry-point";
import { type Moment, momentAfter } from "../update/moment";
import { Directory, type Reference, targets } from "../update/reference";
import { exchangeOf } from "./exchange";
import { GroupMembers } from "./group-members";
import { type Condition, covers } from "./rule-conditions";
import {
  type Action,
  firstMatches,
  isOn,
  type ListenerForm,
  listenerForm,
  type On,
  type Rule,
  type RuleForm,
  ruleForm,
  turnsAway,
} from "./rules";

/** Requests, by what rules ask of them; `cookie`: of clients that group stickiness keeps on that group. */
export interface AlbRequests {
  conditions: readonly Condition[];
  /** The rules that may match them, at some time. */
  rules: readonly Rule[];
  cookie?: Entity;
}

/** Who answers the requests of Application Load Balancers in the course of an update. */
export class AlbAnswers {
  readonly ownListeners: readonly Entity[];
  private readonly listenerForms: ReadonlyMap<Entity, (ListenerForm | undefined)[]>;
  /** Those with a preview's header too. */
  private readonly allRules: readonly Rule[];
  private readonly rules: readonly Rule[];
  private readonly rulesByListener = new Map<On, Set<Rule>>();
  readonly members: GroupMembers;
  /** The groups that get requests and that nothing in this stack fills: somebody else does. */
  private readonly filledFromElsewhere: ReadonlySet<Entity>;

  constructor(entities: readonly Entity[], services = new KubernetesServices(entities)) {
    const ofType = (type: string) => new Directory(entities.filter((e) => e.type === type));
    const balancers = ofType("aws:lb/loadBalancer:LoadBalancer");
    const listeners = ofType("aws:lb/listener:Listener");
    const groups = ofType("aws:lb/targetGroup:TargetGroup");
    this.ownListeners = listeners.entities;
    this.listenerForms = new Map(
      listeners.entities.map((e) => [e, e.forms.map((f) => f && listenerForm(f, balancers, groups))]),
    );
    this.allRules = ofType("aws:lb/listenerRule:ListenerRule").entities.map((entity) => ({
      entity,
      forms: entity.forms.map((f) => f && ruleForm(f, listeners, groups)),
    }));
    this.rules = this.allRules.map(({ entity, forms }) => ({
      entity,
      forms: forms.map((form) => (form?.preview ? undefined : form)),
    }));
    for (const rule of this.rules) {
      for (const on of rule.forms.flatMap(listenersOf)) {
        this.rulesByListener.set(on, (this.rulesByListener.get(on) ?? new Set()).add(rule));
      }
    }
    this.members = new GroupMembers(entities, services);
    this.filledFromElsewhere = this.weightedBefore();
  }

  /** Those in this stack, and those that its rules hang on. */
  listeners(): On[] {
    const others = this.rules.flatMap(({ forms: [prior] }) =>
      prior?.listener.to === "elsewhere" ? [prior.listener.name] : [],
    );
    return [...this.ownListeners.filter((e) => e.forms[0] !== undefined), ...new Set(others)];
  }

  /** The rules that are on the listener at some time. */
  rulesOf(listener: On): Rule[] {
    return [...(this.rulesByListener.get(listener) ?? [])];
  }

  /** The forms of a listener of this stack. */
  formsOf(listener: Entity): readonly (ListenerForm | undefined)[] {
    return this.listenerForms.get(listener) ?? [];
  }

  /** The balancer that a listener is on before the update. */
  balancersBefore(listener: Entity): readonly Entity[] {
    const [before] = this.formsOf(listener);
    return before ? targets(before.balancer) : [];
  }

  /** All that the listener and its rules do at some time, with a preview's requests too. */
  actionsOn(listener: Entity): Action[] {
    const ruled = this.allRules.flatMap(({ forms }) => forms.filter((form) => isOn(form, listener)));
    return [...this.formsOf(listener), ...ruled].filter((action) => action !== undefined);
  }

  /** What is done with the requests before the update. */
  actionBefore(listener: On, requests: AlbRequests): Action | undefined {
    const first = this.firstBefore(listener, requests);
    if (first !== "default") return first;
    return typeof listener === "string" ? undefined : this.listenerForms.get(listener)?.[0];
  }

  /** The rules of the listener that may match these requests, at some time. */
  matching(listener: On, requests: readonly Condition[]): Rule[] {
    return this.rulesOf(listener).filter(({ forms }) =>
      forms.some((form) => isOn(form, listener) && (!form.conditions || covers(form.conditions, requests))),
    );
  }

  /** All that the answer may hang on. */
  touched(listener: On, { rules }: AlbRequests): Set<Entity> {
    const own = typeof listener === "string" ? [] : [listener];
    const listeners = own.flatMap((e) => this.listenerForms.get(e) ?? []);
    const actions = [...rules.flatMap(({ forms }) => forms), ...listeners];
    const groups = actions.flatMap((action) => (action?.groups ?? []).flatMap(targets));
    const balancers = listeners.flatMap((form) => (form ? targets(form.balancer) : []));
    const behind = groups.flatMap((group) => this.members.behind(group));
    return new Set([...own, ...balancers, ...rules.map(({ entity }) => entity), ...behind]);
  }

  answer(listener: On, requests: AlbRequests, moment: Moment): Answer {
    if (typeof listener === "string") return this.matched(listener, undefined, requests, moment);
    return worst(
      moment.forms(listener).map(({ index, given }) => {
        const form = this.listenerForms.get(listener)?.[index];
        if (!form) {
          // The program took the listener away, unless another of its name comes: that has another address.
          const isReplaced = this.ownListeners.some((e) => e !== listener && e.urn === listener.urn);
          return { ...lost(`listener "${nameOf(listener.urn)}" is not there`), retired: !isReplaced };
        }
        if (!this.isThere(form.balancer, given)) {
          return lost(`the balancer of listener "${nameOf(listener.urn)}" is not there`);
        }
        return this.matched(listener, form, requests, given);
      }),
    );
  }

  private matched(listener: On, byDefault: ListenerForm | undefined, requests: AlbRequests, moment: Moment): Answer {
    return worst(
      firstMatches(requests.rules, listener, requests.conditions, moment).map(({ rule, given }) => {
        const action = rule === "default" ? byDefault : rule;
        const answer = action
          ? this.handled(action, requests, given)
          : { ...lost("no rule of this stack answers them"), retired: true };
        if (!answer.retired) return answer;
        // A rule that is new, or is changed, and refuses them says what is to become of them.
        const isMeant = rule !== "default" && !requests.rules.some(({ forms: [before] }) => before === rule);
        return (isMeant ? undefined : this.exchanged(listener, requests)) ?? answer;
      }),
    );
  }

  /** The answer to requests of which the rule that took them takes others now; undefined where it only takes fewer. */
  private exchanged(listener: On, requests: AlbRequests): Answer | undefined {
    const first = this.firstBefore(listener, requests);
    const taker = requests.rules.find(({ forms: [before] }) => before === first);
    const before = taker?.forms[0]?.conditions;
    const last = taker?.forms.at(-1);
    if (!taker || !before || !isOn(last, listener) || !last.conditions || turnsAway(last)) return undefined;
    const exchange = exchangeOf(before, last.conditions, requests.conditions);
    return exchange && exchanged(`rule "${nameOf(taker.entity.urn)}"`, exchange);
  }

  /** What matches the requests before the update. */
  private firstBefore(listener: On, { rules, conditions }: AlbRequests): RuleForm | "default" | undefined {
    const before = momentAfter(() => false);
    return firstMatches(rules, listener, conditions, before)[0]?.rule;
  }

  private handled({ handling, groups }: Action, { cookie }: AlbRequests, moment: Moment): Answer {
    if (handling.does === "unknown") return lost("what is done with them is not known before the update");
    if (handling.does === "answer") {
      if (!turnsAway({ handling })) return ANSWERED;
      return { ...lost(`the balancer answers them with ${handling.status} itself`), retired: true };
    }
    const dead = groups.map((ref) => this.whyDead(ref, moment));
    const keptOn = handling.sticky
      ? groups.findIndex((ref) => cookie && ref.to === "any" && ref.entities.includes(cookie))
      : -1;
    if (keptOn >= 0) return dead[keptOn] === undefined ? ANSWERED : lost(dead[keptOn]);
    // A weight that is not known is the worst that it could be: none for who answers, all for who does not.
    const unknown = handling.groups.findIndex(({ weight }, i) => weight === undefined && dead[i] !== undefined);
    if (unknown >= 0) return lost(dead[unknown] ?? "");
    const weights = handling.groups.map(({ weight }) => weight ?? 0);
    const sum = weights.reduce((a, b) => a + b, 0);
    if (sum === 0) return lost("the weights of all groups are 0");
    const why = dead.filter((reason, i): reason is string => reason !== undefined && (weights[i] ?? 0) > 0);
    const answered = weights.filter((_, i) => dead[i] === undefined).reduce((a, b) => a + b, 0);
    return { share: answered / sum, why, retired: false };
  }

  /** Why nobody answers behind what a reference leads to; undefined where somebody does. */
  private whyDead(ref: Reference, moment: Moment): string | undefined {
    // What other stacks do is no step of this update.
    if (ref.to === "elsewhere") return undefined;
    if (ref.entities.length === 0) return "which target group they go to is not known before the update";
    const reasons = ref.entities.map((group) => this.whyGroupDead(group, moment));
    if (ref.to === "any" && reasons.includes(undefined)) return undefined;
    const reason = reasons.find((r) => r !== undefined);
    if (reason === undefined || ref.to === "any" || ref.entities.length === 1) return reason;
    return `several target groups are new, so which of them they go to is not known before the update, and ${reason}`;
  }

  /** Why nobody answers behind a group; undefined where somebody does. */
  whyGroupDead(group: Entity, moment: Moment): string | undefined {
    for (const { form, given } of moment.forms(group)) {
      if (!form) return `target group "${nameOf(group.urn)}" is not there`;
      if (this.filledFromElsewhere.has(group) || this.members.answer(group, given)) continue;
      return `nobody answers behind target group "${nameOf(group.urn)}": ${this.members.whyNot(group, given)}`;
    }
    return undefined;
  }

  private isThere(ref: Reference, moment: Moment): boolean {
    if (ref.to === "elsewhere") return true;
    const there = (entity: Entity) => moment.forms(entity).every(({ form }) => form !== undefined);
    return ref.to === "any" ? ref.entities.some(there) : ref.entities.length > 0 && ref.entities.every(there);
  }

  private weightedBefore(): Set<Entity> {
    const prior = [...this.listenerForms.values(), ...this.rules.map(({ forms }) => forms)].flatMap(
      ([form]) => form ?? [],
    );
    const weighted = prior.flatMap(({ handling, groups }: Action) =>
      groups.filter((_, i) => handling.does === "forward" && (handling.sticky || handling.groups[i]?.weight !== 0)),
    );
    return new Set(weighted.flatMap(targets).filter((group) => this.members.isFilledFromElsewhere(group)));
  }
}

function listenersOf(form: RuleForm | undefined): On[] {
  if (!form) return [];
  return form.listener.to === "elsewhere" ? [form.listener.name] : [...form.listener.entities];
}
