import { AlbAnswers } from "../alb/answers";
import { BalancerAnswers } from "../alb/balancer-answers";
import { albEntryPoints } from "../alb/entry-points";
import { DnsAnswers } from "../dns/answers";
import { darkTargets, dnsEntryPoints } from "../dns/entry-points";
import { KubernetesAnswers } from "../kubernetes/answers";
import { kubernetesEntryPoints } from "../kubernetes/entry-points";
import { KubernetesServices } from "../kubernetes/services";
import { lambdaEntryPoints } from "../lambda/entry-points";
import type { Entity } from "./entity";
import type { EntryPoint } from "./entry-point";

/**
 * All ways by which live users' requests come in, among what is in the cloud in the course of an update.
 *
 * @param atRest there is no update: names are looked at where nothing moves, too
 */
export function entryPoints(entities: readonly Entity[], { atRest = false } = {}): EntryPoint[] {
  const services = new KubernetesServices(entities);
  const alb = new AlbAnswers(entities, services);
  const dns = new DnsAnswers(entities, new BalancerAnswers(alb));
  const routes = new KubernetesAnswers(entities, services);
  const used = new Set([...routes.led(), ...alb.members.attached()]);
  const dark = darkTargets(dns);
  return [
    ...albEntryPoints(entities, alb, (balancer) => dark.has(balancer)),
    ...dnsEntryPoints(dns, atRest),
    ...kubernetesEntryPoints(routes, services, (service) => used.has(service)),
    ...lambdaEntryPoints(entities),
  ];
}
