import { AlbAnswers } from "./alb-answers";
import { albEntryPoints } from "./alb-entry-points";
import { BalancerAnswers } from "./balancer-answers";
import { DnsAnswers } from "./dns-answers";
import { darkTargets, dnsEntryPoints } from "./dns-entry-points";
import type { Entity } from "./entity";
import type { EntryPoint } from "./entry-point";

/** All ways by which live users' requests come in, among what is in the cloud in the course of an update. */
export function entryPoints(entities: readonly Entity[]): EntryPoint[] {
  const alb = new AlbAnswers(entities);
  const dns = new DnsAnswers(entities, new BalancerAnswers(alb));
  const dark = darkTargets(dns.namesBefore());
  return [...albEntryPoints(entities, alb, (balancer) => dark.has(balancer)), ...dnsEntryPoints(dns)];
}
