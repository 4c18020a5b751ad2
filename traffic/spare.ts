import { albEntryPoints } from "./alb-entry-points";
import { changedEntities, type Entity, goneEntity, keptEntity } from "./entity";
import { momentAfter } from "./moment";
import { carriesTraffic, routes } from "./moves-traffic";
import type { PlannedChange } from "./planned-change";
import type { Resource } from "./resource";

/** Rounding is no loss. */
const EPSILON = 1e-9;

/**
 * Those of the going resources whose end no request would notice: one of two services behind a group, a service whose successor
 * is healthy in the group before it goes, a rule whose requests another one answers.
 *
 * All routes are read as they are before the update, for a balancer's node may learn of a change after the deletion (the ELB
 * guide names no bound); all that answers behind them, as it is at the end. It takes a request that the resource has to do with
 * and that is answered now: of what meets none that is known here, nothing can be told.
 */
export function spare(
  state: readonly Resource[],
  changes: readonly PlannedChange[],
  going: ReadonlySet<Resource>,
): Set<Resource> {
  const changeOf = new Map(changes.flatMap((change) => ("before" in change ? [[change.before, change] as const] : [])));
  const own = new Map<Resource, Entity>();
  const successors: Entity[] = [];
  for (const resource of state) {
    if (!resource.custom || !carriesTraffic(resource.type)) continue;
    const change = changeOf.get(resource);
    const [first, ...more] = change && !routes(resource.type) ? changedEntities(change) : [];
    own.set(resource, first ?? (going.has(resource) ? goneEntity(resource) : keptEntity(resource)));
    successors.push(...more);
  }
  for (const change of changes) {
    if (change.kind === "create" && carriesTraffic(change.after.type) && !routes(change.after.type))
      successors.push(...changedEntities(change));
  }
  const entries = albEntryPoints([...own.values(), ...successors]).map(({ touched, answer }) => {
    const now = answer(momentAfter(() => false)).share;
    return { touched, now, isHurt: answer(momentAfter(() => true)).share < now - EPSILON };
  });
  const isSpare = (resource: Resource) => {
    const meeting = entries.filter(({ touched, now }) => now > 0 && touched.has(own.get(resource) as Entity));
    return meeting.length > 0 && meeting.every(({ isHurt }) => !isHurt);
  };
  return new Set([...going].filter((resource) => own.has(resource) && isSpare(resource)));
}
