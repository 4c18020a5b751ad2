import { type Plan, planOf } from "../../policies/plan";
import { loadParserFor } from "../../policies/reading/migrations";
import { type Judged, judgeAll } from "../../policies/rules";
import { parseState } from "../../traffic/sources/state";
import type { Change } from "./case";
import { PreviewProvider } from "./preview-provider";
import { previewed } from "./previewed";
import { stateOf } from "./state";

/** What the policies say of a change without an engine. */
export async function judgedPurely(change: Change, now: Date): Promise<Judged[]> {
  const plan = await planOfChange(change, now);
  await loadParserFor(plan.desired);
  return judgeAll(plan);
}

/** A change as policies are shown it, without an engine. */
export async function planOfChange({ prior, desired }: Change, now: Date): Promise<Plan> {
  const provider = new PreviewProvider();
  const resources = stateOf(prior, provider, now);
  const state = parseState(JSON.stringify({ version: 3, deployment: { resources } })).resources;
  const asked = await previewed(desired, resources, provider);
  // As the pack has them: which of several resources a finding names hangs on their order.
  asked.sort((a, b) => (a.urn < b.urn ? -1 : 1));
  return planOf(state, asked, now);
}
