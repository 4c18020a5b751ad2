import { z } from "zod";
import { nameOf, otherColor, type Stage, spokenDuration } from "../traffic";
import { policy } from "./policy";
import { type RouteChange, routeChanges } from "./reading/rollouts";

export const bakeTime = policy({
  name: "bake-time",
  description: "Refuses to leave a stage before its bake time is over.",
  mechanism:
    "A stage is as good as what was seen at it: a leak, a cold cache, a slow client take their time, and metrics come minutes late (CloudWatch publishes whole minutes). The time counts from the weights' own clock, which a tag or a refresh does not move. What counts is the bake time that is deployed: one that is shortened in the same edit is still the longer one. Going back needs no bake.",
  safeWay: "Wait until the stage has held; or shorten its bake time in an update of its own, for everybody to see.",
  hazards: ["41", "A27"],
  settings: z.strictObject({}),
  judge: (plan) =>
    routeChanges(plan).flatMap((change) => {
      const left = leftStage(change);
      if (!left || left.bake === 0) return [];
      const name = nameOf(change.route.urn);
      const held = change.since && (plan.now.getTime() - change.since.getTime()) / 1000;
      if (held !== undefined && held >= left.bake) return [];
      const over = change.since && new Date(change.since.getTime() + left.bake * 1000);
      return {
        urn: change.route.urn,
        what:
          held === undefined
            ? `"${name}" would leave "${left.name}", which must hold for ${spokenDuration(left.bake)}, and since when it has held cannot be told.`
            : `"${name}" would leave "${left.name}" after ${spokenDuration(held)}, and it must hold for ${spokenDuration(left.bake)}.`,
        why: "What a bad version does late would meet the next, larger share of the users first.",
        instead: over
          ? `Wait ${spokenDuration((over.getTime() - plan.now.getTime()) / 1000)}: until ${over.toISOString()}.`
          : "Refresh the stack, so that its state says when the rule was last changed.",
      };
    }),
});

/** The stage that a promotion or a finish leaves, with the bake time that is deployed. */
function leftStage({ before, asked, wire, transition }: RouteChange): Stage | undefined {
  if (!wire || (transition.kind !== "promote" && transition.kind !== "finish")) return undefined;
  const candidate = transition.kind === "finish" ? asked.stable : otherColor(asked.stable);
  const deployed = (before?.inputs.stages as Stage[] | undefined) ?? asked.stages;
  const isHere = ({ weight }: Stage) => weight === (wire[candidate] ?? 0);
  return deployed.find(isHere) ?? asked.stages.find(isHere);
}
