import { albEntryPoints } from "./alb-entry-points";
import { goneEntity, keptEntity } from "./entity";
import { momentAfter } from "./moment";
import { carriesTraffic } from "./moves-traffic";
import type { Resource } from "./resource";

/** Rounding is no loss. */
const EPSILON = 1e-9;

/**
 * Those of the resources of a state whose end no request would notice, if all of them went at once: one of two services behind a
 * group, a rule whose requests another one answers. It takes a request that they have to do with and that is answered now: of
 * what meets none that is known here, nothing can be told.
 */
export function spare(state: readonly Resource[], going: ReadonlySet<Resource>): Set<Resource> {
  const known = state.filter((r) => r.custom && carriesTraffic(r.type));
  const pairs = known.map((r) => ({ resource: r, entity: going.has(r) ? goneEntity(r) : keptEntity(r) }));
  const entries = albEntryPoints(pairs.map(({ entity }) => entity)).map(({ touched, answer }) => {
    const now = answer(momentAfter(() => false)).share;
    return { touched, now, isHurt: answer(momentAfter(() => true)).share < now - EPSILON };
  });
  const isSpare = ({ entity }: (typeof pairs)[number]) => {
    const meeting = entries.filter(({ touched, now }) => now > 0 && touched.has(entity));
    return meeting.length > 0 && meeting.every(({ isHurt }) => !isHurt);
  };
  return new Set(pairs.filter((pair) => going.has(pair.resource) && isSpare(pair)).map(({ resource }) => resource));
}
