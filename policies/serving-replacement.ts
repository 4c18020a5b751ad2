import { z } from "zod";
import { list, nameOf, type PropertyChange, type Resource, text, UNKNOWN } from "../traffic";
import { servesUntil } from "./plan";
import { policy } from "./policy";

export const servingReplacement = policy({
  name: "serving-replacement",
  description: "Refuses to replace a resource that serves users.",
  mechanism:
    "A replacement is another resource: a new target group has no healthy target, a new balancer another address. With a name of its own the old one is even deleted first (pulumi-terraform-bridge, `nameRequiresDeleteBeforeReplace`), and so is all that hangs on it. `protect` does not stop it where the same commit removes `protect` (pulumi/pulumi, `new.Protect && old.Protect`). What no request would miss may be replaced: a service whose step waits until the new one is healthy in the group, before the old one drains.",
  safeWay: "Make the change on the color that has no weight, then move the weight.",
  hazards: ["9", "10", "18", "26", "40", "47", "A24", "A25"],
  settings: z.strictObject({}),
  judge: (plan) =>
    plan.changes.flatMap((change) => {
      if (change.kind !== "replace") return [];
      const served = servesUntil(change, plan);
      if (!served) return [];
      const order = change.deletedFirst
        ? `${isNamed(change.before) ? "It has a name of its own, so the" : "The"} old one is deleted before the new one is there`
        : "The new one starts empty, and the old one goes when the update ends";
      return {
        urn: change.after.urn,
        what: `"${nameOf(change.after.urn)}" would be replaced, for ${causes(change.because)}, and it ${served.why}.`,
        why: `${order}: requests are lost in between.`,
        instead:
          "Make the change on the color that has no weight, promote it, and remove this one when it has none. To keep this one, take the change back.",
      };
    }),
});

/** What is deleted first for another's sake, which it hangs on, need not have one. */
function isNamed({ inputs }: Resource): boolean {
  return text(inputs.name) !== undefined && !list(inputs.__defaults).includes("name");
}

function causes(because: readonly PropertyChange[]): string {
  if (because.length === 0) return "a change that the provider cannot make in place";
  return because.map(({ property, before, after }) => `${property} ${show(before)} -> ${show(after)}`).join(", ");
}

function show(value: unknown): string {
  if (value === UNKNOWN) return "(not known yet)";
  return value === undefined ? "(none)" : JSON.stringify(value);
}
