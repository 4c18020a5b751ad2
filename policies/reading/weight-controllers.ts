import { at, isPreview, list, type Resource, text } from "../../traffic";
import { actionsProperty, forwarding } from "./forwards";
import { backendsOf, kindOf, nameIn, ofKind, placeOf, routesOf } from "./kubernetes";
import { blocks, one, type State, setting } from "./state";
import { ECS_SERVICE, GROUP, RULE } from "./types";
import { named } from "./words";

/** Who else moves the weights of a resource, and in which of its properties. */
export interface Moved {
  controller: string;
  property: string;
}

const CONTROLLERS = ["CODE_DEPLOY", "EXTERNAL"];
const STRATEGIES = ["BLUE_GREEN", "LINEAR", "CANARY"];

/** What controllers outside of the program move the weights of: rules, listeners, routes, Ingresses. */
export function movedByControllers(state: State): ReadonlyMap<Resource, Moved> {
  return new Map([...movedByEcs(state), ...movedInKubernetes(state)]);
}

function movedByEcs(state: State): [Resource, Moved][] {
  return state.ofType(ECS_SERVICE).flatMap((service) => {
    const type = text(at(one(setting(service, "deploymentController")), "type"));
    const strategy = text(at(one(setting(service, "deploymentConfiguration")), "strategy"));
    const by = [type, strategy].find((by) => by && [...CONTROLLERS, ...STRATEGIES].includes(by));
    if (by === undefined) return [];
    const controller = by === "CODE_DEPLOY" ? `CodeDeploy (${named(service)})` : `ECS (${named(service)}, ${by})`;
    return blocks(service, "loadBalancers").flatMap((balancer) => {
      const rule = at(one(at(balancer, "advancedConfiguration")), "productionListenerRule");
      const production = rule === undefined ? [] : state.referred(service, "loadBalancers", rule, RULE);
      const groups = state.referred(service, "loadBalancers", at(balancer, "targetGroupArn"), GROUP);
      const led = groups.flatMap((group) => forwarding(group, state));
      // ECS says which rule it moves; CodeDeploy and others move what leads to the service.
      const moved = by === strategy ? production : led.filter((from) => !isPreview(setting(from, "conditions")));
      return moved.map((from): [Resource, Moved] => [from, { controller, property: actionsProperty(from) }]);
    });
  });
}

/** By what Argo Rollouts and Flagger leave on an object, and by the Rollouts of this stack that name it. */
function movedInKubernetes(state: State): [Resource, Moved][] {
  const namedByRollouts = new Set(ofKind(state, "Rollout").flatMap((rollout) => routesOfRollout(rollout, state)));
  const routes = routesOf(state).filter((route) => backendsOf(route).some((backends) => backends.length > 1));
  const ingresses = ofKind(state, "Ingress");
  return [...routes, ...ingresses].flatMap((object) => {
    const isNamed = namedByRollouts.has(`${placeOf(object, state)} ${kindOf(object)} ${nameIn(object)}`);
    const controller = isNamed ? "Argo Rollouts" : ownerOf(object);
    if (controller === undefined) return [];
    return [
      [object, { controller, property: kindOf(object) === "Ingress" ? "metadata" : "spec" }] as [Resource, Moved],
    ];
  });
}

function routesOfRollout(rollout: Resource, state: State): string[] {
  const routing = at(setting(rollout, "spec"), "strategy", "canary", "trafficRouting");
  const plugin = at(routing, "plugins", "argoproj-labs/gatewayAPI");
  const routes = [at(plugin, "httpRoute"), ...list(at(plugin, "httpRoutes")).map((route) => at(route, "name"))];
  return [...routes.map((name) => ["HTTPRoute", name]), ["Ingress", at(routing, "alb", "ingress")]].flatMap(
    ([kind, name]) => (text(name) === undefined ? [] : `${placeOf(rollout, state)} ${kind} ${name}`),
  );
}

function ownerOf({ inputs, outputs }: Resource): string | undefined {
  const metadata = [inputs.metadata, outputs.metadata];
  const keys = metadata.flatMap((of) => [at(of, "annotations"), at(of, "labels")]).flatMap(keysOf);
  const owners = metadata.flatMap((of) => list(at(of, "ownerReferences")).map((owner) => at(owner, "apiVersion")));
  const manager = metadata.map((of) => at(of, "labels", "app.kubernetes.io/managed-by"));
  const marks = [...keys, ...owners, ...manager].map(String);
  if (marks.some((mark) => mark.startsWith("rollouts.argoproj.io/") || mark.startsWith("argoproj.io/"))) {
    return "Argo Rollouts";
  }
  return marks.some((mark) => mark === "flagger" || mark.startsWith("flagger.app/")) ? "Flagger" : undefined;
}

function keysOf(value: unknown): string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

/** Whether the program leaves the weights in a property alone. A path into a single weight leaves the others to it. */
export function ignores({ ignoreChanges = [] }: Resource, property: string): boolean {
  return ignoreChanges.some((path) => {
    if (path === "*" || path === property || property.startsWith(`${path}.`)) return true;
    const rest = path.startsWith(property) ? path.slice(property.length) : "";
    return /^[.[]/.test(rest) && !/targetGroups\[\d|backendRefs\[\d/.test(rest);
  });
}
