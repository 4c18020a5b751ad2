import { at, list, number, text } from "../../traffic";
import type { Problem } from "../ratchet";
import { one, type State, setting } from "../reading/state";
import { named } from "../reading/words";

/** Registries of which the image to return to may be gone, or another one of its name be there. */
export function registryProblems(state: State, keep: number): Problem[] {
  const mutable = state.ofType("aws:ecr/repository:Repository").filter((repository) => {
    const mutability = setting(repository, "imageTagMutability");
    return mutability === undefined || mutability === "MUTABLE";
  });
  const problems: Problem[] = mutable.map((repository) => ({
    urn: repository.urn,
    kind: "mutable",
    advisory: true,
    what: `The tags of repository ${named(repository)} can be moved to other images (imageTagMutability: MUTABLE).`,
    why: "Whoever reads a tag in a log or a ticket may look at another image than the one that ran.",
    instead: "Set imageTagMutability to IMMUTABLE.",
  }));
  for (const policy of state.ofType("aws:ecr/lifecyclePolicy:LifecyclePolicy")) {
    const kept = Math.min(...counts(setting(policy, "policy")));
    if (kept >= keep) continue;
    problems.push({
      urn: policy.urn,
      kind: "lifecycle",
      badness: keep - kept,
      practice: true,
      what: `${named(policy)} keeps ${kept} images.`,
      why: "The version to return to is thrown away after so many builds, released or not.",
      instead: `Keep ${keep} at least (the policy's setting "keep"), or expire by age what has no tag.`,
    });
  }
  return problems;
}

/** How many images each rule of a lifecycle policy keeps that expires by count. */
function counts(policy: unknown): number[] {
  let rules: unknown[];
  try {
    rules = list(at(JSON.parse(text(policy) ?? "{}"), "rules"));
  } catch {
    return []; // ECR refuses what is no JSON
  }
  return rules
    .map((rule) => one(at(rule, "selection")))
    .filter((selection) => at(selection, "countType") === "imageCountMoreThan")
    .flatMap((selection) => number(at(selection, "countNumber")) ?? []);
}
