import { at, type Resource, registeredGroups } from "../../traffic";
import { groupBy } from "./group-by";
import { isService, isWorkload, ofKind, selections, servicesMeant } from "./kubernetes";
import { oncePerState, read, type State, setting } from "./state";
import { GROUP } from "./types";

/**
 * The ends that requests come to a resource by, itself where it is one: the target groups that it registers targets in, the
 * Services that select its pods, and the groups that these are bound to.
 */
export function endsOf(resource: Resource, state: State): readonly Resource[] {
  if (resource.type === GROUP) return [resource];
  if (isService(resource)) return [resource, ...(boundGroups(state).get(resource) ?? [])];
  if (isWorkload(resource)) return (selecting(state).get(resource) ?? []).flatMap((service) => endsOf(service, state));
  return registered(resource, state);
}

/** All that the answers of an end hang on: what registers targets in a group, what runs the pods of a Service. */
export function membersOf(end: Resource, state: State): readonly Resource[] {
  return members(state).get(end) ?? [];
}

/** Those of them that run what answers; who runs it elsewhere is known by what registers it here. */
export function answerersOf(end: Resource, state: State): readonly Resource[] {
  const all = membersOf(end, state);
  const workloads = all.filter(isWorkload);
  const isBound = (member: Resource) => isService(member) || bindings(state).has(member);
  return workloads.length > 0 ? all.filter((member) => !isBound(member)) : all;
}

const members = oncePerState((state) => {
  const others = state.resources.filter(({ type, pendingDelete }) => type !== GROUP && !pendingDelete);
  return groupBy(others, (member) => new Set(endsOf(member, state).filter((end) => end !== member)));
});

const selecting = oncePerState((state) => {
  const pairs = [...selections(state)].flatMap(([service, workloads]) => workloads.map((w) => ({ service, w })));
  const byWorkload = groupBy(pairs, ({ w }) => [w]);
  return new Map([...byWorkload].map(([workload, found]) => [workload, found.map(({ service }) => service)]));
});

/** The Services that each TargetGroupBinding registers the pods of. */
const bindings = oncePerState((state): ReadonlyMap<Resource, readonly Resource[]> => {
  const found = ofKind(state, "TargetGroupBinding");
  return new Map(found.map((b) => [b, servicesMeant(at(setting(b, "spec"), "serviceRef"), b, state)]));
});

const boundGroups = oncePerState((state) => {
  const groups = new Map<Resource, Resource[]>();
  for (const [binding, services] of bindings(state)) {
    for (const service of services)
      groups.set(service, [...(groups.get(service) ?? []), ...registered(binding, state)]);
  }
  return groups;
});

function registered(resource: Resource, state: State): Resource[] {
  return registeredGroups(resource.type, (property) => read(resource, property)).flatMap(({ property, arn }) =>
    state.referred(resource, property, arn, GROUP),
  );
}
