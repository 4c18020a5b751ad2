import type { AlbAnswers } from "../alb/answers";
import { areApart, type Condition } from "../alb/rule-conditions";
import { type On, turnsAway } from "../alb/rules";
import { sameValue } from "../changes/same-value";
import { at, list, nameOf, type Properties, type Resource, text } from "../resource";
import type { Entity } from "../update/entity";
import { Directory } from "../update/reference";
import type { Flow } from "./flow";

const BALANCER = "aws:lb/loadBalancer:LoadBalancer";
const GROUP = "aws:lb/targetGroup:TargetGroup";
const FUNCTION = "aws:lambda/function:Function";
const ALIAS = "aws:lambda/alias:Alias";
const ACM = "aws:acm/certificate:Certificate";

const CERTIFICATE = "aws:lb/listenerCertificate:ListenerCertificate";
const PERMISSION = "aws:lambda/permission:Permission";
const ROUTE = "aws:ec2/route:Route";
const ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation";

/** What each type says of whom it lets in where: a resource that has the same lets in the same. */
const SAYS: Record<string, readonly string[]> = {
  // A renewed certificate takes the place of the old one: it is added before that is removed.
  [CERTIFICATE]: ["listenerArn"],
  [PERMISSION]: ["action", "function", "principal", "qualifier", "sourceArn", "sourceAccount"],
  [ROUTE]: ["routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock"],
  [ASSOCIATION]: ["subnetId"],
};

/** Without one of these, more is let in. */
const NARROWING: ReadonlySet<string> = new Set(["sourceArn", "sourceAccount"]);

/** Whether a resource of the type can let users in to what serves: it refers to that, and not the other way round. */
export function letsIn(type: string): boolean {
  return type in SAYS;
}

/** Whether the second lets in all that the first does. What is not known may be anything. */
export function letsInAlike(first: Resource, second: Resource): boolean {
  return (SAYS[first.type] ?? []).every((property) => {
    const [had, has] = [first.inputs[property], second.inputs[property]];
    return sameValue(had, has) || (NARROWING.has(property) && (has === undefined || has === null));
  });
}

/** Whether another resource can let in the same beside it. Of the other types AWS has each but once, whoever asks for it. */
export function canBeTwice(type: string): boolean {
  return type === PERMISSION;
}

/** From what serves to what lets its users in. */
export function lettingFlows(entities: readonly Entity[], alb: AlbAnswers): Flow[] {
  return [...certificateFlows(entities, alb), ...permissionFlows(entities, alb), ...routeFlows(entities)];
}

function lets(from: Entity, to: Entity): Flow {
  return { from, to, share: 1, why: (why) => `lets users in to "${nameOf(from.urn)}", which ${why}`, letsIn: true };
}

/** Those of a type with the properties that they have before the update. */
function prior(entities: readonly Entity[], type: string): { entity: Entity; props: Properties }[] {
  return entities.flatMap((entity) => {
    const [form] = entity.forms;
    return form && entity.type === type ? [{ entity, props: form.props }] : [];
  });
}

/**
 * A client that names a host which no other certificate of the listener has is given the default one, and ends the handshake
 * (ELB guide, "SSL certificates for your Application Load Balancer").
 */
function certificateFlows(entities: readonly Entity[], alb: AlbAnswers): Flow[] {
  const known = new Directory(entities.filter(({ type }) => type === ACM));
  return prior(entities, CERTIFICATE).flatMap(({ entity, props }) => {
    const own = alb.ownListeners.filter(({ identities }) => identities.has(props.listenerArn));
    const on: readonly On[] = own.length > 0 ? own : [String(props.listenerArn)];
    const hosts = hostsOf(known, props.certificateArn);
    return on.flatMap((listener) => takers(listener, hosts, alb)).map((from) => lets(from, entity));
  });
}

/** What asks for a host of a certificate; none where its hosts are not known. */
function hostsOf(known: Directory, arn: unknown): Condition[] {
  const found = known.entities.find(({ identities }) => identities.has(arn));
  const { domainName, subjectAlternativeNames } = found?.forms[0]?.props ?? {};
  const names = [domainName, ...list(subjectAlternativeNames)].flatMap((name) => text(name)?.toLowerCase() ?? []);
  return names.length > 0 ? [{ field: "hostHeader", values: new Set(names) }] : [];
}

/** Who of a listener does more with requests for the hosts than to turn them away. */
function takers(listener: On, hosts: readonly Condition[], alb: AlbAnswers): Entity[] {
  const byDefault = typeof listener === "string" ? undefined : alb.formsOf(listener)[0];
  const own = typeof listener === "string" || !byDefault || turnsAway(byDefault) ? [] : [listener];
  const rules = alb.rulesOf(listener).filter(({ forms: [form] }) => {
    return form && !turnsAway(form) && !areApart(form.conditions ?? [], hosts);
  });
  return [...own, ...rules.map(({ entity }) => entity)];
}

/**
 * A balancer may invoke a function by a statement of the function's own policy, for all groups or for one (Lambda guide, "Process
 * Application Load Balancer requests with Lambda").
 */
function permissionFlows(entities: readonly Entity[], alb: AlbAnswers): Flow[] {
  const functions = new Directory(entities.filter(({ type }) => type === FUNCTION));
  const groups = entities.filter(({ type }) => type === GROUP);
  return prior(entities, PERMISSION)
    .filter(({ props }) => props.principal === "elasticloadbalancing.amazonaws.com")
    .flatMap(({ entity, props }) => {
      const isInvoked = (target: Entity) => {
        const { name, functionName = name } = target.forms[0]?.props ?? {};
        const qualifier = target.type === ALIAS ? name : undefined;
        const called =
          target.type === ALIAS ? functions.entities.filter((f) => f.identities.has(functionName)) : [target];
        return (props.qualifier ?? undefined) === qualifier && called.some((f) => f.identities.has(props.function));
      };
      return groups
        .filter(({ identities }) => !text(props.sourceArn) || identities.has(props.sourceArn))
        .filter((group) => alb.members.before(group).some(({ attached }) => attached.some(isInvoked)))
        .map((group) => lets(group, entity));
    });
}

/** The routes by which a balancer of each address type answers the Internet. */
const DEFAULT_ROUTES: Record<string, readonly string[]> = {
  ipv4: ["0.0.0.0/0"],
  dualstack: ["0.0.0.0/0", "::/0"],
  "dualstack-without-public-ipv4": ["::/0"],
};

/**
 * A balancer that faces the Internet stands in subnets with a route there; a subnet without an association has the VPC's main
 * route table (VPC guide, "Subnet route tables"). Who comes to an internal balancer from where is in no plan.
 */
function routeFlows(entities: readonly Entity[]): Flow[] {
  const associations = prior(entities, ASSOCIATION);
  const routes = prior(entities, ROUTE);
  return prior(entities, BALANCER)
    .filter(({ props }) => props.internal !== true)
    .flatMap(({ entity: balancer, props }) => {
      const subnets = [...list(props.subnets), ...list(props.subnetMappings).map((one) => at(one, "subnetId"))];
      const destinations = DEFAULT_ROUTES[text(props.ipAddressType) ?? "ipv4"] ?? [];
      const own = associations.filter((one) => subnets.includes(one.props.subnetId));
      const tables = own.map((one) => one.props.routeTableId);
      const ways = routes.filter((one) => tables.includes(one.props.routeTableId) && leadsOut(one.props, destinations));
      return [...own, ...ways].map(({ entity }) => lets(balancer, entity));
    });
}

/** By a NAT gateway nobody comes in from outside (VPC guide, "NAT gateways"). */
function leadsOut(props: Properties, destinations: readonly string[]): boolean {
  if (text(props.natGatewayId)) return false;
  return [props.destinationCidrBlock, props.destinationIpv6CidrBlock].some((to) => destinations.includes(String(to)));
}
