import { at, gatewayMatch, list, type Resource, text } from "../../traffic";
import { placeOf, usersRulesOf } from "./kubernetes";
import { type State, setting } from "./state";

/**
 * Where a route of the Gateway API takes users' requests in, a text for each parent, host and match: two routes with one of them
 * in common get the same requests.
 */
export function entriesOf(route: Resource, state: State): string[] {
  const spec = setting(route, "spec");
  const hosts = list(at(spec, "hostnames")).map((host) => String(host).toLowerCase());
  const matches = usersRulesOf(spec).flatMap((rule) => {
    const asked = list(at(rule, "matches"));
    return (asked.length > 0 ? asked : [{}]).map((match) => gatewayMatch(route.type, match));
  });
  return list(at(spec, "parentRefs")).flatMap((parent) =>
    (hosts.length > 0 ? hosts : ["*"]).flatMap((host) =>
      matches.map((match) => JSON.stringify([...parentKey(parent, route, state), host, match])),
    ),
  );
}

function parentKey(parent: unknown, route: Resource, state: State): string[] {
  const place = placeOf(route, state, text(at(parent, "namespace")));
  return [place, ...["name", "sectionName", "port"].map((key) => String(at(parent, key) ?? ""))];
}
