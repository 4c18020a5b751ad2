import type { ReportViolation, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import type { Resource } from "../traffic";
import { desiredBeforeStep, desiredInStack } from "./desired-state";
import { type Finding, type Plan, type Policy, planOf, planOfOne } from "./policy";
import { priorState } from "./prior-state";

/**
 * A policy as the engine runs it. In a preview the whole stack is judged, deletions included. In an update the stack check comes
 * after the steps, when the prior state is gone: there each resource is judged before its own step, which still stops a
 * replacement under `--skip-preview`. A policy of whole plans has nothing to say there: one step has no order.
 */
export function enforce(policy: Policy): ResourceValidationPolicy & StackValidationPolicy {
  return {
    name: policy.name,
    description: policy.description,
    enforcementLevel: "mandatory",
    validateStack: async ({ resources }, report) => {
      if (!pulumi.runtime.isDryRun()) return;
      await judge(policy, report, (prior) => planOf(prior, resources.map(desiredInStack)));
    },
    validateResource: async (args, report) => {
      const after = desiredBeforeStep(args);
      if (policy.wholePlanOnly || pulumi.runtime.isDryRun()) return;
      await judge(policy, report, (prior) => planOfOne(prior, after));
    },
  };
}

/** Fails closed: what cannot be seen or judged is refused, for the engine would make an error in here advisory. */
async function judge(policy: Policy, report: ReportViolation, plan: (prior: Resource[]) => Plan): Promise<void> {
  let findings: Finding[];
  try {
    findings = policy.judge(plan(await priorState()));
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n").slice(0, 3).join(" ") : String(error);
    report(`What the update would do to users cannot be told, so it is refused: ${reason}`);
    return;
  }
  for (const { urn, what, why, instead, advisory } of findings) {
    const message = `${policy.description}\n${what}\n${why}\n${instead}`;
    // The SDK takes an object with a level too, which its types do not say (pulumi-policy, `makeReportViolationFun`).
    report({ message, urn, ...(advisory && { enforcementLevel: "advisory" }) } as unknown as string);
  }
}
