import fc from "fast-check";
import { interruptedUpdate } from "../../policies/interrupted-update";
import { planOf } from "../../policies/plan";
import { servingDeletion } from "../../policies/serving-deletion";
import { servingReplacement } from "../../policies/serving-replacement";
import { orderedPlan } from "../../traffic/update/step-order";
import { Random } from "../reference/random";
import { cloudOf, edges } from "../small-engine";
import { deployed, type Item, type Program, previewed, references } from "../small-programs";
import { SimulatedUpdate } from "../soundness/losses";
import { randomStack } from "../soundness/random-stacks";
import { filledByOthers } from "../soundness/reference-cloud";

/** The policies that say whether an update loses requests: the soundness of these is what is claimed. */
export const TRAFFIC_POLICIES = [servingReplacement, servingDeletion, interruptedUpdate];

/** A random stack and a change of it that the policies of traffic pass. */
export interface LocalStack {
  before: Program;
  after: Program;
  /** What the engine asks of AWS for it. */
  calls: number;
  /** What is answered before and is not taken away on purpose. */
  entries: { host: string; path: string }[];
}

/** Random stacks without end, in the order that the seed gives. */
export function* localStacks(seed: number): Generator<LocalStack, never> {
  const random = new Random(seed);
  for (;;) {
    // Not seed + 1 for the next ones: runs of neighbouring seeds would try the same stacks.
    const batch = Math.floor(random.next() * 2 ** 31);
    for (const [before, after] of fc.sample(randomStack, { seed: batch, numRuns: 50 })) {
      const stack = passed(localForm(before), namedAs(before, localForm(after)));
      if (stack) yield stack;
    }
  }
}

/** With what the local cloud has: services that register in one group, and no machines but theirs. */
function localForm(program: Program): Program {
  const kept = program.filter(({ kind }) => !["scaling", "attachment", "target"].includes(kind));
  const isKept = (name: string) => kept.some((item) => item.name === name);
  return kept.map((item) => ({
    ...item,
    inputs: item.kind === "service" ? oneGroup(item.inputs) : item.inputs,
    dependsOn: (item.dependsOn ?? []).filter(isKept),
  }));
}

/** A name of its own for what the provider named is another name here, and so a replacement; in the small programs it is none. */
function namedAs(before: Program, after: Program): Program {
  return after.map((item) => {
    const old = before.find(({ name, kind }) => name === item.name && kind === item.kind);
    return old ? { ...item, inputs: { ...item.inputs, __defaults: old.inputs.__defaults } } : item;
  });
}

function oneGroup({ loadBalancers, ...inputs }: Item["inputs"]): Item["inputs"] {
  return { ...inputs, loadBalancers: (loadBalancers as unknown[]).slice(0, 1) };
}

function passed(before: Program, after: Program): LocalStack | undefined {
  if (![before, after].every(isAcceptedByEcs) || deletesGroupFirst(before, after)) return undefined;
  if (filledByOthers(cloudOf(before)).size > 0) return undefined;
  const prior = deployed(before);
  const plan = planOf(prior, previewed(after, prior));
  const steps = orderedPlan(prior, plan.desired, plan.changes).steps.length;
  // With one step there is no "between" to be killed in.
  if (steps < 2 || TRAFFIC_POLICIES.some((policy) => policy.judge(plan).length > 0)) return undefined;
  const random = new Random(1);
  const update = new SimulatedUpdate(before, after, () => random.next());
  const entries = update.asked.flatMap(({ host, path, cookie, retired }) =>
    cookie === undefined && !retired ? [{ host, path }] : [],
  );
  const calls = plan.changes.reduce((sum, { kind }) => sum + (kind === "replace" ? 2 : 1), 0);
  return update.isClear && entries.length > 0 ? { before, after, calls, entries } : undefined;
}

/** ECS: "The target group … does not have an associated load balancer": a rule with the group must come before its service. */
function isAcceptedByEcs(program: Program): boolean {
  const itemOf = (name: string) => program.find((item) => item.name === name) as Item;
  const allBefore = (item: Item): Item[] => edges(item).flatMap((name) => [itemOf(name), ...allBefore(itemOf(name))]);
  return program.every((item) => {
    if (item.kind !== "service") return true;
    const groups = references(item.inputs.loadBalancers);
    const routes = allBefore(item).filter(({ kind }) => kind === "rule" || kind === "listener");
    return groups.every((group) => routes.some(({ inputs }) => references(inputs).includes(group)));
  });
}

/** ELB: a group cannot be deleted while a rule names it, so that AWS ends an update there which deletes it first. */
function deletesGroupFirst(before: Program, after: Program): boolean {
  return after.some((item) => {
    const old = before.find(({ name }) => name === item.name);
    const isNamed = (item.inputs.__defaults as unknown[] | undefined)?.length === 0;
    return (
      item.kind === "group" && old && old.inputs.port !== item.inputs.port && (isNamed || item.deleteBeforeReplace)
    );
  });
}
