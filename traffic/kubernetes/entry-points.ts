import { at, nameOf } from "../resource";
import type { Entity } from "../update/entity";
import { ANSWERED, type EntryPoint, lost } from "../update/entry-point";
import type { Moment } from "../update/moment";
import type { KubernetesAnswers, Route } from "./answers";
import type { RouteRequests } from "./matching";
import { kubernetesKind } from "./objects";
import type { KubernetesServices } from "./services";

/**
 * The requests that come in by the routes of Kubernetes that are there before the update, and by Services that clients call
 * themselves.
 *
 * @param used whether something of this stack leads to the Service
 */
export function kubernetesEntryPoints(
  answers: KubernetesAnswers,
  services: KubernetesServices,
  used: (service: Entity) => boolean,
): EntryPoint[] {
  const routed = answers.routes.flatMap((route) =>
    distinct(requestsOf(route)).map((requests) => byRoute(answers, route, requests)),
  );
  const called = services.directory.entities.filter(
    (service) => service.forms[0] && (isPublic(service) || !used(service)),
  );
  return [...routed, ...called.map((service) => byService(services, service))];
}

function byRoute(answers: KubernetesAnswers, { entity }: Route, requests: RouteRequests): EntryPoint {
  const { host, match } = requests;
  const meeting = answers.meeting(requests);
  const path = match.path === "/" ? "" : ` for ${match.path}`;
  return {
    urn: entity.urn,
    requests: `the requests of ${kubernetesKind(entity.type)} "${nameOf(entity.urn)}"${host === "*" ? "" : ` to ${host}`}${path}`,
    touched: answers.touched(meeting),
    answer: (moment) => answers.answer(requests, meeting, moment),
  };
}

function byService(services: KubernetesServices, service: Entity): EntryPoint {
  return {
    urn: service.urn,
    requests: `the requests of Service "${nameOf(service.urn)}"`,
    touched: new Set([...services.behind(service), ...services.replacing(service)]),
    answer: (moment: Moment) => {
      const why = services.whyServiceDead(service, moment);
      if (why === undefined) return ANSWERED;
      // The program took the Service away, unless another of its name comes.
      const isGone = moment.forms(service).some(({ form }) => form === undefined);
      return { ...lost(why), retired: isGone && services.replacing(service).length === 0 };
    },
  };
}

/** The requests that a route takes in at some time: a new one takes them from another. */
function requestsOf({ forms }: Route): RouteRequests[] {
  return forms.flatMap((form) =>
    (form?.parents ?? []).flatMap((parent) =>
      (form?.rules ?? []).flatMap(({ hosts, matches }) =>
        hosts.flatMap((host) => matches.map((match) => ({ parent, host, match }))),
      ),
    ),
  );
}

/** Clients outside of the cluster reach it. */
export function isPublic({ forms: [before] }: Entity): boolean {
  return ["LoadBalancer", "NodePort"].includes(String(at(before?.props.spec, "type")));
}

function distinct(requests: readonly RouteRequests[]): RouteRequests[] {
  return [...new Map(requests.map((one) => [JSON.stringify(one), one])).values()];
}
