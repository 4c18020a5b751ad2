import { breakGlass, NAME } from "../break-glass";
import { rules } from "../rules";
import { judge, phase, wholePlan } from "./enforce";
import type { PackPolicy } from "./one-for-all";
import { readExemptions } from "./stack-config";

const DESCRIPTION = "Tells every exemption of crossfade:breakGlass, and refuses one that is over.";

/** The exemptions themselves, as a policy of the pack: no finding of theirs can be exempted. */
export const reportExemptions: PackPolicy = {
  name: NAME,
  description: DESCRIPTION,
  enforcementLevel: "mandatory",
  validateStack: async ({ resources }, report) => {
    if (phase() === "update") return;
    const find = (plan: Parameters<typeof breakGlass>[1]) => breakGlass(readExemptions(), plan, rules);
    await judge(DESCRIPTION, report, find, (prior) => wholePlan(NAME, prior, resources));
  },
};
