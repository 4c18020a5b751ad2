import { enforce } from "./enforce";
import { reportExemptions } from "./report-exemptions";
import { rules } from "./rules";

export { withPriorState } from "./prior-state";

/** All policies, ready for a pack: this one, or one of a team's own. */
export const policies = [...rules.map(enforce), reportExemptions];
