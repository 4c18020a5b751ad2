import { nameOf } from "../resource";
import { type Flow, percent, sharesOf, source } from "../serving/flow";
import type { Entity } from "../update/entity";
import { targets } from "../update/reference";
import type { AlbAnswers } from "./answers";
import { type Action, turnsAway } from "./rules";

/**
 * How requests go on from balancers to what runs behind their target groups.
 *
 * @param led the balancers that records of this stack lead to; others have their users elsewhere
 */
export function albFlows(balancers: readonly Entity[], alb: AlbAnswers, led: ReadonlySet<Entity>): Flow[] {
  const found = balancers
    .filter((balancer) => !led.has(balancer))
    .map((balancer) => {
      const [listener] = alb.ownListeners.filter((l) => alb.balancersBefore(l).includes(balancer));
      const why = listener ? `carries listener "${nameOf(listener.urn)}"` : "may carry listeners of other stacks";
      return source(balancer, why);
    });
  return [...found, ...alb.listeners().flatMap((listener) => listenerFlows(listener, alb))];
}

function listenerFlows(listener: ReturnType<AlbAnswers["listeners"]>[number], alb: AlbAnswers): Flow[] {
  const flows: Flow[] = [];
  if (typeof listener !== "string") {
    const where = `listener "${nameOf(listener.urn)}"`;
    const why = `answers users as ${where}`;
    const on = alb.balancersBefore(listener);
    flows.push(...on.map((from): Flow => ({ from, to: listener, share: 1, why: () => why })));
    if (on.length === 0) flows.push(source(listener, why));
    const [form] = alb.formsOf(listener);
    if (form) flows.push(...actionFlows(listener, where, form, alb));
  }
  for (const { entity, forms } of alb.rulesOf(listener)) {
    const [form] = forms;
    if (!form || turnsAway(form)) continue;
    const where = `rule "${nameOf(entity.urn)}"`;
    const why = `answers users as ${where}`;
    flows.push(
      typeof listener === "string" ? source(entity, why) : { from: listener, to: entity, share: 1, why: () => why },
    );
    flows.push(...actionFlows(entity, where, form, alb));
  }
  return flows;
}

/** From a rule or a listener to its groups, and to what is in them. */
function actionFlows(from: Entity, where: string, { handling, groups }: Action, alb: AlbAnswers): Flow[] {
  if (handling.does !== "forward") return [];
  const shares = sharesOf(handling.groups.map(({ weight }) => weight));
  return groups.flatMap((ref, i) => {
    const share = shares[i] ?? 0;
    if (share === 0 && !handling.sticky) return [];
    return targets(ref).flatMap((to) => [
      { from, to, share, why: () => received(share, handling.weighted, where) },
      ...memberFlows(to, alb),
    ]);
  });
}

function received(share: number, weighted: boolean, where: string): string {
  if (!weighted) return `receives all requests of ${where}`;
  if (share > 0) return `receives ${percent(share)} of the requests of ${where}`;
  return `may receive requests with a stickiness cookie of ${where}`;
}

function memberFlows(group: Entity, alb: AlbAnswers): Flow[] {
  const name = `target group "${nameOf(group.urn)}"`;
  return alb.members
    .before(group)
    .flatMap(({ entity, attached }): Flow[] => [
      { from: group, to: entity, share: 1, why: (why) => `runs behind ${name}, which ${why}` },
      ...attached.map(
        (to): Flow => ({ from: entity, to, share: 1, why: () => `is attached to ${name}, which serves` }),
      ),
    ]);
}
