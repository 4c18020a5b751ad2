import { AlbAnswers } from "../alb/answers";
import { BalancerAnswers } from "../alb/balancer-answers";
import { albFlows } from "../alb/flows";
import { DnsAnswers } from "../dns/answers";
import { dnsFlows, ledByRecords } from "../dns/flows";
import { KubernetesAnswers } from "../kubernetes/answers";
import { clustersOf, inCluster } from "../kubernetes/clusters";
import { kubernetesFlows } from "../kubernetes/flows";
import { KubernetesServices } from "../kubernetes/services";
import { lambdaFlows } from "../lambda/flows";
import type { Resource } from "../resource";
import { type Entity, keptEntity } from "../update/entity";
import { carriesTraffic } from "../update/moves-traffic";
import type { Flow } from "./flow";
import { letsIn, lettingFlows } from "./lets-in";
import { groundFlows, standsOnOrUnder } from "./stands-on";

/** That a resource serves, and how much. */
export interface Served {
  /** The share of its entry point's live requests that reach it, or what stands on it, 0 to 1. At 0 some may, by a cookie. */
  share: number;
  /** A phrase such as `receives 95 % of the requests of rule "shop"`. */
  why: string;
  /**
   * Set where it serves only as what others stand on, which can be led to another in the update that replaces it: these
   * others. A certificate is one, or a task definition.
   */
  movableFor?: readonly Resource[];
  /** Set where it serves only as what lets users in to others, and refers to them: these others. A route is one. */
  letsInto?: readonly Resource[];
}

export type Serving = ReadonlyMap<Resource, Served>;

/** The resources of a state that can receive a live user's request now, with what they stand on. */
export function servingResources(state: readonly Resource[]): Serving {
  // Of most types there is nothing to be asked: alarms, log groups, policies of roles.
  const asked = state.filter(({ custom, type }) => custom && isAsked(type));
  const clusters = clustersOf(state);
  const resources = new Map(asked.map((resource) => [inCluster(keptEntity(resource), clusters), resource]));
  const flows = flowsOf([...resources.keys()]);
  const reached = reach(flows);
  const into = grouped(flows, ({ to }) => to);
  const serving = new Map<Resource, Served>();
  for (const [entity, resource] of resources) {
    const served = reached.get(entity);
    if (!served) continue;
    const own = (into.get(entity) ?? []).filter(({ from }) => from === undefined || reached.has(from));
    const isMovable = own.every(({ movable }) => movable);
    const standing = own.flatMap(({ from }) => (from && resources.get(from)) ?? []);
    const isLetting = own.every((flow) => flow.letsIn);
    serving.set(resource, {
      ...served,
      ...(isMovable && { movableFor: standing }),
      ...(isLetting && { letsInto: standing }),
    });
  }
  return serving;
}

function isAsked(type: string): boolean {
  return carriesTraffic(type) || standsOnOrUnder(type) || letsIn(type);
}

function flowsOf(entities: readonly Entity[]): Flow[] {
  const ofType = (type: string) => entities.filter((e) => e.type === type);
  const services = new KubernetesServices(entities);
  const alb = new AlbAnswers(entities, services);
  const dns = new DnsAnswers(entities, new BalancerAnswers(alb));
  const routes = new KubernetesAnswers(entities, services);
  const used = new Set([...routes.led(), ...alb.members.attached()]);
  return [
    ...dnsFlows(ofType("aws:route53/zone:Zone"), dns),
    ...albFlows(ofType("aws:lb/loadBalancer:LoadBalancer"), alb, ledByRecords(dns)),
    ...kubernetesFlows(routes, services, (service) => used.has(service)),
    ...lambdaFlows(entities),
    ...groundFlows(entities),
    ...lettingFlows(entities, alb),
  ];
}

/** What requests reach, by the way on which the greatest share of them does. */
function reach(flows: readonly Flow[]): Map<Entity, Served> {
  const from = grouped(flows, (flow) => flow.from);
  const reached = new Map<Entity, Served>();
  const open = flows.filter((flow) => flow.from === undefined);
  for (let flow = open.shift(); flow; flow = open.shift()) {
    const above = flow.from ? reached.get(flow.from) : { share: 1, why: "" };
    if (!above) continue;
    const share = flow.share * above.share;
    const known = reached.get(flow.to);
    if (known && known.share >= share) continue;
    reached.set(flow.to, { share, why: flow.why(above.why) });
    open.push(...(from.get(flow.to) ?? []));
  }
  return reached;
}

function grouped<K>(flows: readonly Flow[], keyOf: (flow: Flow) => K): Map<K, Flow[]> {
  const groups = new Map<K, Flow[]>();
  for (const flow of flows) {
    const group = groups.get(keyOf(flow));
    if (group) group.push(flow);
    else groups.set(keyOf(flow), [flow]);
  }
  return groups;
}
