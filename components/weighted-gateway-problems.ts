import type { Color } from "../traffic";
import { DNS_LABEL, DNS_LABEL_WORDS, DNS_SUBDOMAIN, DNS_SUBDOMAIN_WORDS } from "./kubernetes-names";
import type { PropertyProblem } from "./property-problem";
import type { GatewayBackend, WeightedGatewayRouteArgs } from "./weighted-gateway-route";
import { missingTargets, presentTargets } from "./weighted-route";

/** All that is wrong with a Gateway's route. */
export function weightedGatewayProblems(args: WeightedGatewayRouteArgs): PropertyProblem[] {
  const { rollout, backends, namespace, gateway, hosts } = args;
  const problems = missingTargets(rollout, backends, "backends");
  const report = (propertyPath: string, reason: string) => problems.push({ propertyPath, reason });
  for (const [path, name] of Object.entries({ namespace, "gateway.namespace": gateway.namespace })) {
    if (!DNS_LABEL.test(name)) report(path, `"${name}" is no name of a namespace: ${DNS_LABEL_WORDS}`);
  }
  if (!DNS_SUBDOMAIN.test(gateway.name)) {
    report("gateway.name", `"${gateway.name}" is no name of a Gateway: ${DNS_SUBDOMAIN_WORDS}`);
  }
  if (hosts.length < 1 || hosts.length > 16) {
    const reason =
      "one to 16 hosts (Gateway API, HTTPRouteSpec.hostnames); with none the route would take every host's requests";
    problems.push({ propertyPath: "hosts", reason });
  }
  return [
    ...problems,
    ...presentTargets(backends).flatMap(([color, backend]) => backendProblems(color, backend, args)),
  ];
}

function backendProblems(
  color: Color,
  { port, namespace, granted = false }: GatewayBackend,
  route: WeightedGatewayRouteArgs,
): PropertyProblem[] {
  const problems: PropertyProblem[] = [];
  const report = (field: string, reason: string) =>
    problems.push({ propertyPath: `backends.${color}.${field}`, reason });
  if (!Number.isInteger(port) || port < 1 || port > 65535) report("port", `${port} is no port: 1 to 65535`);
  if (namespace !== undefined && namespace !== route.namespace && !granted) {
    report(
      "namespace",
      `${color}'s Service is in "${namespace}" and the route in "${route.namespace}": without a ReferenceGrant in "${namespace}" the Gateway answers 500 for its share. Put the route into "${namespace}", or make the grant and say granted: true`,
    );
  }
  return problems;
}
