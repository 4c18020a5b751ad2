import { enforce } from "./engine/enforce";
import { reportExemptions } from "./engine/report-exemptions";
import { rules } from "./rules";

export { withPriorState } from "./engine/prior-state";

/** All policies, ready for a pack: this one, or one of a team's own. */
export const policies = [...rules.map(enforce), reportExemptions];
