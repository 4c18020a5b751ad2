import { at, list, nameOf } from "../resource";
import type { Entity } from "../update/entity";
import { ANSWERED, type Answer, exchanged, lost, worst } from "../update/entry-point";
import type { Moment } from "../update/moment";
import { type Directory, targets } from "../update/reference";
import { exchangeOf } from "./exchange";
import { type RouteRequests, taking, UNKNOWN_RULE } from "./matching";
import { kubernetesKind, namedObject } from "./objects";
import { type RouteForm, type RouteRule, routeForm } from "./routes";
import { behindReference, type KubernetesServices, namedObjects } from "./services";

const ROUTE_KINDS = ["Ingress", "HTTPRoute", "GRPCRoute"];

export interface Route {
  entity: Entity;
  forms: readonly (RouteForm | undefined)[];
  /** The Gateways of this stack that it hangs on. */
  gateways: readonly Entity[];
}

/** Who answers the requests of Ingresses and of the Gateway API's routes in the course of an update. */
export class KubernetesAnswers {
  readonly routes: readonly Route[];
  private readonly byPlace = new Map<string, Set<Route>>();

  constructor(
    entities: readonly Entity[],
    private readonly services: KubernetesServices,
  ) {
    const gateways = namedObjects(entities, "Gateway");
    this.routes = entities
      .filter(({ type }) => ROUTE_KINDS.includes(kubernetesKind(type) ?? ""))
      .map((entity) => ({
        entity,
        forms: entity.forms.map((form) => form && routeForm(entity.type, form, services.directory)),
        gateways: gatewaysOf(entity, gateways),
      }));
    for (const route of this.routes) {
      for (const place of route.forms.flatMap((form) => (form ? placesOf(form) : []))) {
        this.byPlace.set(place, (this.byPlace.get(place) ?? new Set()).add(route));
      }
    }
  }

  /** The Services of this stack that some route leads to. */
  led(): Set<Entity> {
    return new Set(
      this.routes.flatMap(({ forms }) => forms.flatMap((form) => (form?.services ?? []).flatMap(targets))),
    );
  }

  /** The routes that take such requests in, at some time. */
  meeting(requests: RouteRequests): Route[] {
    const routes = new Set(placesAround(requests).flatMap((place) => [...(this.byPlace.get(place) ?? [])]));
    return [...routes].filter(({ forms }) => forms.some((form) => taking(form, requests).length > 0));
  }

  /** @param routes those that meet the requests */
  answer(requests: RouteRequests, routes: readonly Route[], moment: Moment): Answer {
    const takesAt = (route: Route, index: number) => taking(route.forms[index], requests);
    const isNearer = (other: Route, given: Moment, than: number) =>
      given.forms(other.entity).every(({ index }) => takesAt(other, index).some(({ nearness }) => nearness > than));
    const answers = routes.flatMap((route) =>
      moment.forms(route.entity).flatMap(({ index, given }) =>
        takesAt(route, index)
          .filter(({ nearness }) => !routes.some((other) => other !== route && isNearer(other, given, nearness)))
          .map(({ rule }) => this.handled(route, rule, given)),
      ),
    );
    const isTaken = routes.some((route) =>
      moment.forms(route.entity).every(({ index }) => takesAt(route, index).length > 0),
    );
    return worst(isTaken ? answers : [...answers, this.notTaken(requests, routes)]);
  }

  /** All that the answer may hang on. */
  touched(routes: readonly Route[]): Set<Entity> {
    const rules = routes.flatMap(({ forms }) => forms.flatMap((form) => form?.rules ?? []));
    const backends = rules.flatMap(({ backends }) => (typeof backends === "string" ? [] : backends));
    return new Set([
      ...routes.flatMap(({ entity, gateways }) => [entity, ...gateways]),
      ...backends.flatMap(({ service }) => behindReference(service, this.services)),
    ]);
  }

  /** The program took the route away, or the host or path off it, unless another comes in the place of what is gone. */
  private notTaken(requests: RouteRequests, routes: readonly Route[]): Answer {
    const takers = routes.filter(({ forms: [before] }) => taking(before, requests).length > 0);
    const isReplaced = takers.some(({ entity }) =>
      this.routes.some(({ entity: e }) => e !== entity && e.urn === entity.urn),
    );
    for (const { entity, forms } of isReplaced ? [] : takers) {
      const exchange = exchangeOf(forms[0], forms.at(-1), requests);
      if (exchange) return exchanged(`${kubernetesKind(entity.type)} "${nameOf(entity.urn)}"`, exchange);
    }
    return { ...lost("no route of this stack takes them"), retired: !isReplaced };
  }

  /** A backend that cannot answer is answered for with 500 or 503 (Gateway API, HTTPRouteRule, `backendRefs`). */
  private handled({ gateways }: Route, { backends }: RouteRule, moment: Moment): Answer {
    const gone = gateways.find((gateway) => moment.forms(gateway).some(({ form }) => form === undefined));
    if (gone) return lost(`Gateway "${nameOf(gone.urn)}" is not there`);
    if (backends === "redirected") return ANSWERED;
    if (backends === "refused") return { ...lost("the balancer refuses them itself"), retired: true };
    if (backends === "unknown") return lost("what is done with them is not known before the update");
    const dead = backends.map(({ service }) => this.services.whyDead(service, moment));
    // A weight that is not known is the worst that it could be.
    const unknown = backends.findIndex(({ weight }, i) => weight === undefined && dead[i] !== undefined);
    if (unknown >= 0) return lost(dead[unknown] ?? "");
    const weights = backends.map(({ weight }) => weight ?? 0);
    const sum = weights.reduce((a, b) => a + b, 0);
    if (sum === 0) return lost("no backend of theirs has a weight");
    const answered = weights.reduce((a, weight, i) => a + (dead[i] === undefined ? weight : 0), 0);
    const why = dead.filter((reason, i): reason is string => reason !== undefined && (weights[i] ?? 0) > 0);
    return { share: answered / sum, why, retired: false };
  }
}

/** Where a route takes requests in: at a parent, for a host, under a path. */
function placesOf({ parents, rules = [UNKNOWN_RULE] }: RouteForm): string[] {
  const all = rules.flatMap(({ hosts, matches }) =>
    hosts.flatMap((host) => matches.map(({ path }) => [host, path.replace(/\/$/, "")])),
  );
  return parents.flatMap((parent) => all.map((place) => JSON.stringify([parent, ...place])));
}

/** The places where a route may stand that takes the requests: each is its host or a wildcard of it, and its path or above. */
function placesAround({ parent, host, match }: RouteRequests): string[] {
  const labels = host.split(".");
  const hosts = [host, "*", ...labels.map((_, i) => `*.${labels.slice(i).join(".")}`)];
  const segments = match.path.replace(/\/$/, "").split("/");
  const paths = segments.map((_, i) => segments.slice(0, i + 1).join("/"));
  return hosts.flatMap((own) => paths.map((path) => JSON.stringify([parent, own, path])));
}

function gatewaysOf({ forms }: Entity, gateways: Directory): Entity[] {
  return forms.flatMap((form) =>
    form
      ? list(at(form.props.spec, "parentRefs")).flatMap((ref) =>
          targets(gateways.resolve(namedObject(ref, form), "spec", form)),
        )
      : [],
  );
}
