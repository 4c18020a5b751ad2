import { at, formatDuration, list, number, type Resource, text } from "../../traffic";
import type { Problem } from "../ratchet";
import { forwarded } from "../reading/forwards";
import { groupBy } from "../reading/group-by";
import { blocks, leavesOut, one, type State, setting } from "../reading/state";
import { ECS_SERVICE, GROUP, RULE } from "../reading/types";
import { named } from "../reading/words";

/** Health checks of target groups that do not say what users get, or say it too late. */
export function groupHealthProblems(state: State): Problem[] {
  return [...groupProblems(state), ...stageProblems(state)];
}

function groupProblems(state: State): Problem[] {
  const ports = containerPorts(state);
  return state.ofType(GROUP).flatMap((group): Problem[] => {
    if (setting(group, "targetType") === "lambda") return [];
    const check = one(setting(group, "healthCheck"));
    const isHttp = text(at(check, "protocol") ?? setting(group, "protocol"))?.startsWith("HTTP") === true;
    const problem = {
      urn: group.urn,
      instead: "Check by a path of its own (/healthz) that answers 200, on the port of the traffic.",
    };
    const problems: Problem[] = [];
    if (at(check, "enabled") === false) {
      const why = "The balancer sends requests to each of its targets, dead or alive.";
      problems.push({ ...problem, kind: "off", what: `${named(group)} has its health check off.`, why });
    }
    const port = text(at(check, "port")) ?? number(at(check, "port"));
    const own = [setting(group, "port"), ...(ports.get(group) ?? []).map(({ port }) => port), "traffic-port"].map(
      String,
    );
    if (port !== undefined && port !== "" && !own.includes(String(port))) {
      const what = `${named(group)} is checked on port ${port}, and users' requests go to ${own[0]}.`;
      const why = "A target that answers there may answer nobody here.";
      problems.push({ ...problem, kind: "port", practice: true, what, why });
    }
    const matcher = text(at(check, "matcher"));
    if (isHttp && takesFailures(matcher, setting(group, "protocolVersion") === "GRPC")) {
      const what = `${named(group)} counts answers as healthy that are no success (matcher ${matcher}).`;
      const why = "A version that can only send users to its login, or to an error page, passes.";
      problems.push({ ...problem, kind: "matcher", practice: true, what, why });
    }
    if (isHttp && leavesOut(one(group.inputs.healthCheck), "path")) {
      const what = `${named(group)} says no path for its health check.`;
      const why = "The default is /, which many programs answer that can do nothing else.";
      problems.push({ ...problem, kind: "path", advisory: true, what, why });
    }
    return problems;
  });
}

/** The ports that services register their tasks of each group with. */
function containerPorts(state: State): ReadonlyMap<Resource, { port: unknown }[]> {
  const registered = state.ofType(ECS_SERVICE).flatMap((service) =>
    blocks(service, "loadBalancers").map((balancer) => ({
      groups: state.referred(service, "loadBalancers", at(balancer, "targetGroupArn"), GROUP),
      port: at(balancer, "containerPort"),
    })),
  );
  return groupBy(registered, ({ groups }) => groups);
}

/** `200`, `200,302` or `200-399`; of gRPC `0`, `0,12` or `0-99`, where 0 is OK (ELB, `Matcher.HttpCode` and `Matcher.GrpcCode`). */
function takesFailures(matcher = "", isGrpc: boolean): boolean {
  const [least, most] = isGrpc ? [0, 0] : [200, 299];
  return matcher.split(",").some((codes) => {
    const [from = 0, to = from] = codes.split("-").map(Number);
    return matcher !== "" && (from < least || to > most);
  });
}

/** On a route of ours: a stage that ends before a new target can be found healthy has proved nothing. */
function stageProblems(state: State): Problem[] {
  return state.ofType(RULE).flatMap((rule) => {
    const route = rule.parent === undefined ? undefined : state.get(rule.parent);
    if (!route?.type.startsWith("crossfade:")) return [];
    const stages = list(route.inputs.stages).map((stage) => ({
      name: at(stage, "name"),
      bake: number(at(stage, "bake")) ?? 0,
    }));
    const [shortest] = stages.filter(({ bake }) => bake > 0).sort((a, b) => a.bake - b.bake);
    if (!shortest) return [];
    return forwarded(rule, state)
      .flatMap(({ ends }) => ends)
      .flatMap((group) => {
        const takes = secondsToHealthy(group);
        if (takes <= shortest.bake) return [];
        return {
          urn: group.urn,
          kind: "stage",
          badness: takes - shortest.bake,
          what: `${named(group)} calls a target healthy after ${takes} s (interval x healthyThreshold), and stage "${String(shortest.name)}" is over after ${formatDuration(shortest.bake)}.`,
          why: "A target that comes up in the stage is still unchecked when the next one starts.",
          instead: "Make the interval shorter (healthInterval), or the stage's bake time longer.",
          // The candidate's targets are healthy before the stage begins; what is unchecked is only what comes up in it.
          advisory: true,
        };
      });
  });
}

/** Provider defaults: 30 s, three times. */
export function secondsToHealthy(group: Resource): number {
  const check = one(setting(group, "healthCheck"));
  return (number(at(check, "interval")) ?? 30) * (number(at(check, "healthyThreshold")) ?? 3);
}
