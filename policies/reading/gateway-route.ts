import { at, type Color, type Resource, text } from "../../traffic";
import { weightOf, writtenPlaces } from "./forwards";
import { backendsOf, isService, kindOf, servicesMeant, usersBackendsOf } from "./kubernetes";
import { byColor, environment, environmentPart, type RouteKind, sharesByColor } from "./route-kind";
import { stateOf } from "./state";

/** A route by the weights of an HTTPRoute's backends (Gateway API, `HTTPBackendRef`). */
export const gatewayRoute: RouteKind = {
  type: "crossfade:index:WeightedGatewayRoute",
  carriersOf: (route, state) =>
    state.filter((r) => kindOf(r) === "HTTPRoute" && r.parent === route.urn && !r.pendingDelete),
  sharesOf: (route, [carrier], state) => {
    // What the cluster has: after a failed update the program asked for something else.
    const [backends = []] = usersBackendsOf(carrier?.outputs.spec ?? carrier?.inputs.spec);
    const weights = backends.map((backend) => [text(at(backend, "name")), weightOf(backend) ?? 0] as const);
    return sharesByColor(weights, (color) => serviceName(route, color, state));
  },
  // Of the rules that somebody has added, those which lead elsewhere are not the route's.
  placesOf: (route, state) => {
    const known = byColor(route.inputs.services);
    const own = new Set(Object.values(known));
    return gatewayRoute.carriersOf(route, state).flatMap((carrier) =>
      writtenPlaces(carrier)
        .map((place) => place.map(([backend, weight]) => [at(backend, "name"), weight] as const))
        .filter((ends) => ends.some(([name]) => own.has(name)))
        .map((ends) => ({ carriers: [carrier], known, ends })),
    );
  },
  // Session persistence of the Gateway API is experimental, and no route of ours asks for it.
  keepsClients: () => false,
  has: ({ inputs }, color) => at(inputs.services, color) !== undefined,
  endOf: (route, color, state) => {
    const name = serviceName(route, color, state);
    // In a preview a new Service is there and its name may not be.
    if (name === undefined) return environmentPart(color, state, isService);
    const [carrier] = gatewayRoute.carriersOf(route, state);
    const backends = carrier ? backendsOf(carrier).flat() : [];
    const own = backends.find((backend) => text(at(backend, "name")) === name);
    return carrier && own !== undefined ? servicesMeant(own, carrier, stateOf(state))[0] : undefined;
  },
};

function serviceName({ inputs }: Resource, color: Color, state: readonly Resource[]): string | undefined {
  return text(at(inputs.services, color)) ?? text(environment(color, state)?.outputs.serviceName);
}
