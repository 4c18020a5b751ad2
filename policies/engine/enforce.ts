import type { PolicyConfigSchema, PolicyResource, ReportViolation } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { Resource } from "../../traffic";
import { type Plan, planOf, planOfOne } from "../plan";
import type { Policy } from "../policy";
import { loadParserFor } from "../reading/migrations";
import { type Judged, judged } from "../rules";
import { desiredBeforeStep, desiredInStack } from "./desired-state";
import type { PackPolicy } from "./one-for-all";
import { priorState, thisRun } from "./prior-state";
import { readDnsSpeed, readExemptions } from "./stack-config";

/**
 * A policy as the engine runs it. In a preview the whole stack is judged, deletions included. In an update the stack check comes
 * after the steps, when the prior state is gone: there each resource is judged before its own step, which still stops a
 * replacement under `--skip-preview`. A policy of whole plans has nothing to say there: one step has no order.
 */
export function enforce(policy: Policy): PackPolicy {
  const find = (settings: object) => (plan: Plan) => judged(policy, plan, readExemptions(), settings);
  return {
    name: policy.name,
    description: policy.description,
    enforcementLevel: "mandatory",
    configSchema: configSchema(policy.settings),
    validateStack: async ({ resources, getConfig }, report) => {
      if (phase() === "update") return;
      await judge(policy.description, report, find(getConfig()), (prior) => wholePlan(policy.name, prior, resources));
    },
    validateResource: async (args, report) => {
      const after = desiredBeforeStep(args);
      // Of thousands of resources the export takes seconds: it is under way while the program still runs.
      if (phase() === "preview") priorState().catch(() => "told where it is needed");
      if (policy.wholePlanOnly || phase() !== "update") return;
      await judge(policy.description, report, find(args.getConfig()), (prior) => planOfOne(prior, after));
    },
  };
}

/** The plan that was worked out last in a run, and the names of the policies that have been given it. */
const shown = new WeakMap<object, { plan: Plan; to: Set<string> }>();

/**
 * The plan of a preview. The SDK hands the same stack to one policy after the other, as new objects each time; a policy that
 * comes again is shown another stack.
 */
export function wholePlan(policy: string, prior: Resource[], resources: PolicyResource[]): Plan {
  let last = shown.get(thisRun());
  if (!last || last.to.has(policy)) {
    // They come in any order, and findings are to be the same in each run.
    const desired = resources.map(desiredInStack).sort((a, b) => (a.urn < b.urn ? -1 : 1));
    last = { plan: planOf(prior, desired), to: new Set() };
    shown.set(thisRun(), last);
  }
  last.to.add(policy);
  return last.plan;
}

/** What could not be judged is told once, whichever policy was the first to meet it. */
const told = new WeakMap<object, Set<string>>();

/** Fails closed: what cannot be seen or judged is refused, for the engine would make an error in here advisory. */
export async function judge(
  description: string,
  report: ReportViolation,
  find: (plan: Plan) => Judged[],
  plan: (prior: Resource[]) => Plan,
): Promise<void> {
  let findings: Judged[];
  try {
    if (phase() === "analysis") throw new Error(NO_PLAN);
    const { resources, pending } = await priorState();
    const shown = plan(resources);
    await loadParserFor(shown.desired);
    findings = find({ ...shown, pending, dnsSpeed: readDnsSpeed() });
  } catch (error) {
    const message = `What the update would do to users cannot be told, so it is refused: ${reasonOf(error)}`;
    // By its own level, so that a policy which a team has made advisory does not let the rest of the pack pass unseen.
    const said = told.get(thisRun()) ?? new Set();
    if (!said.has(message)) report({ message, enforcementLevel: "mandatory" } as unknown as string);
    told.set(thisRun(), said.add(message));
    return;
  }
  for (const { urn, what, why, instead, advisory } of findings) {
    const message = `${description}\n${what}\n${why}\n${instead}`;
    // The SDK takes an object with a level too, which its types do not say (pulumi-policy, `makeReportViolationFun`).
    report({ message, urn, ...(advisory && { enforcementLevel: "advisory" }) } as unknown as string);
  }
}

const NO_PLAN =
  'this pack judges the way from one state to the next, and an analysis of a state ("pulumi policy analyze") has no next one. Run "pulumi preview --policy-pack" on the program, or "crossfade check" on a preview\'s JSON';

/** What the engine asks the pack in. An analysis of a state has no stack's name, and no dry run either. */
export function phase(): "preview" | "update" | "analysis" {
  if (pulumi.runtime.isDryRun()) return "preview";
  return process.env.PULUMI_NODEJS_STACK ? "update" : "analysis";
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError)
    return `the policy's settings are wrong: ${z.prettifyError(error).replace(/\s+/g, " ")}`;
  return error instanceof Error ? error.message.split("\n").slice(0, 3).join(" ") : String(error);
}

function configSchema(settings: z.ZodObject): PolicyConfigSchema {
  const { properties = {} } = z.toJSONSchema(settings, { io: "input" });
  return { properties: properties as PolicyConfigSchema["properties"] };
}
