import { at, list, type Resource, text } from "../../traffic";
import type { Problem } from "../ratchet";
import { backendsOf, kindOf, namespaceOf, ofKind, placeOf, routesOf, servicesMeant } from "../reading/kubernetes";
import { type State, setting } from "../reading/state";
import { named } from "../reading/words";

/**
 * Backends of another namespace that nothing of this stack lets a route refer to. At any weight: the route is not resolved, and
 * what waits for that waits in vain.
 */
export function grantProblems(state: State): Problem[] {
  const grants = ofKind(state, "ReferenceGrant");
  return routesOf(state).flatMap((route) =>
    backendsOf(route)
      .flat()
      .filter((backend) => isElsewhere(backend, route) && !grants.some((grant) => allows(grant, route, backend, state)))
      .slice(0, 1)
      .map((backend) => {
        const namespace = String(at(backend, "namespace"));
        return {
          urn: route.urn,
          kind: `grant ${namespace}`,
          // Who has the Service in another stack may have the grant there too.
          advisory: servicesMeant(backend, route, state).length === 0,
          what: `${named(route)} leads to Service "${String(at(backend, "name"))}" of namespace "${namespace}", and no ReferenceGrant of this stack lets it.`,
          why: 'Without one the Gateway answers 500 for the share of that backend (Gateway API, "Cross-Namespace Backend References").',
          instead: `Put the route into "${namespace}", or make a ReferenceGrant there: from ${kindOf(route)} in "${namespaceOf(route)}" to Service.`,
        };
      }),
  );
}

function isElsewhere(backend: unknown, route: Resource): boolean {
  const namespace = text(at(backend, "namespace"));
  return namespace !== undefined && namespace !== namespaceOf(route);
}

function allows(grant: Resource, route: Resource, backend: unknown, state: State): boolean {
  const spec = setting(grant, "spec");
  const isFrom = (from: unknown) =>
    at(from, "kind") === kindOf(route) && text(at(from, "namespace")) === namespaceOf(route);
  const isTo = (to: unknown) =>
    at(to, "kind") === "Service" && [undefined, null, at(backend, "name")].includes(at(to, "name") as never);
  const isThere = placeOf(grant, state) === placeOf(route, state, text(at(backend, "namespace")));
  return isThere && list(at(spec, "from")).some(isFrom) && list(at(spec, "to")).some(isTo);
}
