import { underSetting } from "../policies/rules";
import type { Previewed } from "../traffic/sources";
import { type HeadroomOptions, headroomOf } from "./headroom/headroom";
import { resultOf, type Verdict } from "./verdict";

/** As its findings are named, and switched off or made advice in a file for `--policy-pack-config`. */
const NAME = "headroom";

/**
 * The verdict with whether AWS has room for what the update adds. What is known to have none refuses it. No baseline accepts
 * that: it is of this hour, and a baseline of what stays.
 */
export async function withHeadroom(
  verdict: Verdict,
  previewed: Previewed,
  { settings, ...options }: HeadroomOptions & { settings: Record<string, unknown> },
): Promise<Verdict> {
  if (settings[NAME] === "disabled") return verdict;
  const answer = await headroomOf(previewed, options);
  if (!answer) return verdict;
  const { problems, ...headroom } = answer;
  const found = underSetting(settings[NAME], () => problems.map((problem) => ({ policy: NAME, ...problem })));
  const findings = [...verdict.findings, ...found.map((finding) => ({ ...finding, accepted: false }))];
  return { ...verdict, result: resultOf(findings), findings, headroom };
}
