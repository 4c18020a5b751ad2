import { z } from "zod";
import { at, isPreview, number, type Resource } from "../traffic";
import { policy } from "./policy";
import { formerOf } from "./reading/former";
import { ofKind } from "./reading/kubernetes";
import { type State, setting, stateOf } from "./reading/state";
import { ECS_SERVICE, GROUP, LISTENER, RULE, SCALING_GROUP } from "./reading/types";
import { named } from "./reading/words";

export const candidateAttached = policy({
  name: "candidate-attached",
  description: "Refuses weight on a target group that was never health-checked, or that nobody stands behind.",
  mechanism:
    'A target group that is in no rule is `unused`: the balancer checks none of its targets (ELB guide, "Target health status", `Target.NotInUse`). At the switch all of them start unverified and their share is answered with 503, as is the share of a group without targets. Both must be so before the update that raises the weight: in one and the same update nobody sees whether the checks passed. Where nobody served before there is no candidate: that is a first install.',
  safeWay:
    "Attach the group in an update of its own, at weight 0 or behind a header that no user sends, fill it, and raise its weight when its targets are healthy.",
  hazards: ["1", "2"],
  settings: z.strictObject({}),
  wholePlanOnly: true,
  judge: (plan) => {
    const [before, after] = [stateOf(plan.prior), stateOf(plan.desired)];
    const former = formerOf(plan);
    const replaced = new Set(plan.changes.flatMap((change) => (change.kind === "replace" ? [change.before] : [])));
    const { attached, served } = routed(before);
    const filled = filledGroups(before);

    return after.ofType(LISTENER, RULE).flatMap((from) => {
      if (isPreview(setting(from, "conditions"))) return [];
      const was = former.get(from);
      // Several times the same, where several are new and which is meant cannot be told yet.
      const weighted = after.forwarded(from).filter(({ weight }) => weight !== 0);
      const candidates = [...new Set(weighted.flatMap(({ groups }) => groups))];
      const stable = [
        ...candidates.map((group) => former.get(group)),
        ...(was ? before.forwarded(was).flatMap(({ groups }) => groups) : []),
      ].filter((group) => group !== undefined && served.has(group));
      if (stable.length === 0) return [];
      const stableIsOfThisStack = stable.some((group) => group && filled.has(group));

      return candidates.flatMap((group) => {
        const old = former.get(group);
        if (old && served.has(old)) return [];
        const unready = whyUnready(old && replaced.has(old) ? undefined : old, attached, filled);
        if (!unready) return [];
        return {
          urn: from.urn,
          what: `${named(from)} would give requests to target group ${named(group)}, and ${unready.what}.`,
          why: unready.why,
          instead: `Attach and fill ${named(group)} in an update before this one: at weight 0, or behind a header that no user sends.`,
          advisory:
            // Where other stacks fill stable's group, they may fill this one as well.
            (unready.kind === "empty" && !stableIsOfThisStack) ||
            // A new group that is healthy before it has weight loses nothing; interrupted-update asks for the edge.
            (unready.kind === "new" && !after.isOurs(from)),
        };
      });
    });
  },
});

const EMPTY = "Its share is answered with 503 until there are healthy targets.";

function whyUnready(
  group: Resource | undefined,
  attached: ReadonlySet<Resource>,
  filled: ReadonlySet<Resource>,
): { kind: string; what: string; why: string } | undefined {
  if (!group) return { kind: "new", what: "this update makes it", why: EMPTY };
  // A function has no health check unless it is given one, and can be called at once.
  if (!attached.has(group) && setting(group, "targetType") !== "lambda") {
    const why = "The balancer checks no targets of such a group: the first to find out whether they answer are users.";
    return { kind: "unattached", what: "no rule forwarded to it before", why };
  }
  if (!filled.has(group)) {
    return { kind: "empty", what: "nothing of this stack had registered targets in it before", why: EMPTY };
  }
  return undefined;
}

/** The groups that some rule forwards to, so that they are health-checked, and those of them that users are led to. */
function routed(state: State): { attached: Set<Resource>; served: Set<Resource> } {
  const attached = new Set<Resource>();
  const served = new Set<Resource>();
  for (const from of state.ofType(LISTENER, RULE)) {
    const isForUsers = !isPreview(setting(from, "conditions"));
    for (const { groups, weight } of state.forwarded(from)) {
      for (const group of groups) {
        attached.add(group);
        if (isForUsers && weight !== 0) served.add(group);
      }
    }
  }
  return { attached, served };
}

/** The groups in which something of this stack has registered targets. */
function filledGroups(state: State): Set<Resource> {
  const members = state.resources.filter((r) => r.type !== GROUP && !r.pendingDelete && !runsNothing(r));
  const bindings = ofKind(state, "TargetGroupBinding").flatMap((binding) =>
    state.referred(binding, "spec", at(setting(binding, "spec"), "targetGroupARN"), GROUP),
  );
  return new Set([...members.flatMap((member) => state.groupsOf(member)), ...bindings]);
}

function runsNothing(resource: Resource): boolean {
  const count = (...properties: string[]) =>
    number(properties.map((property) => setting(resource, property)).find((value) => value !== undefined)) ?? 0;
  if (resource.type === ECS_SERVICE) {
    return setting(resource, "schedulingStrategy") !== "DAEMON" && count("desiredCount") === 0;
  }
  return resource.type === SCALING_GROUP && count("desiredCapacity", "minSize") === 0;
}
