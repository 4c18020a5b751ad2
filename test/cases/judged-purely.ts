import { planOf } from "../../policies/policy";
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
  return judgeAll(planOf(state, await previewed(desired, resources, provider), now));
}
