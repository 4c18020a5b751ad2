import fc from "fast-check";
import {
  balancer,
  forward,
  group,
  type Item,
  listener,
  NOT_FOUND,
  type Program,
  rule,
  service,
} from "./small-programs";

const GROUPS = ["A", "B", "C"];

interface Shape {
  balancer: { internal: boolean; named: boolean };
  byDefault: Action | undefined;
  groups: ({ port: number; named: boolean } | undefined)[];
  services: ({ behind: number; count: number; waits: boolean; cluster: string } | undefined)[];
  rules: ({ hosts: string[]; path: boolean; early: boolean; action: Action } | undefined)[];
  edges: "rules after services" | "services after rules" | "none";
}

interface Action {
  weights: number[];
  sticky: boolean;
}

const often = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 5 });
const rarely = fc.integer({ min: 0, max: 7 }).map((n) => n === 0);
const action = fc.record({
  weights: fc.array(fc.constantFrom(0, 50, 100), { minLength: 3, maxLength: 3 }),
  sticky: fc.boolean(),
});

const shape: fc.Arbitrary<Shape> = fc.record({
  balancer: fc.record({ internal: rarely, named: fc.boolean() }),
  byDefault: fc.option(action, { nil: undefined, freq: 1 }),
  groups: fc.array(often(fc.record({ port: rarely.map(Number), named: rarely })), { minLength: 3, maxLength: 3 }),
  services: fc.array(
    often(
      fc.record({
        behind: fc.integer({ min: 0, max: 2 }),
        count: fc.constantFrom(0, 2, 2, 2, 3),
        waits: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
        cluster: fc.constantFrom("x", "x", "x", "y"),
      }),
    ),
    { minLength: 3, maxLength: 3 },
  ),
  rules: fc.array(
    often(
      fc.record({
        hosts: fc.constantFrom(["a"], ["b"], ["a", "b"]),
        path: fc.boolean(),
        early: fc.boolean(),
        action,
      }),
    ),
    { minLength: 2, maxLength: 2 },
  ),
  edges: fc.constantFrom("rules after services", "rules after services", "services after rules", "none"),
});

/** Two programs that have much in common, one to be deployed after the other. */
export const randomPlan: fc.Arbitrary<[Program, Program]> = fc
  .tuple(shape, shape, fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 10, maxLength: 10 }))
  .map(([a, b, kept]) => [programOf(a), programOf(mixed(a, b, kept))]);

/** The second with most parts of the first. */
function mixed(a: Shape, b: Shape, kept: number[]): Shape {
  const either = <T>(i: number, x: T, y: T) => ((kept[i] ?? 0) > 0 ? x : y);
  return {
    balancer: either(0, a.balancer, b.balancer),
    byDefault: either(1, a.byDefault, b.byDefault),
    groups: a.groups.map((g, i) => either(2 + i, g, b.groups[i])),
    services: a.services.map((s, i) => either(5 + i, s, b.services[i])),
    rules: a.rules.map((r, i) => either(8 + i, r, b.rules[i])),
    edges: b.edges,
  };
}

function programOf({ balancer: lb, byDefault, groups, services, rules, edges }: Shape): Program {
  const there = GROUPS.filter((_, i) => groups[i] !== undefined);
  const forwarded = ({ weights, sticky }: Action) =>
    forward(Object.fromEntries(there.map((name) => [name, weights[GROUPS.indexOf(name)]])), sticky);
  const acting = (a: Action | undefined) => (a && there.length > 0 ? forwarded(a) : NOT_FOUND);
  const own = groups.flatMap((g, i): Item[] => {
    if (!g) return [];
    const name = GROUPS[i] ?? "";
    return [group(name, { port: 80 + g.port, name, __defaults: g.named ? [] : ["name"] })];
  });
  const running = services.flatMap((s, i): Item[] => {
    const behind = GROUPS[s?.behind ?? -1];
    if (!s || behind === undefined || !there.includes(behind)) return [];
    const { count: desiredCount, waits: waitForSteadyState, cluster } = s;
    return [service(`s${i}`, behind, { desiredCount, waitForSteadyState, cluster })];
  });
  const routing = rules.flatMap((r, i): Item[] => {
    if (!r || there.length === 0) return [];
    const priority = (r.early ? 1 : 3) + i;
    return [rule(`r${i}`, { host: r.hosts, path: r.path ? ["/x"] : undefined, priority }, forwarded(r.action))];
  });
  const edge = [
    balancer("lb", { internal: lb.internal, name: "lb", __defaults: lb.named ? [] : ["name"] }),
    listener(acting(byDefault)),
  ];
  const after = (items: Item[], on: Item[]) =>
    items.map((item) => ({ ...item, dependsOn: on.map(({ name }) => name) }));
  if (edges === "rules after services") return [...own, ...running, ...edge, ...after(routing, running)];
  if (edges === "services after rules") return [...own, ...edge, ...routing, ...after(running, routing)];
  return [...own, ...edge, ...running, ...routing];
}
