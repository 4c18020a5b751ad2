import { planOf } from "../../policies/plan";
import { type Judged, judgeAll } from "../../policies/rules";
import { parseState } from "../../traffic/sources/state";
import type { Change } from "./case";
import { PreviewProvider } from "./preview-provider";
import { previewed } from "./previewed";
import { stateOf } from "./state";

/** What the policies say of a change without an engine. */
export async function judgedPurely({ prior, desired }: Change, now: Date): Promise<Judged[]> {
  const provider = new PreviewProvider();
  const resources = stateOf(prior, provider, now);
  const state = parseState(JSON.stringify({ version: 3, deployment: { resources } })).resources;
  const asked = await previewed(desired, resources, provider);
  // As the pack has them: which of several resources a finding names hangs on their order.
  asked.sort((a, b) => (a.urn < b.urn ? -1 : 1));
  return judgeAll(planOf(state, asked, now));
}
