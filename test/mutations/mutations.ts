/** A seeded fault: a line of the code that is wrong, and what can go wrong by it. */
export interface Mutation {
  file: string;
  /** Stands exactly once in the file. */
  find: string;
  replace: string;
  breaks: string;
  /** The test files that must notice it. */
  tests: readonly string[];
}

const of = (tests: readonly string[]) => (file: string, find: string, replace: string, breaks: string) =>
  ({ file, find, replace, breaks, tests }) satisfies Mutation;

const order = of(["plan-check", "plan-check-random", "plan-check-bound"]);
const changes = of(["planned-change", "plan-check"]);
const spares = of(["spare"]);
const rollout = of(["transition", "stage-order"]);
const dns = of(["dns-routing", "dns-entry-points"]);

export const MUTATIONS: readonly Mutation[] = [
  order(
    "traffic/update/plan-check.ts",
    "const EPSILON = 1e-9;",
    "const EPSILON = 0.3;",
    "a loss of less than 30 % passes",
  ),
  order(
    "traffic/update/plan-check.ts",
    "if (last.retired && last.share < now) return undefined;",
    "if (last.share < now) return undefined;",
    "what is lost for good passes",
  ),
  order(
    "traffic/update/plan-check.ts",
    "if (wider === set || (need & ~set) !== 0 || seen[wider]) continue;",
    "if (wider === set || seen[wider]) continue;",
    "the engine's order is not kept",
  ),
  order(
    "traffic/update/step-order.ts",
    "mask |= order(edge) | registered(edge);",
    "mask |= registered(edge);",
    "an edge over something unchanged orders nothing",
  ),
  order(
    "traffic/update/step-order.ts",
    "direct.set(deletion, (direct.get(deletion) ?? 0n) | allRegistered);",
    "direct.set(deletion, direct.get(deletion) ?? 0n);",
    "deletions need not come last",
  ),
  order(
    "traffic/update/step-order.ts",
    "direct.set(deletion, isEarly ? first | sharedAncestors(causes, ancestors) : first);",
    "direct.set(deletion, first);",
    "what is deleted first waits for nothing",
  ),
  order(
    "traffic/update/delete-first.ts",
    "(forcing?.includes(property) ?? true)",
    "(forcing?.includes(property) ?? false) && urns.length === 0",
    "a delete-first takes nothing with it",
  ),
  order(
    "traffic/update/entity.ts",
    "return { ...before, props: { ...before.props, priority: after.props.priority } };",
    "return undefined;",
    "a rule's priority and the rest of it are one call",
  ),
  order(
    "traffic/update/entity.ts",
    "if (!keepsNone || !isNewDeployment(before.props, after.props)) return undefined;",
    "return undefined;",
    "a deployment that keeps no task is never without one",
  ),
  order(
    "traffic/alb/staffed.ts",
    "return props.waitForSteadyState === true && isDeployment;",
    "return props.waitForSteadyState === true;",
    "a service that is scaled up from 0 counts at once",
  ),
  order(
    "traffic/alb/staffed.ts",
    "(number(props.desiredCount) ?? 0) > 0",
    "(number(props.desiredCount) ?? 1) >= 0",
    "a service without tasks answers",
  ),
  order(
    "traffic/alb/rules.ts",
    "form.priority < before",
    "form.priority > before",
    "of two rules the later one matches first",
  ),
  order(
    "traffic/alb/rule-conditions.ts",
    "if (patterns.has(value)) return true;",
    "if (patterns.has(value) || /[*?]/.test(value)) return true;",
    "a rule is taken to match all that a pattern of another one does",
  ),
  of(["plan-check", "weights-explicit"])(
    "traffic/alb/forward.ts",
    "return weight === undefined || weight === null ? 1 : number(weight);",
    "return weight === undefined || weight === null ? 0 : number(weight);",
    "a weight that is left out is 0",
  ),
  order(
    "traffic/alb/forward.ts",
    'sticky: at(action, "forward", "stickiness", "enabled") === true,',
    "sticky: false,",
    "no cookie keeps anybody",
  ),
  order(
    "traffic/update/plan-check.ts",
    "for (const routes of [AT_ONCE, UNADOPTED]) {",
    "for (const routes of [AT_ONCE]) {",
    "every node and cache is taken to have heard of a route's change at once",
  ),
  changes(
    "traffic/changes/planned-change.ts",
    "if (arn === UNKNOWN) return because;",
    "if (arn === UNKNOWN && because.length > 0) return because;",
    "a replacement that only the provider knows of is none",
  ),
  changes(
    "traffic/changes/planned-change.ts",
    "(before.pendingDelete || !kept.has(before.urn))",
    "!kept.has(before.urn)",
    "what an earlier update left to be deleted is forgotten",
  ),
  changes(
    "traffic/changes/former.ts",
    "for (const known of [urn, ...aliases]) {",
    "for (const known of [urn]) {",
    "a rename with an alias is a deletion",
  ),
  changes(
    "traffic/changes/planned-change.ts",
    "if (autoNamed === undefined || isAutoNamed(before, autoNamed)) return false;",
    "if (autoNamed === undefined || !isAutoNamed(before, autoNamed)) return false;",
    "names of one's own are taken for auto-names",
  ),
  changes(
    "traffic/changes/same-value.ts",
    "return !containsUnknown(before) && !containsUnknown(after) && sameKnown(before, after);",
    "return containsUnknown(before) || containsUnknown(after) || sameKnown(before, after);",
    "a value that is not known yet is taken for the same",
  ),
  spares(
    "traffic/update/spare.ts",
    "const isGone = going.has(resource) && !(lingering && lingers(resource.type));",
    "const isGone = going.has(resource) && !lingers(resource.type);",
    "a rule that goes is never missed",
  ),
  spares(
    "traffic/update/spare.ts",
    "[false, true].map((lingering)",
    "[false].map((lingering)",
    "caches of names are forgotten",
  ),
  rollout(
    "traffic/transition.ts",
    'if (next?.name === stage.name) return { kind: "promote" };',
    'if (next) return { kind: "promote" };',
    "stages may be skipped",
  ),
  rollout(
    "traffic/transition.ts",
    "if (moved === 100 && share === 100 && older === stable)",
    "if (moved === 100 && share === 100)",
    "all requests may go to a version that never had them",
  ),
  dns(
    "traffic/dns/routing.ts",
    "sum > 0 ? weight / sum : picked[i] ? 1 / count : 0",
    "sum > 0 ? weight / sum : 0",
    "records whose weights are all 0 answer nobody",
  ),
  of(["hold-time"])(
    "policies/hold-time.ts",
    "(drainOf(end, prior) ?? LONGEST_DRAIN) + settle",
    "settle",
    "the drain is not waited for",
  ),
  of(["gateway-rollout"])(
    "policies/reading/gateway-route.ts",
    "usersBackendsOf(carrier?.outputs.spec ?? carrier?.inputs.spec)",
    "usersBackendsOf(carrier?.inputs.spec)",
    "after a failed update the asked weights count, not those that users meet",
  ),
  of(["gateway-rollout"])(
    "policies/reading/version-age.ts",
    "ageOf(workloads, workload.created, workload.modified)",
    "ageOf(workloads, workload.created, workload.created)",
    "a version that never carried a request gets all of them at once",
  ),
  of(["rollout-kinds"])(
    "policies/reading/kubernetes.ts",
    "return matches.length === 0 || !matches.every(isPreviewMatch);",
    "return matches.length >= 0;",
    "a preview's backend counts as one that users are led to",
  ),
  of(["cases-purely"])(
    "policies/problems/kubernetes-health.ts",
    "!isAfter(workload.urn, binding.urn, state)",
    "isAfter(binding.urn, workload.urn, state)",
    "pods are made before their binding, without a gate",
  ),
  of(["bake-time"])(
    "policies/bake-time.ts",
    "if (held !== undefined && held >= left.bake) return [];",
    "if (held !== undefined && held >= 0) return [];",
    "a stage may be left at once",
  ),
  of(["capacity"])(
    "traffic/gates/needed-targets.ts",
    "Math.ceil(share / (borne * (1 + headroom)) - 1e-9)",
    "Math.floor(share / (borne * (1 + headroom)) - 1e-9)",
    "one target too few is enough",
  ),
  of(["weights-explicit", "single-writer", "stickiness", "drain"])(
    "policies/ratchet.ts",
    "?? Number.NEGATIVE_INFINITY) >= badness,",
    "?? Number.NEGATIVE_INFINITY) > Number.NEGATIVE_INFINITY,",
    "what grows worse is as before",
  ),
  of(["dns-rollout"])(
    "policies/reading/dns-route.ts",
    "(b[candidate] ?? 0) > (a[candidate] ?? 0)",
    "(b[candidate] ?? 0) < (a[candidate] ?? 0)",
    "of two address families that disagree the smaller share counts",
  ),
  of(["dns-rollout"])(
    "traffic/dns/hold.ts",
    "(ttls * ttl + keepAlive) / dnsSpeed",
    "(ttls * ttl) / dnsSpeed",
    "connections that clients keep hold nothing",
  ),
  of(["dns-rollout"])(
    "policies/reading/held-edges.ts",
    "for (const record of records)",
    "for (const record of [] as Resource[])",
    "the records go before their edge, and nobody knows how long it must stay",
  ),
  of(["parity"])(
    "policies/parity.ts",
    "isWeighted && weight !== 0",
    "isWeighted",
    "edges are compared before both have users",
  ),
  of(["freeze-window"])(
    "policies/freeze-window.ts",
    "return start < end ? start <= at && at < end : start <= at || at < end;",
    "return start <= at && at < end;",
    "a window over the end of the week is none",
  ),
];
