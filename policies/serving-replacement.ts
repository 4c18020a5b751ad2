import { z } from "zod";
import {
  at,
  list,
  nameOf,
  type PlannedChange,
  type PropertyChange,
  type Resource,
  sameValue,
  text,
  UNKNOWN,
} from "../traffic";
import { type Plan, servesUntil } from "./plan";
import { type Finding, policy } from "./policy";
import { LETTING } from "./reading/letting";
import { RECORD } from "./reading/types";

export const servingReplacement = policy({
  name: "serving-replacement",
  description: "Refuses to replace a resource that serves users.",
  mechanism:
    "A replacement is another resource: a new target group has no healthy target, a new balancer another address. With a name of its own the old one is even deleted first (pulumi-terraform-bridge, `nameRequiresDeleteBeforeReplace`), and so is all that hangs on it. `protect` does not stop it where the same commit removes `protect` (pulumi/pulumi, `new.Protect && old.Protect`). A DNS record of another type or set identifier is another record too, though the provider changes it in place (Route 53 API, ChangeResourceRecordSets). What no request would miss may be replaced: a service whose step waits until the new one is healthy in the group, before the old one drains. What lets users in to it, such as a listener's certificate, may be replaced where the new one is made first and lets in the same.",
  safeWay: "Make the change on the color that has no weight, then move the weight.",
  hazards: ["9", "10", "18", "26", "40", "47", "A24", "A25"],
  settings: z.strictObject({}),
  judge: (plan) =>
    plan.changes.flatMap((change) => {
      if (change.kind === "update") return otherRecord(change, plan);
      if (change.kind !== "replace") return [];
      const served = servesUntil(change, plan);
      if (!served) return [];
      const letting = served.letsInto && LETTING[change.before.type];
      const order = change.deletedFirst
        ? `${isNamed(change.before) ? "It has a name of its own, so the" : "The"} old one is deleted before the new one is there`
        : letting
          ? "The new one lets in others, or elsewhere, and the old one goes when the update ends"
          : "The new one starts empty, and the old one goes when the update ends";
      return {
        urn: change.after.urn,
        what: `"${nameOf(change.after.urn)}" would be replaced, for ${causes(change.because)}, and it ${served.why}.`,
        why: letting ? `${order}. ${letting.without}` : `${order}: requests are lost in between.`,
        instead:
          letting?.instead ??
          "Make the change on the color that has no weight, promote it, and remove this one when it has none. To keep this one, take the change back.",
      };
    }),
});

/**
 * A record of another type or set identifier is another record: the provider deletes the one and creates the other, in one change
 * batch. A simple record that gets its first set identifier goes on answering for the name.
 */
function otherRecord({ before, after }: PlannedChange & { kind: "update" }, plan: Plan): Finding[] {
  const serving = plan.serving.get(before);
  if (after.type !== RECORD || !serving || serving.share === 0) return [];
  const changed = ["type", "setIdentifier"].find(
    (key) => isSet(before.inputs[key]) && isSet(after.inputs[key]) && !sameValue(before.inputs[key], after.inputs[key]),
  );
  if (changed === undefined) return [];
  const [had, has] = [show(before.inputs[changed]), show(after.inputs[changed])];
  return [
    {
      urn: after.urn,
      what: `"${nameOf(after.urn)}" would become another record, for ${changed} ${had} -> ${has}, and it ${serving.why}.`,
      why: "Route 53 tells records apart by name, type and set identifier, so that this one is deleted and a new one made: of another type it answers other clients, and by another identifier nobody can tell which color has which weight.",
      instead:
        "Change the record of the color that has no weight, then move the weight; or make a record of its own for the other type.",
    },
  ];
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

/** What is deleted first for another's sake, which it hangs on, need not have one. */
function isNamed({ inputs }: Resource): boolean {
  const isOfKubernetes = text(at(inputs.metadata, "name")) !== undefined;
  return isOfKubernetes || (text(inputs.name) !== undefined && !list(inputs.__defaults).includes("name"));
}

function causes(because: readonly PropertyChange[]): string {
  if (because.length === 0) return "a change that the provider cannot make in place";
  return because.map(({ property, before, after }) => `${property} ${show(before)} -> ${show(after)}`).join(", ");
}

function show(value: unknown): string {
  if (value === UNKNOWN) return "(not known yet)";
  return value === undefined ? "(none)" : JSON.stringify(value);
}
