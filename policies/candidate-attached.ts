import { z } from "zod";
import { formerOf, isPreview, number, type Resource, scalingGroupSize } from "../traffic";
import { policy } from "./policy";
import { grantProblems } from "./problems/reference-grants";
import { ratchet } from "./ratchet";
import { askedCount } from "./reading/entry-point-parts";
import { carriersIn, forwarded } from "./reading/forwards";
import { isService, isWorkload, ofKind } from "./reading/kubernetes";
import { answerersOf } from "./reading/members";
import { type State, setting, stateOf } from "./reading/state";
import { ECS_SERVICE, GROUP, SCALING_GROUP } from "./reading/types";
import { named } from "./reading/words";

export const candidateAttached = policy({
  name: "candidate-attached",
  description:
    "Refuses weight on a target group or a Service that was never health-checked, or that nobody stands behind.",
  mechanism:
    'A target group that is in no rule is `unused`: the balancer checks none of its targets (ELB guide, "Target health status", `Target.NotInUse`). At the switch all of them start unverified and their share is answered with 503, as is the share of a group without targets. Both must be so before the update that raises the weight: in one and the same update nobody sees whether the checks passed. A Service of Kubernetes without pods that are ready, or in another namespace without a ReferenceGrant, has its share answered with 500 or 503 (Gateway API, HTTPRouteRule, `backendRefs`). Where nobody served before there is no candidate: that is a first install.',
  safeWay:
    "Attach the group in an update of its own, at weight 0 or behind a header that no user sends, fill it, and raise its weight when its targets are healthy.",
  hazards: ["1", "2"],
  settings: z.strictObject({}),
  wholePlanOnly: true,
  judge: (plan) => {
    const [before, after] = [stateOf(plan.prior), stateOf(plan.desired)];
    const replaced = new Set(plan.changes.flatMap((change) => (change.kind === "replace" ? [change.before] : [])));
    const { attached, served } = routed(before);
    const filled = filledEnds(before);

    const unready = carriersIn(after).flatMap((from) => {
      if (isPreview(setting(from, "conditions"))) return [];
      const was = formerOf(from, plan.prior);
      // Several times the same, where several are new and which is meant cannot be told yet.
      const weighted = forwarded(from, after).filter(({ weight }) => weight !== 0);
      const candidates = [...new Set(weighted.flatMap(({ ends }) => ends))];
      const stable = [
        ...candidates.map((end) => formerOf(end, plan.prior)),
        ...(was ? forwarded(was, before).flatMap(({ ends }) => ends) : []),
      ].filter((end) => end !== undefined && served.has(end));
      if (stable.length === 0) return [];
      const stableIsOfThisStack = stable.some((end) => end && filled.has(end));

      return candidates.flatMap((end) => {
        const old = formerOf(end, plan.prior);
        if (old && served.has(old)) return [];
        const reason = whyUnready(end, old && replaced.has(old) ? undefined : old, attached, filled);
        if (!reason) return [];
        return {
          urn: from.urn,
          what: `${named(from)} would give requests to ${kindOfEnd(end)} ${named(end)}, and ${reason.what}.`,
          why: reason.why,
          instead: `Attach and fill ${named(end)} in an update before this one: at weight 0, or behind a header that no user sends.`,
          advisory:
            // Where other stacks fill stable's group, they may fill this one as well.
            (reason.kind === "empty" && !stableIsOfThisStack) ||
            // A new group that is healthy before it has weight loses nothing; interrupted-update asks for the edge.
            (reason.kind === "new" && !after.isOurs(from)),
        };
      });
    });
    return [...unready, ...ratchet(plan, grantProblems)];
  },
});

function kindOfEnd(end: Resource): string {
  return isService(end) ? "Service" : "target group";
}

function whyUnready(
  end: Resource,
  former: Resource | undefined,
  attached: ReadonlySet<Resource>,
  filled: ReadonlySet<Resource>,
): { kind: string; what: string; why: string } | undefined {
  const empty = isService(end)
    ? "Its share is answered with 500 or 503 until it has pods that are ready (Gateway API, HTTPRouteRule, `backendRefs`)."
    : "Its share is answered with 503 until there are healthy targets.";
  if (!former) return { kind: "new", what: "this update makes it", why: empty };
  // A function has no health check unless it is given one, and can be called at once; pods are probed in any case.
  if (!attached.has(former) && !isService(former) && setting(former, "targetType") !== "lambda") {
    const why = "The balancer checks no targets of such a group: the first to find out whether they answer are users.";
    return { kind: "unattached", what: "no rule forwarded to it before", why };
  }
  if (!filled.has(former)) {
    const what = isService(end)
      ? "it selected no pods of this stack before"
      : "nothing of this stack had registered targets in it before";
    return { kind: "empty", what, why: empty };
  }
  return undefined;
}

/** The ends that something forwards to, so that groups among them are health-checked, and those that users are led to. */
function routed(state: State): { attached: Set<Resource>; served: Set<Resource> } {
  const attached = new Set<Resource>();
  const served = new Set<Resource>();
  for (const from of carriersIn(state)) {
    const isForUsers = !isPreview(setting(from, "conditions"));
    for (const { ends, weight } of forwarded(from, state)) {
      for (const end of ends) {
        attached.add(end);
        if (isForUsers && weight !== 0) served.add(end);
      }
    }
  }
  return { attached, served };
}

/** The ends behind which something of this stack runs. */
function filledEnds(state: State): Set<Resource> {
  const ends = [...state.ofType(GROUP), ...ofKind(state, "Service").filter(isService)];
  return new Set(ends.filter((end) => answerersOf(end, state).some((member) => !runsNothing(member))));
}

function runsNothing(resource: Resource): boolean {
  if (resource.type === ECS_SERVICE) {
    return (
      setting(resource, "schedulingStrategy") !== "DAEMON" && (number(setting(resource, "desiredCount")) ?? 0) === 0
    );
  }
  if (isWorkload(resource)) return askedCount(resource) === 0;
  if (resource.type !== SCALING_GROUP) return false;
  const [desiredCapacity, minSize, maxSize] = ["desiredCapacity", "minSize", "maxSize"].map((p) =>
    setting(resource, p),
  );
  return (scalingGroupSize({ desiredCapacity, minSize, maxSize }) ?? 0) === 0;
}
