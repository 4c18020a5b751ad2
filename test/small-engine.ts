import { isDeepStrictEqual } from "node:util";
import { replacedBy } from "../traffic/changes/replaced-by";
import { type Item, type Program, references, resolved, TYPES } from "./small-programs";

/** Something in the cloud. `waited`: of what runs tasks, whether they were seen to be healthy. */
export interface Thing {
  item: Item;
  inputs: Record<string, unknown>;
  waited: boolean;
}

export type Cloud = ReadonlyMap<string, Thing>;

/** The cloud after the program was deployed to an empty stack, and everything in it runs. */
export function cloudOf(program: Program): Cloud {
  return new Map(
    program.map((item) => [
      item.name,
      { item, inputs: resolved(item.inputs, (name) => name), waited: isStaffed(item.inputs) },
    ]),
  );
}

/**
 * Every cloud that the engine can leave behind on the way from one program to the other, by trying all orders: it registers a
 * resource when all that it refers to and depends on is registered, deletes before it replaces where it must, and deletes the
 * rest at the end. It shares nothing with `traffic/` but the table of what replaces what.
 */
export function reachableClouds(before: Program, after: Program): { clouds: Cloud[]; last: Cloud } {
  const runs = reachableRuns(before, after);
  const clouds = runs.map(({ way }) => (way.at(-1) as Run).cloud);
  return { clouds, last: clouds[runs.findIndex(({ isComplete }) => isComplete)] as Cloud };
}

/** One way to each state that the engine can leave behind: every state on it. */
export function reachableRuns(before: Program, after: Program): { way: readonly Run[]; isComplete: boolean }[] {
  const seen = new Map<string, { way: readonly Run[]; isComplete: boolean }>();
  const engine = new SmallEngine(before, after);
  const visit = (run: Run, before: readonly Run[]) => {
    const key = [[...run.done].sort().join(), [...run.gone].sort().join()].join("|");
    if (seen.has(key)) return;
    const way = [...before, run];
    const nexts = [...engine.next(run)];
    seen.set(key, { way, isComplete: nexts.length === 0 });
    for (const next of nexts) visit(next, way);
  };
  visit(engine.start(), []);
  return [...seen.values()];
}

/** One way through a whole update. `choose` takes one of so many possible next steps. */
export function wholeRun(before: Program, after: Program, choose: (count: number) => number): Run[] {
  const engine = new SmallEngine(before, after);
  const way = [engine.start()];
  for (;;) {
    const nexts = [...engine.next(way.at(-1) as Run)];
    const next = nexts[choose(nexts.length)];
    if (!next) return way;
    way.push(next);
  }
}

/** Where an update stands. */
export interface Run {
  /** What was worked on last; nothing for a deletion at the end. */
  by?: Item;
  cloud: Cloud;
  /** Names whose registration is over. */
  done: ReadonlySet<string>;
  /** Old things that are deleted. */
  gone: ReadonlySet<string>;
  /** Which thing in the cloud a registered name stands for. */
  ids: ReadonlyMap<string, string>;
}

class SmallEngine {
  private readonly replaced = new Set<string>();

  constructor(
    private readonly before: Program,
    private readonly after: Program,
  ) {
    for (const item of after) {
      const old = this.old(item.name);
      const forcing = replacedBy(typeOf(item))?.properties ?? [];
      const changes = forcing.some(
        (key) =>
          JSON.stringify(old?.inputs[key]) !== JSON.stringify(item.inputs[key]) ||
          references(item.inputs[key]).some((name) => this.replaced.has(name)),
      );
      if (old && changes) this.replaced.add(item.name);
    }
  }

  start(): Run {
    return { cloud: cloudOf(this.before), done: new Set(), gone: new Set(), ids: new Map() };
  }

  *next(run: Run): Generator<Run> {
    const { done, gone, cloud, ids } = run;
    const ready = this.after
      .filter(({ name }) => !done.has(name))
      .filter((i) => edges(i).every((name) => done.has(name)));
    // What changes nothing only lets others start: it need not be tried at every place.
    const unchanged = ready.find(
      (item) => isDeepStrictEqual(item.inputs, this.old(item.name)?.inputs) && this.isCalm(item, run),
    );
    if (unchanged) return yield this.registered(unchanged, run);
    for (const item of ready) {
      const first = this.mustGoFirst(item).find((name) => !gone.has(name));
      if (first !== undefined) yield { ...run, by: item, cloud: without(cloud, first), gone: with_(gone, first) };
      else yield this.half(item, run) ?? this.registered(item, run);
    }
    if (this.after.some(({ name }) => !done.has(name))) return;
    const leftovers = this.before.filter(
      (b) => !gone.has(b.name) && (this.replaced.has(b.name) || !this.isKept(b.name)),
    );
    for (const old of leftovers) {
      if (leftovers.some((other) => edges(other).includes(old.name))) continue;
      yield { done, ids, cloud: without(cloud, old.name), gone: with_(gone, old.name) };
    }
  }

  /** What a registration deletes before it makes anything, in this order: the dependents that are replaced for it, and the old one. */
  private mustGoFirst(item: Item): string[] {
    const old = this.old(item.name);
    const isNamed = old !== undefined && !(old.inputs.__defaults as string[] | undefined)?.includes("name");
    const sameName = old?.inputs.name !== undefined && old.inputs.name === item.inputs.name;
    const hasOwnName = replacedBy(typeOf(item))?.autoNamed !== undefined && isNamed && sameName;
    if (!this.replaced.has(item.name) || !(item.deleteBeforeReplace || hasOwnName)) return [];
    const going = [item.name];
    for (const dependent of this.before) {
      const forcing = replacedBy(typeOf(dependent))?.properties ?? [];
      const refers = forcing.some((key) => references(dependent.inputs[key]).some((name) => going.includes(name)));
      if (refers && !going.includes(dependent.name)) going.push(dependent.name);
    }
    return going.reverse();
  }

  /** The same as before, and so is all that it refers to. */
  private isCalm({ name, inputs }: Item, { ids, gone }: Run): boolean {
    return !this.replaced.has(name) && !gone.has(name) && references(inputs).every((to) => ids.get(to) === to);
  }

  /** A rule's priority is a call of its own, and the first. */
  private half(item: Item, { cloud, gone, ...run }: Run): Run | undefined {
    const now = cloud.get(item.name);
    const { priority } = item.inputs;
    const isFirst = !gone.has(`half of ${item.name}`) && !this.replaced.has(item.name);
    if (item.kind !== "rule" || !now || !isFirst || now.inputs.priority === priority) return undefined;
    const moved = { ...now, inputs: { ...now.inputs, priority } };
    const half = with_(gone, `half of ${item.name}`);
    return { ...run, by: item, gone: half, cloud: new Map([...cloud, [item.name, moved]]) };
  }

  private registered(item: Item, run: Run): Run {
    const isReplaced = this.replaced.has(item.name);
    const stays = this.isKept(item.name) && !isReplaced && !run.gone.has(item.name);
    const id = stays || !this.old(item.name) ? item.name : `${item.name}, the new one`;
    const ids = new Map([...run.ids, [item.name, id]]);
    const inputs = resolved(item.inputs, (name) => ids.get(name));
    const old = run.cloud.get(id);
    const registers = (i: Record<string, unknown>) => JSON.stringify([i.loadBalancers, i.targetGroupArns]);
    const stillRuns = old?.waited === true && registers(old.inputs) === registers(inputs);
    const waited = isStaffed(inputs) && (stillRuns || (waits(inputs) && (!old || deploys(old.inputs, inputs))));
    return {
      ...run,
      by: item,
      ids,
      done: with_(run.done, item.name),
      cloud: new Map([...run.cloud, [id, { item, inputs, waited }]]),
    };
  }

  private old(name: string): Item | undefined {
    return this.before.find((item) => item.name === name);
  }

  private isKept(name: string): boolean {
    return this.old(name) !== undefined && this.after.some((item) => item.name === name);
  }
}

export function edges({ inputs, dependsOn = [] }: Item): string[] {
  return [...references(inputs), ...dependsOn];
}

function isStaffed({ desiredCount, desiredCapacity }: Record<string, unknown>): boolean {
  return Number(desiredCount ?? desiredCapacity ?? 0) > 0;
}

/** Whether the provider's step ends only when what runs is healthy. */
export function waits({ waitForSteadyState, waitForElbCapacity }: Record<string, unknown>): boolean {
  return waitForSteadyState === true || Number(waitForElbCapacity ?? 0) > 0;
}

/** Whether an update of a service is a deployment, for whose health the provider waits: it does not for a mere count. */
export function deploys(before: Record<string, unknown>, after: Record<string, unknown>): boolean {
  const made = (i: Record<string, unknown>) => JSON.stringify([i.taskDefinition, i.loadBalancers]);
  return before.desiredCount === undefined || made(before) !== made(after);
}

function typeOf({ kind }: Item): string {
  return TYPES[kind];
}

function without(cloud: Cloud, id: string): Cloud {
  return new Map([...cloud].filter(([key]) => key !== id));
}

function with_(set: ReadonlySet<string>, name: string): Set<string> {
  return new Set([...set, name]);
}

/** A request as a client sends it: a cookie is the id of the group that it was given for. */
export interface Request {
  host: string;
  path: string;
  cookie?: string;
}

type Forward = { targetGroups: { arn: string; weight: number }[]; stickiness: { enabled: boolean } };
type Action = { type: string; forward?: Forward };
export type Reply = { share: number; is404?: boolean; byCookie?: boolean };

/**
 * Whether the program takes the request's entry point away: in the end the balancer answers with its own 404, and the rule that
 * matched has not got another host in the place of the request's.
 */
export function isRetired(first: Cloud, last: Cloud, request: Request, full: ReadonlySet<string>): boolean {
  if (!reply(last, request, full).is404) return false;
  const [taker] = matching(first, request);
  const hosts = (cloud: Cloud) => hostsOf(cloud.get(taker?.item.name ?? "")?.inputs ?? {});
  const [before, after] = [hosts(first), hosts(last)];
  return after.includes(request.host) || after.every((host) => before.includes(host));
}

/**
 * The chance that the request is answered by a service: by the balancer's rules, from AWS's text.
 *
 * @param full groups that others fill
 */
export function reply(cloud: Cloud, request: Request, full: ReadonlySet<string>): Reply {
  const none = { share: 0, is404: true };
  const listener = cloud.get("web");
  if (!listener || !cloud.has(listener.inputs.loadBalancerArn as string)) return { share: 0 };
  const [first] = matching(cloud, request);
  const [action] = ((first?.inputs.actions ?? listener.inputs.defaultActions) as Action[]) ?? [];
  if (!action?.forward) return none;
  const { targetGroups, stickiness } = action.forward;
  const answers = (arn: string) => cloud.has(arn) && (full.has(arn) || isServed(cloud, arn));
  if (stickiness.enabled && request.cookie && targetGroups.some(({ arn }) => arn === request.cookie)) {
    return { share: answers(request.cookie) ? 1 : 0, byCookie: true };
  }
  const sum = targetGroups.reduce((total, { weight }) => total + weight, 0);
  const good = targetGroups.reduce((total, { arn, weight }) => total + (answers(arn) ? weight : 0), 0);
  return { share: sum > 0 ? good / sum : 0 };
}

/** The listener's rules that match, the first one first. */
function matching(cloud: Cloud, request: Request): Thing[] {
  return [...cloud.values()]
    .filter(({ item, inputs }) => item.kind === "rule" && inputs.listenerArn === "web" && matches(inputs, request))
    .sort((a, b) => Number(a.inputs.priority) - Number(b.inputs.priority));
}

export function isServed(cloud: Cloud, arn: string): boolean {
  return [...cloud.values()].some(({ item, inputs, waited }) => {
    if (item.kind === "attachment") {
      return inputs.lbTargetGroupArn === arn && cloud.get(inputs.autoscalingGroupName as string)?.waited === true;
    }
    return (item.kind === "target" || waited) && groupsOf(inputs).includes(arn);
  });
}

/** The groups that a service, a scaling group or an attachment registers targets in. */
export function groupsOf({
  loadBalancers,
  targetGroupArns,
  targetGroupArn,
  lbTargetGroupArn,
}: Thing["inputs"]): string[] {
  const served = ((loadBalancers ?? []) as { targetGroupArn: string }[]).map((one) => one.targetGroupArn);
  const single = [targetGroupArn, lbTargetGroupArn].filter((arn) => arn !== undefined) as string[];
  return [...served, ...((targetGroupArns ?? []) as string[]), ...single];
}

type Asked = { hostHeader?: { values: string[] }; pathPattern?: { values: string[] }; httpHeader?: object };

function hostsOf({ conditions = [] }: Record<string, unknown>): string[] {
  return (conditions as Asked[]).flatMap(({ hostHeader }) => hostHeader?.values ?? []);
}

function matches({ conditions }: Record<string, unknown>, { host, path }: Request): boolean {
  return (conditions as Asked[]).every(
    (c) =>
      (c.hostHeader?.values.includes(host) ?? true) &&
      (c.pathPattern?.values.includes(path) ?? true) &&
      c.httpHeader === undefined, // none of these clients sends one
  );
}
