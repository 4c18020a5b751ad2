import { z } from "zod";
import { conditionsOf, covers, isPreview, list, number, type Resource, text } from "../traffic";
import { policy } from "./policy";
import { otherWeights } from "./problems/other-weights";
import { routeClashes } from "./problems/route-clash";
import { type Problem, ratchet } from "./ratchet";
import { carriersIn, places, splits, weightsProperty } from "./reading/forwards";
import { groupBy } from "./reading/group-by";
import { type State, setting } from "./reading/state";
import { LISTENER, RULE, SCALING_GROUP } from "./reading/types";
import { ignores, type Moved, movedByControllers } from "./reading/weight-controllers";
import { named } from "./reading/words";

export const singleWriter = policy({
  name: "single-writer",
  description: "Refuses two owners of a weight, and two rules of which one takes the other's requests.",
  mechanism:
    "Where ECS, CodeDeploy, Argo Rollouts or Flagger moves weights that the program writes too, each update puts the traffic back to what the program says, and each release moves it again (aws-cdk#36649). A balancer takes the first rule that matches, by priority: behind a rule that matches all of its requests a weighted rule has no effect, and rolling back does nothing. Of two rules with one priority ELB refuses the second, when other steps are done. Of two routes of a Gateway with the same host and match the older one gets all requests (Gateway API, HTTPRouteRule, `matches`). A transform of the program changes what a component asks for, after the weights are worked out (Pulumi, `transforms`): users get what it writes, and the stage says something else. An Auto Scaling group that lists its target groups detaches those of a separate attachment at each update (provider, `aws.autoscaling.Attachment`).",
  safeWay:
    "One owner: let the program move the weights and the controller only roll out, or leave them to the controller with `ignoreChanges`. Of a Crossfade route `crossfade:stage` moves them, and no transform touches them.",
  hazards: ["11", "27"],
  settings: z.strictObject({}),
  judge: (plan) =>
    ratchet(plan, (state) => {
      const moved = movedByControllers(state);
      return [
        ...twoOwners(moved),
        ...noOwner(state, moved),
        ...otherWeights(state),
        ...rulesInTheWay(state),
        ...routeClashes(state),
        ...twoAttachments(state),
      ];
    }),
});

function twoOwners(moved: ReadonlyMap<Resource, Moved>): Problem[] {
  return [...moved].flatMap(([from, { controller, property }]) => {
    if (ignores(from, property)) return [];
    return {
      urn: from.urn,
      kind: "two owners",
      what: `${named(from)} has its weights from this program and from ${controller}.`,
      why: "Each update of this stack puts them back to what the program says, also in the middle of a release.",
      instead: `Add ignoreChanges: ["${property}"] to ${named(from)}, or take the traffic away from ${controller}.`,
    };
  });
}

/** On a route of ours only: elsewhere the owner may be one that this stack does not show. */
function noOwner(state: State, moved: ReadonlyMap<Resource, Moved>): Problem[] {
  const carriers = carriersIn(state).filter((from) => places(from, state).some((place) => place.length > 1));
  return carriers.flatMap((from) => {
    const property = weightsProperty(from);
    if (!state.isOurs(from) || !ignores(from, property) || moved.has(from)) return [];
    return {
      urn: from.urn,
      kind: "no owner",
      what: `The program's weights of ${named(from)} are ignored (ignoreChanges), and nothing else of this stack moves them.`,
      why: "A promotion would be written and not done, and a rollback neither.",
      instead: "Take the ignoreChanges away, or the Crossfade route.",
    };
  });
}

function rulesInTheWay(state: State): Problem[] {
  const weighted = new Set(splits(state).flatMap(({ from, targets }) => (targets.length > 1 ? [from] : [])));
  return [...rulesByListener(state).values()].flatMap((rules) => {
    const sorted = rules
      .map((rule) => ({
        rule,
        priority: number(setting(rule, "priority")),
        conditions: conditionsOf(setting(rule, "conditions")),
      }))
      .flatMap(({ priority, ...rest }) => (priority === undefined ? [] : { priority, ...rest }))
      // Of two with one priority always the same is the second: the order of a state changes from run to run.
      .sort((a, b) => a.priority - b.priority || (a.rule.urn < b.rule.urn ? -1 : 1));
    // A balancer has a hundred rules unless its quota was raised: to compare them with each other is little.
    return sorted.flatMap(({ rule, priority, conditions }, index): Problem[] => {
      const twin = sorted[index - 1];
      if (twin?.priority === priority) {
        return [
          {
            urn: rule.urn,
            kind: "priority",
            what: `${named(rule)} and ${named(twin.rule)} have the priority ${priority} on one listener.`,
            why: "ELB refuses the second of them (PriorityInUse), when other steps of the update are done.",
            instead: "Give each rule a priority of its own.",
          },
        ];
      }
      // Elsewhere a rule for the header may be meant for others than those who try a candidate.
      const shows = state.isOurs(rule) && isPreview(setting(rule, "conditions"));
      if ((!weighted.has(rule) && !shows) || !conditions) return [];
      const before = sorted
        .slice(0, index)
        .find((earlier) => earlier.conditions && covers(earlier.conditions, conditions));
      if (!before) return [];
      return [
        {
          urn: rule.urn,
          kind: "shadowed",
          what: `${named(rule)} (priority ${priority}) gets no request: ${named(before.rule)} (priority ${before.priority}) matches all of them first.`,
          why: shows
            ? "Who asks for this version by the header is answered by another one: tests of a candidate pass on the stable version."
            : "Its weights have no effect, neither a promotion nor a rollback.",
          // No user loses a request by that.
          advisory: shows,
          instead: `Give ${named(rule)} the lower number, or ${named(before.rule)} conditions that leave requests over.`,
        },
      ];
    });
  });
}

function rulesByListener(state: State): Map<string, Resource[]> {
  return groupBy(state.ofType(RULE), (rule) => {
    const arn = setting(rule, "listenerArn");
    const [listener, ...others] = state.referred(rule, "listenerArn", arn, LISTENER);
    // On which of several new listeners it is cannot be told yet: that is judged in the update, when it is known.
    return others.length > 0 ? [] : [listener?.urn ?? text(arn) ?? rule.urn];
  });
}

function twoAttachments(state: State): Problem[] {
  return state.ofType("aws:autoscaling/attachment:Attachment").flatMap((attachment) => {
    const group = state
      .referred(attachment, "autoscalingGroupName", setting(attachment, "autoscalingGroupName"), SCALING_GROUP)
      // What it says itself: the cloud's list has the attachments in it.
      .find(({ inputs }) => list(inputs.targetGroupArns).length > 0);
    if (!group || ignores(group, "targetGroupArns")) return [];
    return {
      urn: attachment.urn,
      kind: "two attachments",
      what: `${named(attachment)} attaches a target group to ${named(group)}, which lists its target groups itself.`,
      why: "Each update of the group detaches what it does not list, and its targets leave the balancer.",
      instead: "Name the target group in the group's targetGroupArns, and take the attachment away.",
    };
  });
}
