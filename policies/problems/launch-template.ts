import { at, type Resource, text } from "../../traffic";
import type { Problem } from "../ratchet";
import { templatesOf } from "../reading/launch-templates";
import { blocks, one, type State, setting } from "../reading/state";
import { SCALING_GROUP } from "../reading/types";
import { named } from "../reading/words";

/** Auto Scaling groups behind a balancer whose next instance may be another version than those that run. */
export function launchTemplateProblems(state: State): Problem[] {
  return state.ofType(SCALING_GROUP).flatMap((group): Problem[] => {
    const template = one(setting(group, "launchTemplate"));
    if (blocks(group, "targetGroupArns").length === 0 || template === undefined) return [];
    return [...movingVersion(group, template), ...movingImage(group, state)];
  });
}

function movingVersion(group: Resource, template: unknown): Problem[] {
  const version = at(template, "version") ?? "$Default";
  if (version !== "$Latest" && version !== "$Default") return [];
  return [
    {
      urn: group.urn,
      kind: "template version",
      practice: true,
      what: `${named(group)} launches its template's version ${version}.`,
      why: "Whoever changes the template releases it with the next scale-out or crash; a change starts no instance refresh, and one that runs cannot be rolled back.",
      instead: "Name a number: the template's latestVersion, which the program knows.",
    },
  ];
}

function movingImage(group: Resource, state: State): Problem[] {
  const moving = templatesOf(group, state).find((one) => text(setting(one, "imageId"))?.startsWith("resolve:ssm:"));
  if (!moving) return [];
  return [
    {
      urn: moving.urn,
      kind: "parameter",
      practice: true,
      what: `${named(moving)} takes its image from a parameter, ${text(setting(moving, "imageId"))}.`,
      why: "The parameter may name another AMI when the next instance starts, and AWS rolls no refresh of such a template back (RollbackInstanceRefresh).",
      instead: "Write the AMI's id: it never means another image.",
    },
  ];
}
