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
} from "./alb-rules";
import type { Entity } from "./entity";
import { ANSWERED, type Answer, lost, worst } from "./entry-point";
import { GroupMembers } from "./group-members";
import { type Moment, momentAfter } from "./moment";
import { type Reference, targets } from "./reference";
import { nameOf } from "./resource";
import { type Condition, covers } from "./rule-conditions";

/** Requests, by what rules ask of them; `cookie`: of clients that group stickiness keeps on that group. */
export interface AlbRequests {
  conditions: readonly Condition[];
  cookie?: Entity;
}

/** Who answers the requests of Application Load Balancers in the course of an update. */
export class AlbAnswers {
  private readonly groups: Entity[];
  private readonly balancers: Entity[];
  private readonly ownListeners: Entity[];
  readonly listenerForms: ReadonlyMap<Entity, (ListenerForm | undefined)[]>;
  readonly rules: readonly Rule[];
  private readonly members: GroupMembers;
  /** The groups that get requests and that nothing in this stack fills: somebody else does. */
  private readonly filledFromElsewhere: ReadonlySet<Entity>;

  constructor(entities: readonly Entity[]) {
    const ofType = (type: string) => entities.filter((e) => e.type === type);
    this.groups = ofType("aws:lb/targetGroup:TargetGroup");
    this.balancers = ofType("aws:lb/loadBalancer:LoadBalancer");
    this.ownListeners = ofType("aws:lb/listener:Listener");
    this.listenerForms = new Map(
      this.ownListeners.map((e) => [e, e.forms.map((f) => f && listenerForm(f, this.balancers, this.groups))]),
    );
    this.rules = ofType("aws:lb/listenerRule:ListenerRule").map((entity) => ({
      entity,
      forms: entity.forms.map((f) => f && ruleForm(f, this.ownListeners, this.groups)),
    }));
    this.members = new GroupMembers(entities);
    this.filledFromElsewhere = this.weightedBefore();
  }

  /** Those in this stack, and those that its rules hang on. */
  listeners(): On[] {
    const others = this.rules.flatMap(({ forms: [prior] }) =>
      prior?.listener.to === "elsewhere" ? [prior.listener.name] : [],
    );
    return [...this.ownListeners.filter((e) => e.forms[0] !== undefined), ...new Set(others)];
  }

  /** The forms of rules that are on the listener. */
  forms(listener: On): { rule: Entity; form: RuleForm }[] {
    return this.rules.flatMap(({ entity, forms }) =>
      forms.flatMap((form) => (isOn(form, listener) ? [{ rule: entity, form }] : [])),
    );
  }

  /** What is done with the requests before the update. */
  actionBefore(listener: On, conditions: readonly Condition[]): Action | undefined {
    const [first] = firstMatches(
      this.rules,
      listener,
      conditions,
      momentAfter(() => false),
    );
    if (first?.rule !== "default") return first?.rule;
    return typeof listener === "string" ? undefined : this.listenerForms.get(listener)?.[0];
  }

  /** All that the answer may hang on. */
  touched(listener: On, requests: readonly Condition[]): Set<Entity> {
    const rules = this.forms(listener).filter(({ form }) => !form.conditions || covers(form.conditions, requests));
    const own = typeof listener === "string" ? [] : [listener];
    const listeners = own.flatMap((e) => this.listenerForms.get(e) ?? []);
    const groups = [...rules.map(({ form }) => form), ...listeners].flatMap((action) =>
      (action?.groups ?? []).flatMap(targets),
    );
    const balancers = listeners.flatMap((form) => (form ? targets(form.balancer) : []));
    const behind = groups.flatMap((group) => this.members.behind(group));
    return new Set([...own, ...balancers, ...rules.map(({ rule }) => rule), ...behind]);
  }

  answer(listener: On, requests: AlbRequests, moment: Moment): Answer {
    if (typeof listener === "string") return this.matched(listener, undefined, requests, moment);
    return worst(
      moment.forms(listener).map(({ index, given }) => {
        const form = this.listenerForms.get(listener)?.[index];
        // The program took the listener away, unless another of its name comes: that has another address.
        const isReplaced = this.ownListeners.some((e) => e !== listener && e.urn === listener.urn);
        const name = `listener "${nameOf(listener.urn)}"`;
        if (!form) return { ...lost(`${name} is not there`), retired: !isReplaced };
        if (!this.isThere(form.balancer, given)) return lost(`the balancer of ${name} is not there`);
        return this.matched(listener, form, requests, given);
      }),
    );
  }

  private matched(listener: On, byDefault: ListenerForm | undefined, requests: AlbRequests, moment: Moment): Answer {
    return worst(
      firstMatches(this.rules, listener, requests.conditions, moment).map(({ rule, given }) => {
        const action = rule === "default" ? byDefault : rule;
        if (!action) return { ...lost("no rule of this stack answers them"), retired: true };
        return this.handled(action, requests, given);
      }),
    );
  }

  private handled({ handling, groups }: Action, { cookie }: AlbRequests, moment: Moment): Answer {
    if (handling.does === "unknown") return lost("what is done with them is not known before the update");
    if (handling.does === "answer") {
      if (handling.status < 400) return ANSWERED;
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

  private whyGroupDead(group: Entity, moment: Moment): string | undefined {
    const name = `target group "${nameOf(group.urn)}"`;
    for (const { form, given } of moment.forms(group)) {
      if (!form) return `${name} is not there`;
      if (this.filledFromElsewhere.has(group) || this.members.answer(group, given)) continue;
      return `nobody answers behind ${name}: ${this.members.whyNot(group, given)}`;
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
