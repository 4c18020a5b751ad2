import { at, conditionsOf, covers, isOfDnsRoute, number, type Resource, text } from "../../traffic";
import type { Problem } from "../ratchet";
import { balancersOf, behindRecord, listenersOn, liveRulesOn, rulesOn } from "../reading/edges";
import { askedCount } from "../reading/entry-point-parts";
import { actionsOf, forwarded } from "../reading/forwards";
import { answerersOf } from "../reading/members";
import { type DnsRecord, recordSets } from "../reading/record-sets";
import { one, type State, setting } from "../reading/state";
import { named } from "../reading/words";

const CHECK = "aws:route53/healthCheck:HealthCheck";

/** Health of weighted records that does not say what users get at the edge. */
export function recordHealthProblems(state: State): Problem[] {
  const sets = recordSets(state).map((set) => set.filter(({ isWeighted }) => isWeighted));
  const weighted = sets.flat().map(({ resource }) => resource);
  const redirects = weighted.flatMap((record) => redirected(record, state));
  return [
    ...sets.flatMap((set) => set.flatMap(({ resource }) => unchecked(resource, set, state))),
    // The records of a color share a check.
    ...new Map(redirects.map((problem) => [problem.urn, problem])).values(),
    ...weighted.flatMap((record) => byEmptyGroup(record, state)),
  ];
}

function unchecked(resource: Resource, set: readonly DnsRecord[], state: State): Problem[] {
  if (isChecked(resource) || evaluatesTarget(resource)) return [];
  // On a route of ours a color that has all the weight is checked only where the other one is to take over.
  if (isOfDnsRoute(resource) && set.filter(({ weight }) => weight !== 0).length < 2) return [];
  return [
    {
      urn: resource.urn,
      kind: "record",
      advisory: isUnaskable(resource, state),
      what: `Weighted record ${named(resource)} has no health check.`,
      why: "Route 53 goes on answering with it when its edge is dead, and that share of the users is lost.",
      instead:
        "Give it a healthCheckId of the host's path. evaluateTargetHealth on a balancer is enough only where each of its groups has healthy targets.",
    },
  ];
}

/** Route 53's checkers come from the internet, by HTTP/1.1, which a group of another version does not take (ELB guide, HTTP 464). */
function isUnaskable(record: Resource, state: State): boolean {
  return [...behindRecord(record, state)].some(
    (part) =>
      setting(part, "internal") === true || ["HTTP2", "GRPC"].includes(String(setting(part, "protocolVersion"))),
  );
}

function isChecked(record: Resource): boolean {
  const check = setting(record, "healthCheckId");
  return check !== undefined && check !== "";
}

function evaluatesTarget(record: Resource): boolean {
  return at(one(setting(record, "aliases")), "evaluateTargetHealth") === true;
}

/** A check by HTTP that the balancer answers with a redirect, which is healthy whatever stands behind it. */
function redirected(record: Resource, state: State): Problem[] {
  const checks = state.referred(record, "healthCheckId", setting(record, "healthCheckId"), CHECK);
  return checks.flatMap((check) => {
    const [redirect] = balancersOf(record, state).flatMap((balancer) => redirecting(check, balancer, state));
    if (!redirect) return [];
    return {
      urn: check.urn,
      kind: "redirect",
      what: `Health check ${named(check)} asks for ${text(setting(check, "resourcePath")) ?? "/"} on port ${portOf(check)}, where ${named(redirect)} redirects.`,
      why: "Route 53 takes a 3xx for healthy and follows it nowhere: the check passes while everything behind the balancer is dead.",
      instead:
        "Ask where users are answered: by HTTPS on the listener's own port, for a path that only a working version answers with 200.",
    };
  });
}

/** What answers the check with a redirect: the first rule that takes it, or the listener's default. */
function redirecting(check: Resource, balancer: Resource, state: State): Resource[] {
  const type = text(setting(check, "type"));
  if (type === undefined || !type.startsWith("HTTP")) return [];
  const asked = [
    { field: "hostHeader", values: new Set([text(setting(check, "fqdn"))?.toLowerCase() ?? ""]) },
    { field: "pathPattern", values: new Set([text(setting(check, "resourcePath")) ?? "/"]) },
  ];
  const listeners = listenersOn(balancer, state).filter((l) => number(setting(l, "port")) === portOf(check));
  return listeners.flatMap((listener) => {
    const rules = liveRulesOn(listener, state).sort(
      (a, b) => (number(setting(a, "priority")) ?? 0) - (number(setting(b, "priority")) ?? 0),
    );
    const first = rules.find((rule) => {
      const conditions = conditionsOf(setting(rule, "conditions"));
      return conditions !== undefined && covers(conditions, asked);
    });
    const answering = first ?? listener;
    return actionsOf(answering).some((action) => at(action, "type") === "redirect") ? [answering] : [];
  });
}

/** Route 53 API, HealthCheckConfig, `Port`: 80 for HTTP, 443 for HTTPS where none is given. */
function portOf(check: Resource): number {
  return number(setting(check, "port")) ?? (text(setting(check, "type"))?.startsWith("HTTPS") ? 443 : 80);
}

function byEmptyGroup(record: Resource, state: State): Problem[] {
  if (!evaluatesTarget(record)) return [];
  return balancersOf(record, state).flatMap((balancer) => {
    const empty = groupsOn(balancer, state).find((group) => mayBeEmpty(group, state));
    if (!empty) return [];
    return {
      urn: record.urn,
      kind: "alias health",
      what: `${named(record)} evaluates the health of ${named(balancer)}, and nothing runs behind its group ${named(empty)}.`,
      why: "Route 53 takes the whole balancer for unhealthy while one of its groups has no healthy target, and sends its users to the other record, also to one of weight 0.",
      instead: "evaluateTargetHealth: false, and a healthCheckId of the host's path.",
    };
  });
}

/** With those of previews: Route 53 counts every group. */
function groupsOn(balancer: Resource, state: State): Resource[] {
  const listeners = listenersOn(balancer, state);
  const rules = listeners.flatMap((listener) => rulesOn(listener, state));
  return [...listeners, ...rules].flatMap((from) => forwarded(from, state).flatMap(({ ends }) => ends));
}

function mayBeEmpty(group: Resource, state: State): boolean {
  return answerersOf(group, state).every((member) => askedCount(member) === 0);
}
