import { nameOf } from "../resource";
import { type Flow, percent, sharesOf, source } from "../serving/flow";
import type { Entity } from "../update/entity";
import { targets } from "../update/reference";
import type { KubernetesAnswers, Route } from "./answers";
import { isPublic } from "./entry-points";
import { kubernetesKind } from "./objects";
import type { KubernetesServices } from "./services";

/**
 * How requests go on from routes and Services of Kubernetes to pods.
 *
 * @param used whether something of this stack leads to the Service; others have their clients elsewhere
 */
export function kubernetesFlows(
  { routes }: KubernetesAnswers,
  services: KubernetesServices,
  used: (service: Entity) => boolean,
): Flow[] {
  const called = services.directory.entities
    .filter((service) => isPublic(service) || !used(service))
    .map((service) => source(service, `answers the clients of Service "${nameOf(service.urn)}"`));
  const behind = services.directory.entities.flatMap((service) =>
    services
      .behind(service)
      .filter((to) => to !== service)
      .map((to): Flow => {
        return {
          from: service,
          to,
          share: 1,
          why: (why) => `runs behind Service "${nameOf(service.urn)}", which ${why}`,
        };
      }),
  );
  return [...called, ...routes.flatMap(routeFlows), ...behind];
}

function routeFlows({ entity, forms: [form], gateways }: Route): Flow[] {
  // Without a rule that users can meet it leads a preview only.
  if (!form || form.rules?.length === 0) return [];
  const where = `${kubernetesKind(entity.type)} "${nameOf(entity.urn)}"`;
  const led = (form.rules ?? []).flatMap(({ backends }) => {
    if (typeof backends === "string") return [];
    const shares = sharesOf(backends.map(({ weight }) => weight));
    return backends.flatMap(({ service }, i) => {
      const share = shares[i] ?? 0;
      const why = () => `receives ${percent(share)} of the requests of ${where}`;
      return share > 0 ? targets(service).map((to): Flow => ({ from: entity, to, share, why })) : [];
    });
  });
  const carried = gateways.map((to): Flow => ({ from: entity, to, share: 1, why: () => `carries ${where}` }));
  return [source(entity, `answers users as ${where}`), ...led, ...carried];
}
