import type { PlannedChange } from "../changes/planned-change";
import { clustersOf, inCluster } from "../kubernetes/clusters";
import type { Resource } from "../resource";
import { changedEntities, type Entity, goneEntity, halfUpdatedEntity, keptEntity } from "./entity";
import { entryPoints } from "./entry-points";
import { momentAfter } from "./moment";
import { answersRequests, carriesTraffic, lingers } from "./moves-traffic";

/** Rounding is no loss. */
const EPSILON = 1e-9;

/**
 * Those of the going resources whose end no request would notice: one of two services behind a group, a service whose successor
 * is healthy in the group before it goes, a rule whose requests another one answers.
 *
 * All routes are read as they are before the update, for a balancer's node may learn of a change after the deletion (the ELB
 * guide names no bound), and as half an update leaves them; those that go both as gone and as still obeyed; all that answers
 * behind them, as it is at the end.
 * It takes a request that the resource has to do with and that is answered now: of what meets none that is known here, nothing
 * can be told.
 */
export function spare(
  state: readonly Resource[],
  changes: readonly PlannedChange[],
  going: ReadonlySet<Resource>,
  desired: readonly Resource[] = [],
): Set<Resource> {
  const clusters = clustersOf(state, desired, changes);
  const half = changes.flatMap((change): [Resource, Entity][] => {
    if (change.kind !== "update" || answersRequests(change.before.type)) return [];
    const entity = halfUpdatedEntity(change.before, change.after);
    return entity ? [[change.before, entity]] : [];
  });
  const routes = [[], half, ...half.map((one) => [one])].map((some) => new Map(some));
  const readings = routes.flatMap((halves) =>
    [false, true].map((lingering) => unnoticed(state, changes, going, { lingering, halves, clusters })),
  );
  return new Set([...going].filter((resource) => readings.every((reading) => reading.has(resource))));
}

interface Reading {
  /** Whether routes that go are still obeyed. */
  lingering: boolean;
  /** Routes of which an update is half done. */
  halves: ReadonlyMap<Resource, Entity>;
  clusters: ReturnType<typeof clustersOf>;
}

function unnoticed(
  state: readonly Resource[],
  changes: readonly PlannedChange[],
  going: ReadonlySet<Resource>,
  { lingering, halves, clusters }: Reading,
): Set<Resource> {
  const changeOf = new Map(changes.flatMap((change) => ("before" in change ? [[change.before, change] as const] : [])));
  const own = new Map<Resource, Entity>();
  const successors: Entity[] = changes.flatMap((change) =>
    change.kind === "create" && answersRequests(change.after.type) ? changedEntities(change) : [],
  );
  for (const resource of state) {
    if (!resource.custom || !carriesTraffic(resource.type)) continue;
    const change = answersRequests(resource.type) ? changeOf.get(resource) : undefined;
    const isGone = going.has(resource) && !(lingering && lingers(resource.type));
    const [first, ...more] = change ? changedEntities(change) : [];
    const entity = first ?? halves.get(resource) ?? (isGone ? goneEntity(resource) : keptEntity(resource));
    own.set(resource, inCluster(entity, clusters));
    // What is made only when it is gone takes nothing over from it.
    if (change?.kind !== "replace" || !change.deletedFirst) successors.push(...more);
  }
  const entries = entryPoints([...own.values(), ...successors.map((entity) => inCluster(entity, clusters))]).map(
    ({ touched, answer }) => {
      const now = answer(momentAfter(() => false)).share;
      return { touched, now, isHurt: answer(momentAfter(() => true)).share < now - EPSILON };
    },
  );
  const isUnnoticed = (resource: Resource) => {
    const meeting = entries.filter(({ touched, now }) => now > 0 && touched.has(own.get(resource) as Entity));
    return meeting.length > 0 && meeting.every(({ isHurt }) => !isHurt);
  };
  return new Set([...going].filter((resource) => own.has(resource) && isUnnoticed(resource)));
}
