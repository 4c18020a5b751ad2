import { at, list, type Resource, text, UNKNOWN } from "../../traffic";
import { listenersOn } from "./edges";
import { SECURITY_GROUP, separateRules } from "./security-groups";
import { one, type State, setting } from "./state";

const ACL_ASSOCIATION = "aws:wafv2/webAclAssociation:WebAclAssociation";
const MORE_CERTIFICATES = "aws:lb/listenerCertificate:ListenerCertificate";

/** What a client can notice of a balancer by itself, with what AWS takes where nothing is said (provider, `aws.lb.LoadBalancer`). */
const OF_BALANCER = {
  internal: false,
  ipAddressType: "ipv4",
  idleTimeout: 60,
  clientKeepAlive: 3600,
  enableHttp2: true,
  dropInvalidHeaderFields: false,
  preserveHostHeader: false,
  enableXffClientPort: false,
  xffHeaderProcessingMode: "append",
  desyncMitigationMode: "defensive",
  enableWafFailOpen: false,
};

/** What an edge can have in common with another one, or not. */
export const TRAITS = [
  ...(Object.keys(OF_BALANCER) as (keyof typeof OF_BALANCER)[]),
  "subnets",
  "accessLogs",
  "connectionLogs",
  "webAcl",
  "listeners",
  "sslPolicy",
  "certificate",
  "mutualAuthentication",
  "ingress",
] as const;
export type Trait = (typeof TRAITS)[number];

/** The edge of a balancer as its clients meet it, each trait in words that can be compared. */
export function edgeTraits(balancer: Resource, state: State): Record<Trait, string> {
  const listeners = listenersOn(balancer, state);
  const of = (property: string) => setting(balancer, property);
  const protocols = listeners.map(
    (listener) => `${said(setting(listener, "port"))}: ${said(setting(listener, "protocol"))}`,
  );
  const own = Object.entries(OF_BALANCER).map(([property, byDefault]) => [property, said(of(property) ?? byDefault)]);
  return {
    ...(Object.fromEntries(own) as Record<keyof typeof OF_BALANCER, string>),
    subnets: said(of("subnets") ?? of("subnetMappings") ?? []),
    accessLogs: said(at(one(of("accessLogs")), "enabled") ?? false),
    connectionLogs: said(at(one(of("connectionLogs")), "enabled") ?? false),
    webAcl: said(
      referring(state.ofType(ACL_ASSOCIATION), "resourceArn", balancer, state).map((one) => setting(one, "webAclArn")),
    ),
    listeners: said(protocols),
    sslPolicy: said(listeners.map((listener) => setting(listener, "sslPolicy") ?? "none")),
    certificate: said(listeners.map((listener) => certificatesOf(listener, state))),
    mutualAuthentication: said(
      listeners.map((listener) => at(one(setting(listener, "mutualAuthentication")), "mode") ?? "off"),
    ),
    ingress: said(ingressOf(balancer, state)),
  };
}

function certificatesOf(listener: Resource, state: State): unknown[] {
  const more = referring(state.ofType(MORE_CERTIFICATES), "listenerArn", listener, state);
  return [listener, ...more].map((one) => setting(one, "certificateArn") ?? "none");
}

/** Who may connect, by the rules of its security groups that this stack has. */
function ingressOf(balancer: Resource, state: State): unknown[] {
  const groups = list(setting(balancer, "securityGroups")).flatMap((id) =>
    state.referred(balancer, "securityGroups", id, SECURITY_GROUP),
  );
  return groups.flatMap((group) => {
    const separate = separateRules(group, "ingress", state);
    return [...list(setting(group, "ingress")), ...separate.map(({ inputs }) => inputs)].map((rule) =>
      PART_OF_INGRESS.map((keys) => said(keys.map((key) => at(rule, key)).find((value) => value !== undefined) ?? "")),
    );
  });
}

/** The same part of a rule under the names that the three ways to write one have for it. */
const PART_OF_INGRESS = [
  ["ipProtocol", "protocol"],
  ["fromPort"],
  ["toPort"],
  ["cidrIpv4", "cidrBlocks"],
  ["cidrIpv6", "ipv6CidrBlocks"],
  ["prefixListId", "prefixListIds"],
  ["referencedSecurityGroupId", "sourceSecurityGroupId", "securityGroups"],
];

function referring(resources: readonly Resource[], property: string, to: Resource, state: State): Resource[] {
  return resources.filter((from) => state.referred(from, property, setting(from, property)).includes(to));
}

/** A value in words; lists are sets here. */
function said(value: unknown): string {
  if (value === UNKNOWN) return "(not known yet)";
  if (Array.isArray(value)) return `[${value.map(said).sort().join(", ")}]`;
  return text(value) ?? JSON.stringify(value);
}
