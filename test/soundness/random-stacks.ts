import fc from "fast-check";
import {
  balancer,
  forward,
  group,
  type Item,
  listener,
  NOT_FOUND,
  type Program,
  ref,
  rule,
  service,
} from "../small-programs";

const GROUPS = ["A", "B", "C", "D"];

/** What runs behind a group: an ECS service, an Auto Scaling group that names it or is attached to it, or machines of others. */
type Runner = "service" | "service" | "scaling" | "attached" | "machines";

interface Shape {
  internal: boolean;
  byDefault: Action | undefined;
  groups: ({ port: number; named: boolean; deletedFirst: boolean; previewed: boolean } | undefined)[];
  runners: ({ kind: Runner; shares: boolean; also: number; count: number; waits: boolean; at: string } & Version)[];
  absent: boolean[];
  rules: ({ hosts: string[]; path: boolean; early: boolean; action: Action } | undefined)[];
  edges: "rules after runners" | "runners after rules" | "none";
}

interface Version {
  version: string;
  keepsNone: boolean;
}

interface Action {
  weights: number[];
  sticky: boolean;
}

const often = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 5 });
const oneIn = (n: number) => fc.integer({ min: 1, max: n }).map((drawn) => drawn === n);
const four = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: 4, maxLength: 4 });
const action = fc.record({ weights: four(fc.constantFrom(0, 0, 50, 100, 100)), sticky: oneIn(3) });

const shape: fc.Arbitrary<Shape> = fc.record({
  internal: oneIn(20),
  byDefault: fc.option(action, { nil: undefined, freq: 1 }),
  groups: four(
    often(
      fc.record({
        port: oneIn(8).map(Number),
        named: oneIn(8),
        deletedFirst: oneIn(8),
        previewed: oneIn(8).map((not) => !not),
      }),
    ),
  ),
  runners: four(
    fc.record({
      kind: fc.constantFrom<Runner>("service", "service", "service", "scaling", "attached", "machines"),
      shares: oneIn(5),
      also: fc.integer({ min: 0, max: 11 }),
      count: fc.constantFrom(0, 2, 2, 2, 2, 3),
      waits: oneIn(5).map((not) => !not),
      at: fc.constantFrom("x", "x", "x", "x", "y"),
      version: fc.constantFrom("v1", "v1", "v2"),
      keepsNone: oneIn(12),
    }),
  ),
  absent: four(oneIn(5)),
  rules: fc.array(
    often(
      fc.record({
        hosts: fc.constantFrom(["a"], ["b"], ["a", "b"]),
        path: fc.boolean(),
        early: fc.boolean(),
        action,
      }),
    ),
    { minLength: 3, maxLength: 3 },
  ),
  edges: fc.constantFrom(
    "rules after runners",
    "rules after runners",
    "rules after runners",
    "runners after rules",
    "none",
  ),
});

/** Two programs, one to be deployed after the other, that have from half of their parts to nearly all in common. */
export const randomStack: fc.Arbitrary<[Program, Program]> = fc
  .tuple(shape, shape, fc.integer({ min: 2, max: 10 }), fc.array(fc.nat(1000), { minLength: 21, maxLength: 21 }))
  .map(([a, b, kept, drawn]) => [programOf(a), programOf(mixed(a, b, (part) => (drawn[part] ?? 0) % kept > 0))]);

/** The second with many parts of the first. */
function mixed(a: Shape, b: Shape, isKept: (part: number) => boolean): Shape {
  const either = <T>(part: number, x: T, y: T) => (isKept(part) ? x : y);
  return {
    internal: either(0, a.internal, b.internal),
    byDefault: either(1, a.byDefault, b.byDefault),
    groups: a.groups.map((g, i) => either(2 + i, g, b.groups[i])),
    // Another kind of compute behind the same group is rare.
    runners: a.runners.map((r, i) =>
      either(6 + i, r, { ...(b.runners[i] ?? r), kind: either(17 + i, r, b.runners[i] ?? r).kind }),
    ),
    absent: a.absent.map((gone, i) => either(10 + i, gone, b.absent[i] ?? gone)),
    rules: a.rules.map((r, i) => either(14 + i, r, b.rules[i])),
    edges: b.edges,
  };
}

function programOf({ internal, byDefault, groups, runners, absent, rules, edges }: Shape): Program {
  const there = GROUPS.filter((_, i) => groups[i] !== undefined);
  const forwarded = ({ weights, sticky }: Action) =>
    forward(Object.fromEntries(there.map((name) => [name, weights[GROUPS.indexOf(name)]])), sticky);
  const own = groups.flatMap((g, i): Item[] => {
    if (!g) return [];
    const name = GROUPS[i] ?? "";
    const inputs = { port: 80 + g.port, name, __defaults: g.named ? [] : ["name"] };
    return [{ ...group(name, inputs), deleteBeforeReplace: g.deletedFirst }];
  });
  // ECS wants a group in a rule before it takes a service, and only then are its targets checked.
  const previews = groups.flatMap((g, i): Item[] => {
    const name = GROUPS[i] ?? "";
    if (!g?.previewed) return [];
    return [rule(`preview${name}`, { host: [], preview: name, priority: 100 + i }, forward({ [name]: 1 }))];
  });
  const running = runners.flatMap((r, i): Item[] => {
    // Most groups have one runner, some share their neighbour's.
    const behind = GROUPS[r.shares ? (i + 1) % 4 : i] ?? "";
    if (absent[i] || !there.includes(behind)) return [];
    const also = GROUPS[r.also] ?? "";
    const items = runner(`s${i}`, r, [behind, ...(also !== behind && there.includes(also) ? [also] : [])]);
    const dependsOn = [behind, also].map((name) => `preview${name}`).filter((n) => previews.some((p) => p.name === n));
    return items.map((item) => ({ ...item, dependsOn }));
  });
  const routing = rules.flatMap((r, i): Item[] => {
    if (!r || there.length === 0) return [];
    const priority = (r.early ? 1 : 4) + i;
    return [rule(`r${i}`, { host: r.hosts, path: r.path ? ["/x"] : undefined, priority }, forwarded(r.action))];
  });
  const edge = [
    balancer("lb", { internal, name: "lb", __defaults: ["name"] }),
    listener(byDefault && there.length > 0 ? forwarded(byDefault) : NOT_FOUND),
  ];
  const after = (items: Item[], on: Item[]) =>
    items.map((item) => ({ ...item, dependsOn: [...(item.dependsOn ?? []), ...on.map(({ name }) => name)] }));
  const base = [...own, ...edge, ...previews];
  if (edges === "rules after runners") return [...base, ...running, ...after(routing, running)];
  if (edges === "runners after rules") return [...base, ...routing, ...after(running, routing)];
  return [...base, ...running, ...routing];
}

function runner(
  name: string,
  { kind, count, waits, at, version, keepsNone }: Shape["runners"][number],
  behind: string[],
) {
  const [first = ""] = behind;
  if (kind === "machines") {
    const target = (n: number): Item => ({
      name: `${name}-${n}`,
      kind: "target",
      inputs: { targetGroupArn: ref(first), targetId: `i-${name}-${n}`, port: 80 },
    });
    return [target(1), target(2)];
  }
  if (kind === "service") {
    const own = {
      desiredCount: count,
      waitForSteadyState: waits,
      cluster: at,
      taskDefinition: `arn:${version}`,
      ...(keepsNone && { deploymentMinimumHealthyPercent: 0 }),
    };
    return [service(name, first, { ...own, loadBalancers: behind.map((g) => ({ targetGroupArn: ref(g) })) })];
  }
  const named = kind === "scaling" ? behind.map((g) => ref(g)) : [];
  const inputs = { desiredCapacity: count, minSize: 0, maxSize: 6, name, __defaults: ["name"], targetGroupArns: named };
  const scaling: Item = { name, kind: "scaling", inputs: { ...inputs, ...(waits && { waitForElbCapacity: count }) } };
  if (kind === "scaling") return [scaling];
  const attachment: Item = {
    name: `${name}-in`,
    kind: "attachment",
    inputs: { autoscalingGroupName: ref(name), lbTargetGroupArn: ref(first) },
  };
  return [scaling, attachment];
}
