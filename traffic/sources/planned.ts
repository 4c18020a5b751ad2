import { forcingChanges, type PlannedChange, type PropertyChange } from "../changes/planned-change";
import { changedWithProvider } from "../changes/provider-change";
import { sameValue } from "../changes/same-value";
import { at, type Properties, type Resource, UNKNOWN } from "../resource";
import type { PendingOperation } from "../update/pending-operation";
import { type EngineStep, type Operation, pathOf, type SeenResource } from "./engine-step";
import { goalOf, type PlanFile } from "./plan-file";
import { type State, withoutSecrets } from "./state";
import { Unreadable } from "./unreadable";

/** A stack before and after and what lies between, as far as its sources show it. The policies judge it, whatever the source. */
export interface Planned {
  prior: Resource[];
  desired: Resource[];
  changes: PlannedChange[];
  /** What the engine was doing when it was stopped. */
  pending: PendingOperation[];
  /** What these sources cannot show, each a phrase: it counted as the worst, or is not judged. */
  unseen: string[];
}

const REPLACING: readonly Operation[] = ["replace", "create-replacement", "import-replacement"];
const MAKING: readonly Operation[] = ["create", "import"];

/** The steps of one resource of the program, or of one that leaves it. */
interface Steps {
  urn: string;
  all: readonly EngineStep[];
  kind: "create" | "update" | "replace" | "delete" | "same";
  old?: Resource;
  new?: Resource;
}

/**
 * What the steps of a preview mean. Their operations are the engine's own word, so no table is asked what replaces what.
 *
 * @param state the state that the preview was made on; without one, who is in no step is not known
 * @param plan what each resource waits for, where the steps do not tell
 */
export function planned(steps: readonly EngineStep[], state: State | undefined, plan: PlanFile | undefined): Planned {
  const isRefreshed = steps.some(({ op }) => op === "refresh");
  const before = new Prior(state, isRefreshed);
  const groups = grouped(steps).map((all) => resourceSteps(all, before));
  const left = leftOvers(steps, groups, state);
  const prior = before.resources(groups, left);
  const desired = groups.flatMap((steps) => (steps.new ? [desiredOf(steps, plan)] : []));
  const afters = new Map(desired.map((r) => [r.urn, r]));
  const named = new Set(groups.flatMap(({ urn, old }) => [urn, ...(old ? [old.urn] : [])]));
  // What no step names is left as it is: `--target` does that.
  const untouched = prior.filter((r) => !r.pendingDelete && !named.has(r.urn));
  const changes = [
    ...groups.flatMap((steps) => changeOf(steps, afters.get(steps.urn)) ?? []),
    ...left.map((r): PlannedChange => ({ kind: "delete", before: r, leftOver: true })),
  ];
  return {
    prior,
    desired: [...desired, ...untouched],
    // Of another cluster the provider has told the engine; of another account or region it does not.
    changes: changedWithProvider(changes, prior, desired, ["pulumi:providers:aws"]),
    pending: state?.pending ?? [],
    unseen: [],
  };
}

/** Where the resources before the update are found: in the state, with what a refresh found on top, or in the steps. */
class Prior {
  private readonly byUrn: ReadonlyMap<string, Resource>;

  constructor(
    private readonly state: State | undefined,
    private readonly isRefreshed: boolean,
  ) {
    this.byUrn = new Map((state?.resources ?? []).filter((r) => !r.pendingDelete).map((r) => [r.urn, r]));
  }

  /** What a step calls the old one; undefined where the state says that it is gone already. */
  find({ resource, deletedFirst }: SeenResource): Resource | undefined {
    // The engine has marked the old one of a replacement as if an earlier update had left it.
    if (!this.state) return { ...withoutSecrets(resource), pendingDelete: false };
    const found = this.byUrn.get(resource.urn);
    if (!found) {
      if (deletedFirst || this.isRefreshed) return undefined;
      throw otherState(resource.urn, "in the preview, and not in the state");
    }
    if (!this.isRefreshed) return found;
    const { inputs, outputs } = withoutSecrets(resource);
    return { ...found, inputs, outputs };
  }

  resources(groups: readonly Steps[], leftOvers: readonly Resource[]): Resource[] {
    const olds = groups.flatMap(({ old }) => old ?? []);
    if (!this.state) return [...olds, ...leftOvers];
    const byUrn = new Map(olds.map((r) => [r.urn, r]));
    const made = new Set(groups.filter(({ kind }) => kind === "create").map(({ urn }) => urn));
    return this.state.resources.flatMap((r) => {
      if (r.pendingDelete) return r;
      const isMadeAnew = made.has(r.urn) && !byUrn.has(r.urn);
      if (isMadeAnew && !this.isRefreshed) throw otherState(r.urn, "in the state, and the preview creates it");
      // What a refresh did not find any more is made anew.
      return isMadeAnew ? [] : (byUrn.get(r.urn) ?? r);
    });
  }
}

function otherState(urn: string, where: string): Unreadable {
  return new Unreadable(`the preview and the state are not of one stack at one time: ${urn} is ${where}`);
}

function grouped(steps: readonly EngineStep[]): EngineStep[][] {
  const groups = new Map<string, EngineStep[]>();
  for (const step of steps) {
    const group = groups.get(step.urn);
    if (group) group.push(step);
    else groups.set(step.urn, [step]);
  }
  return [...groups.values()];
}

function resourceSteps(all: readonly EngineStep[], before: Prior): Steps {
  const [{ urn } = { urn: "" }] = all;
  const main =
    all.find(({ op }) => op === "replace") ??
    all.find(({ op }) => REPLACING.includes(op)) ??
    all.find(({ op }) => MAKING.includes(op)) ??
    all.find(({ op }) => op === "update" || op === "delete" || op === "same");
  if (!main) return { urn, all, kind: "same" }; // what is only read, or left over
  const old = main.old && !isExternal(main) ? before.find(main.old) : undefined;
  const after = main.new?.resource;
  if (MAKING.includes(main.op)) return { urn, all, kind: "create", new: after };
  if (main.op === "delete") return { urn, all, kind: "delete", old };
  if (main.op === "same" || main.op === "update") return { urn, all, kind: main.op, old, new: after };
  return { urn, all, kind: old ? "replace" : "create", old, new: after };
}

function isExternal({ op }: EngineStep): boolean {
  return op.startsWith("read") || op.startsWith("discard");
}

/** The resource as it is asked for. */
function desiredOf({ kind, old, new: after }: Steps, plan: PlanFile | undefined): Resource {
  const asked = after as Resource;
  const goal = plan && goalOf(plan, asked.urn);
  const isKept = old && (kind === "same" || kind === "update");
  const inputs = old && kind === "same" ? old.inputs : asked.inputs;
  return withoutSecrets({
    ...asked,
    ...goal,
    inputs,
    outputs: outputsOf(goal?.outputs, asked.outputs, isKept ? old.outputs : NEW, inputs),
    aliases: old && old.urn !== asked.urn ? [old.urn] : [],
    pendingDelete: undefined,
    unfinished: undefined,
    created: undefined,
    modified: undefined,
  });
}

/** Of something new the provider knows little before it is there. */
const NEW: Properties = { id: UNKNOWN, arn: UNKNOWN };

/** What the provider foretells, where a source tells it; or else what there was, with what is asked for. */
function outputsOf(
  planned: Properties | undefined,
  told: Properties,
  before: Properties,
  inputs: Properties,
): Properties {
  const foretold = [planned, told].find((outputs) => Object.keys(outputs ?? {}).length > 0);
  return foretold ?? { ...before, ...inputs };
}

function changeOf({ kind, old, all }: Steps, after: Resource | undefined): PlannedChange | undefined {
  if (kind === "delete") {
    const isGone = old?.custom && !old.retainOnDelete;
    return isGone ? { kind, before: old, leftOver: false } : undefined;
  }
  if (!after?.custom || kind === "same") return undefined;
  if (!old) return { kind: "create", after };
  if (kind === "update") {
    return old.unfinished || !sameValue(old.inputs, after.inputs) ? { kind, before: old, after } : undefined;
  }
  return {
    kind: "replace",
    before: old,
    after,
    because: causes(all, old, after),
    deletedFirst: isDeletedFirst(all, after),
  };
}

function causes(all: readonly EngineStep[], before: Resource, after: Resource): PropertyChange[] {
  const named = [...new Set(all.flatMap(({ replacing }) => replacing))];
  if (named.length === 0) return forcingChanges(before, after);
  return (
    named
      .map((property) => {
        const path = pathOf(property);
        return { property, before: at(before.inputs, ...path), after: at(after.inputs, ...path) };
      })
      // The engine names what is no input as well, such as the provider.
      .filter((change) => change.before !== undefined || change.after !== undefined)
  );
}

/** By the order of its steps, or by the mark that the engine leaves on the old one. */
function isDeletedFirst(all: readonly EngineStep[], after: Resource): boolean {
  const [deleted, made] = (["delete-replaced", "create-replacement"] as const).map((op) =>
    all.findIndex((step) => step.op === op),
  );
  if (deleted !== undefined && made !== undefined && deleted >= 0 && made >= 0) return deleted < made;
  return after.deleteBeforeReplace === true || all.some(({ old }) => old?.deletedFirst === true);
}

/** What an earlier update replaced and did not delete: the state has it, or a step that belongs to no replacement of this one. */
function leftOvers(steps: readonly EngineStep[], groups: readonly Steps[], state: State | undefined): Resource[] {
  const ids = new Map(groups.map(({ urn, kind, old }) => [urn, kind === "replace" ? old?.outputs.id : undefined]));
  const olds = state
    ? state.resources.filter((r) => r.pendingDelete)
    : steps
        .filter(({ op, urn, old }) => op === "delete-replaced" && old?.resource.outputs.id !== ids.get(urn))
        .flatMap(({ old }) => (old ? [{ ...withoutSecrets(old.resource), pendingDelete: true }] : []));
  return olds.filter((r) => r.custom && !r.retainOnDelete);
}
