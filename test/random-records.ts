import fc from "fast-check";
import { balancer, forward, group, type Item, type Program, record, ref, service } from "./small-programs";

const EDGES = ["A", "B"];

interface Edge {
  count: number;
  waits: boolean;
  port: number;
}

interface Shape {
  edges: (Edge | undefined)[];
  records: ({ to: number; weight: number } | undefined)[];
  /** Records wait for listeners, listeners for services. */
  ordered: boolean;
}

const mostly = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 6 });
const shape: fc.Arbitrary<Shape> = fc.record({
  edges: fc.array(
    mostly(
      fc.record({
        count: fc.constantFrom(0, 2, 2, 2),
        waits: fc.constantFrom(true, true, false),
        port: fc.constantFrom(443, 443, 443, 80),
      }),
    ),
    { minLength: 2, maxLength: 2 },
  ),
  records: fc.array(mostly(fc.record({ to: fc.integer({ min: 0, max: 1 }), weight: fc.constantFrom(0, 50, 100) })), {
    minLength: 3,
    maxLength: 3,
  }),
  ordered: fc.boolean(),
});

/** Two programs of which the second has most parts of the first. */
export const randomRecords = fc
  .tuple(shape, shape, fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 5, maxLength: 5 }))
  .map(([a, b, kept]) => {
    const either = <T>(i: number, x: T, y: T) => ((kept[i] ?? 0) > 0 ? x : y);
    const mixed: Shape = {
      edges: a.edges.map((edge, i) => either(i, edge, b.edges[i])),
      records: a.records.map((r, i) => either(2 + i, r, b.records[i])),
      ordered: b.ordered,
    };
    return [programOf(a), programOf(mixed)] as const;
  });

function programOf({ edges, records, ordered }: Shape): Program {
  const own = edges.flatMap((edge, i): Item[] => {
    const name = EDGES[i] ?? "";
    if (!edge) return [];
    const { count: desiredCount, waits: waitForSteadyState, port } = edge;
    const inputs = { loadBalancerArn: ref(`lb${name}`), port, defaultActions: [forward({ [`g${name}`]: 1 })] };
    return [
      group(`g${name}`),
      service(`s${name}`, `g${name}`, { desiredCount, waitForSteadyState }),
      balancer(`lb${name}`),
      { name: `l${name}`, kind: "listener", inputs, dependsOn: ordered ? [`s${name}`] : [] },
    ];
  });
  const named = records.flatMap((r, i): Item[] => {
    const to = EDGES[r?.to ?? 0] ?? "";
    if (!r || !edges[r.to]) return [];
    return [record(`r${i}`, `lb${to}`, { weight: r.weight }, {}, { dependsOn: ordered ? [`l${to}`] : [] })];
  });
  return [...own, ...named];
}
