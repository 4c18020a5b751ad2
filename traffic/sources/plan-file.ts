import { z } from "zod";
import { canonicalType, type Properties, type Resource } from "../resource";
import { type EngineStep, operation } from "./engine-step";
import { edgesByProperty, isProvider, parsed, providerUrn, shaped } from "./serialized";
import type { State } from "./state";
import { Unreadable } from "./unreadable";
import { readValue } from "./values";

const properties = z.record(z.string(), z.unknown());
const alias = z.object({
  URN: z.string().default(""),
  Name: z.string().default(""),
  Type: z.string().default(""),
  Project: z.string().default(""),
  Stack: z.string().default(""),
  Parent: z.string().default(""),
  NoParent: z.boolean().default(false),
});
type Alias = z.infer<typeof alias>;

/** Of a plan what is read here (pulumi/sdk, `apitype.DeploymentPlanV1`). */
const planFile = z.object({
  resourcePlans: z
    .record(
      z.string(),
      z.object({
        goal: z
          .object({
            type: z.string(),
            custom: z.boolean(),
            inputDiff: z
              .object({
                adds: properties.nullish(),
                updates: properties.nullish(),
                deletes: z.array(z.string()).nullish(),
              })
              .default({}),
            parent: z.string().nullish(),
            provider: z.string().nullish(),
            dependencies: z.array(z.string()).nullish(),
            propertyDependencies: z.record(z.string(), z.array(z.string()).nullable()).nullish(),
            deleteBeforeReplace: z.boolean().nullish(),
            ignoreChanges: z.array(z.string()).nullish(),
            protect: z.boolean().nullish(),
            customTimeouts: z.object({ create: z.number().optional(), update: z.number().optional() }).nullish(),
            aliases: z.array(z.string()).nullish(),
            structuredAliases: z.array(alias).nullish(),
          })
          .nullish(),
        steps: z.array(operation).nullish(),
        state: properties.nullish(),
      }),
    )
    .default({}),
});
export type PlanFile = z.infer<typeof planFile>["resourcePlans"];
type Goal = NonNullable<PlanFile[string]["goal"]>;

/**
 * Reads what `pulumi preview --save-plan` writes: by URN, the steps and what the program asks for.
 * @throws Unreadable where it is no plan.
 */
export function parsePlanFile(text: string): PlanFile {
  const object = parsed(text, "the plan");
  const isPlan = object !== null && typeof object === "object" && "manifest" in object;
  if (!isPlan) throw new Unreadable('the plan has no manifest: it must be the file of "pulumi preview --save-plan"');
  return shaped(planFile, object, "the plan").resourcePlans;
}

/** What a plan tells of a resource of the program, mostly what it waits for. */
export function goalOf(plan: PlanFile, urn: string): Partial<Resource> | undefined {
  const { goal, state } = plan[urn] ?? {};
  return goal ? fromGoal(goal, state) : undefined;
}

function fromGoal(goal: Goal, outputs: Properties | null | undefined) {
  return {
    outputs: readValue(outputs ?? {}) as Properties,
    parent: goal.parent || undefined,
    dependencies: goal.dependencies ?? [],
    propertyDependencies: edgesByProperty(goal.propertyDependencies),
    deleteBeforeReplace: goal.deleteBeforeReplace ?? undefined,
    ignoreChanges: goal.ignoreChanges ?? undefined,
    protect: goal.protect ?? undefined,
    customTimeouts: goal.customTimeouts ?? {},
  };
}

/** The steps of a plan, with the resources of the state that it was made on. */
export function stepsOfPlan(plan: PlanFile, state: State): EngineStep[] {
  const byUrn = new Map(state.resources.filter((r) => !r.pendingDelete).map((r) => [r.urn, r]));
  const free = new Map(byUrn);
  for (const urn of Object.keys(plan)) free.delete(urn);
  return Object.entries(plan).flatMap(([urn, { goal, steps, state: outputs }]) => {
    const before = byUrn.get(urn) ?? (goal ? renamed(urn, goal, outputs, free) : undefined);
    if (before) free.delete(before.urn);
    const after = goal ? desired(urn, goal, outputs, before) : undefined;
    return (steps ?? []).map((op) => ({
      op,
      urn,
      old: before && { resource: before, deletedFirst: false },
      new: after && { resource: after, deletedFirst: false },
      replacing: [],
    }));
  });
}

/** A resource as a plan asks for it: the plan has the differences to what is there. */
function desired(urn: string, goal: Goal, outputs: Properties | null | undefined, before?: Resource): Resource {
  const { adds, updates, deletes } = goal.inputDiff;
  // Of a resource that is deleted first the plan has all inputs: to nothing, each is added.
  const isWhole = !before || Object.keys(adds ?? {}).some((key) => key in before.inputs);
  const inputs = {
    ...(isWhole ? {} : before.inputs),
    ...(readValue({ ...adds, ...updates }) as Properties),
  };
  for (const key of deletes ?? []) delete inputs[key];
  return {
    urn,
    type: canonicalType(goal.type),
    custom: goal.custom && !isProvider(goal.type),
    inputs,
    provider: goal.provider ? providerUrn(goal.provider) : undefined,
    ...fromGoal(goal, outputs),
  };
}

/**
 * What a resource was before under another URN. A plan has all aliases of the program and not the one that holds: it is looked
 * for among what the plan says nothing of, by URN, and where it keeps its id, by that.
 */
function renamed(
  urn: string,
  goal: Goal,
  outputs: Properties | null | undefined,
  free: ReadonlyMap<string, Resource>,
): Resource | undefined {
  const urns = [...(goal.aliases ?? []), ...(goal.structuredAliases ?? []).map((a) => aliasUrn(urn, goal, a))];
  const byAlias = urns.map((other) => free.get(other)).find((r) => r !== undefined);
  if (byAlias) return byAlias;
  const id = outputs?.id;
  if (typeof id !== "string" || readValue(id) !== id) return undefined;
  return [...free.values()].find((r) => r.outputs.id === id && r.type === canonicalType(goal.type));
}

/** The URN that an alias stands for: what it does not name is as in the resource's own (pulumi/sdk, `resource.Alias`). */
function aliasUrn(urn: string, goal: Goal, { URN, Name, Type, Project, Stack, Parent, NoParent }: Alias): string {
  if (URN) return URN;
  const [stack, project, , ...name] = urn.slice("urn:pulumi:".length).split("::");
  const parentType = NoParent ? "" : ((Parent || goal.parent || "").split("::")[2] ?? "");
  const above = parentType === "" || parentType === "pulumi:pulumi:Stack" ? "" : `${parentType}$`;
  return `urn:pulumi:${Stack || stack}::${Project || project}::${above}${Type || goal.type}::${Name || name.join("::")}`;
}
