import { nameOf } from "../resource";
import type { Entity } from "../update/entity";
import { ANSWERED, type Answer, best, lost, worst } from "../update/entry-point";
import type { Moment } from "../update/moment";
import { targets } from "../update/reference";
import type { AlbAnswers } from "./answers";
import { areApart, type Condition, oneByOne } from "./rule-conditions";

/** What clients that found a balancer by a name ask of it. */
export interface EdgeRequests {
  /** Undefined where it is not known: of what stood there before, this stack knows nothing. */
  port: number | undefined;
  conditions: readonly Condition[];
}

/** Who answers what is sent to a balancer, whichever listener and rule takes it, in the course of an update. */
export class BalancerAnswers {
  private readonly listeners = new Map<Entity, Entity[]>();

  constructor(private readonly alb: AlbAnswers) {
    for (const listener of alb.ownListeners) {
      for (const balancer of new Set(alb.formsOf(listener).flatMap((form) => (form ? targets(form.balancer) : [])))) {
        this.listeners.set(balancer, [...(this.listeners.get(balancer) ?? []), listener]);
      }
    }
  }

  /** What the clients of a host ask of a balancer that is there before the update: of each listener, of each rule. */
  asked(balancer: Entity, host: string): EdgeRequests[] {
    const own: Condition = { field: "hostHeader", values: new Set([host]) };
    return this.listenersOf(balancer).flatMap((listener) => {
      const [before] = this.alb.formsOf(listener);
      if (!before || !this.alb.balancersBefore(listener).includes(balancer)) return [];
      const ruled = this.alb.rulesOf(listener).flatMap(({ forms }) => forms.flatMap((f) => oneByOne(f?.conditions)));
      const matched = ruled.filter((conditions) => !areApart([own], conditions));
      return [[], ...matched].map((conditions) => ({ port: before.port, conditions: [own, ...conditions] }));
    });
  }

  answer(balancer: Entity, requests: EdgeRequests, moment: Moment): Answer {
    const name = `balancer "${nameOf(balancer.urn)}"`;
    return worst(
      moment.forms(balancer).map(({ form, given }) => {
        if (!form) return lost(`${name} is not there`);
        const all = this.listenersOf(balancer);
        // Other stacks may listen on it, but on no new one.
        if (all.length === 0) return balancer.forms[0] ? ANSWERED : lost(`nothing listens on ${name}`);
        const { port } = requests;
        if (port === undefined) return worst(all.map((listener) => this.unlessRefused(listener, requests, given)));
        const open = all.filter((listener) => this.alb.formsOf(listener).some((f) => f?.port === port));
        if (open.length === 0) return lost(`nothing listens on port ${port} of ${name}`);
        return best(open.map((listener) => this.answerOn(listener, requests, given)));
      }),
    );
  }

  /** All that the answer may hang on. */
  touched(balancer: Entity, { conditions }: EdgeRequests): Entity[] {
    const behind = this.listenersOf(balancer).flatMap((listener) => [
      ...this.alb.touched(listener, { conditions, rules: this.alb.matching(listener, conditions) }),
    ]);
    return [balancer, ...behind];
  }

  /** The groups of the balancer, a preview's too, behind which nobody is known to answer. */
  deadGroups(balancer: Entity, moment: Moment): Set<Entity> {
    const groups = this.groups(balancer);
    return new Set(groups.filter((group) => this.alb.whyGroupDead(group, moment) !== undefined));
  }

  /** All that decides which groups of the balancer are dead. */
  health(balancer: Entity): Entity[] {
    return this.groups(balancer).flatMap((group) => this.alb.members.behind(group));
  }

  private groups(balancer: Entity): Entity[] {
    const actions = this.listenersOf(balancer).flatMap((listener) => this.alb.actionsOn(listener));
    return [...new Set(actions.flatMap(({ groups }) => groups.flatMap(targets)))];
  }

  private answerOn(listener: Entity, { port, conditions }: EdgeRequests, moment: Moment): Answer {
    const forms = this.alb.formsOf(listener);
    const elsewhere = moment.forms(listener).some(({ index }) => forms[index] && forms[index].port !== port);
    if (port !== undefined && elsewhere) return lost(`listener "${nameOf(listener.urn)}" listens on another port`);
    return this.alb.answer(listener, { conditions, rules: this.alb.matching(listener, conditions) }, moment);
  }

  /** A listener that refuses all by itself takes no users in: which port theirs is, is not known. */
  private unlessRefused(listener: Entity, requests: EdgeRequests, moment: Moment): Answer {
    const answer = this.answerOn(listener, requests, moment);
    const isThere = moment.forms(listener).every(({ form }) => form !== undefined);
    return isThere && answer.retired ? ANSWERED : answer;
  }

  private listenersOf(balancer: Entity): Entity[] {
    return this.listeners.get(balancer) ?? [];
  }
}
