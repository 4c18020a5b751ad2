import { at, number, type Resource, text } from "../../traffic";
import type { Problem } from "../ratchet";
import { blocks, one, type State, setting } from "../reading/state";
import { SCALING_GROUP } from "../reading/types";
import { named } from "../reading/words";

/** Auto Scaling groups behind a balancer that keep what it finds dead, kill what starts slowly, or roll back to the bad version. */
export function scalingGroupHealthProblems(state: State): Problem[] {
  return state
    .ofType(SCALING_GROUP)
    .filter((group) => blocks(group, "targetGroupArns").length > 0)
    .flatMap((group) => [...deafTo(group), ...withoutGrace(group), ...rollingBackToItself(group)]);
}

function deafTo(group: Resource): Problem[] {
  const type = text(setting(group, "healthCheckType")) ?? "EC2";
  if (type.split(",").includes("ELB")) return [];
  return [
    {
      urn: group.urn,
      kind: "check",
      practice: true,
      what: `${named(group)} does not ask the balancer for the health of its instances (healthCheckType ${type}).`,
      why: "An instance whose service is dead gets no requests and is never replaced: the others bear its share.",
      instead: "Set healthCheckType to ELB.",
    },
  ];
}

function withoutGrace(group: Resource): Problem[] {
  if (number(setting(group, "healthCheckGracePeriod")) !== 0) return [];
  return [
    {
      urn: group.urn,
      kind: "grace",
      practice: true,
      what: `${named(group)} has no healthCheckGracePeriod.`,
      why: "An instance that needs longer to start than its health check allows is ended and launched again, without end.",
      instead: "Set healthCheckGracePeriod to what an instance needs to start, 300 or so.",
    },
  ];
}

/**
 * AWS rolls a refresh back to what was last saved on the group before it ("Undo changes with a rollback"), and the provider saves the
 * new version before it starts the refresh (terraform-provider-aws#34189).
 */
function rollingBackToItself(group: Resource): Problem[] {
  const preferences = one(at(one(setting(group, "instanceRefresh")), "preferences"));
  if (at(preferences, "autoRollback") !== true) return [];
  return [
    {
      urn: group.urn,
      kind: "rollback",
      practice: true,
      what: `${named(group)} rolls a failed instance refresh back to the version that failed (autoRollback).`,
      why: "The provider writes the new launch template on the group before it starts the refresh, and AWS returns to what the group had then.",
      instead:
        "Leave instanceRefresh out and start the refresh with a DesiredConfiguration before the group is updated, as AutoScalingEnvironment does; or do without autoRollback, and go back by an update.",
    },
  ];
}
