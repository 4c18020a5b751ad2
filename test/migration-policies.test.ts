import { beforeAll, describe, expect, test } from "vitest";
import { fingerprints, loadParser } from "../migrations";
import { migrationLocks } from "../policies/migration-locks";
import { migrationOrder } from "../policies/migration-order";
import { planOf } from "../policies/plan";
import type { Resource } from "../traffic";
import { NOW, type StackShape, stack } from "./crossfade-stack";
import { resource } from "./resources";

beforeAll(loadParser);

const FILES = [
  { number: 1, name: "0001_orders.sql", sql: "CREATE TABLE orders (id bigint PRIMARY KEY, note text)" },
  { number: 2, name: "0002_phone.sql", sql: "ALTER TABLE orders ADD COLUMN phone text" },
  { number: 3, name: "0003_no_note.sql", sql: "ALTER TABLE orders DROP COLUMN note" },
];

interface Shape extends StackShape {
  /** The schema that the database is brought to; without it there is no migration. */
  to?: number;
  /** What it has been brought to; the same, where nothing has failed. */
  ran?: number;
  phase?: "expand" | "contract";
  files?: typeof FILES;
  /** The schemas on which each color's version works. */
  schema?: { blue?: string; green?: string };
}

const ONE = { tasks: { blue: 4 } };
const BOTH = { tasks: { blue: 4, green: 4 } };
const RANGES = { blue: ">=1 <=2", green: ">=2 <=3" };

function state({ to, ran = to ?? 0, phase = "expand", files = FILES, schema = RANGES, ...shape }: Shape): Resource[] {
  const inputs = { phase, to, postgres: 16, files };
  const migration = resource("shop", "crossfade:index:Migration", inputs, { custom: false });
  const kept = { version: ran, files: fingerprints(files.filter(({ number }) => number <= ran)) };
  const schemaOf = resource("shop-schema", "pulumi:index:Stash", { input: kept }, { parent: migration.urn });
  const all = stack(shape).map((r) => {
    const range = schema[r.inputs.color as "blue" | "green"];
    return range && r.type === "crossfade:index:FargateEnvironment"
      ? { ...r, inputs: { ...r.inputs, schema: range } }
      : r;
  });
  return to === undefined ? all : [...all, migration, ...(ran > 0 ? [schemaOf] : [])];
}

function found(policy: typeof migrationOrder, before: Shape, after: Shape): string[] {
  const findings = policy.judge(planOf(state(before), state(after), NOW));
  return findings.map(({ what, advisory }) => `${advisory ? "said" : "refused"}: ${what}`);
}

const order = (before: Shape, after: Shape) => found(migrationOrder, before, after);
const locks = (before: Shape, after: Shape) => found(migrationLocks, before, after);

describe("the way of a release", () => {
  test("is legal step by step", () => {
    const installed = { ...ONE, to: 1 };
    const expanded = { ...BOTH, to: 2 };
    const canary = { ...expanded, stage: "canary-5" };
    const full = { ...expanded, stage: "full" };
    const finished = { ...expanded, stable: "green" } as const;
    const alone = { ...finished, tasks: { green: 4 } };
    const contracted = { ...alone, to: 3, phase: "contract" } as const;
    const steps: Shape[] = [installed, expanded, canary, full, finished, alone];
    for (const [at, step] of steps.slice(1).entries()) expect(order(steps[at] as Shape, step)).toEqual([]);
    expect(order(alone, contracted)).toEqual([
      'said: "shop" contracts the schema from 2 to 3: it closes the way back.',
    ]);
    expect(locks(alone, contracted)).toEqual([]);
    expect(order({ ...expanded, stage: "canary-5" }, expanded)).toEqual([]); // the way back
  });

  test("begins with an empty database", () => {
    expect(planOf([], state({ ...ONE, to: 2 }), NOW).prior).toEqual([]);
    expect(migrationOrder.judge(planOf([], state({ ...ONE, to: 2 }), NOW))).toEqual([]);
    expect(migrationLocks.judge(planOf([], state({ ...ONE, to: 3, phase: "contract" }), NOW))).toEqual([]);
  });
});

describe("a contract", () => {
  const to3 = { to: 3, phase: "contract" } as const;
  const green = { stable: "green", to: 2 } as const;
  const old = "The version of blue works on schema 1 to 2, and the database would have schema 3";

  test("is refused while an environment is there whose version does not work on it, and in the update that removes it", () => {
    expect(order({ ...BOTH, ...green }, { ...BOTH, ...green, ...to3 })).toContain(`refused: ${old}.`);
    expect(order({ ...BOTH, ...green }, { tasks: { green: 4 }, ...green, ...to3 })).toContain(
      'refused: "shop" would contract the schema to 3 in the update that removes the environment of blue.',
    );
    expect(order({ ...BOTH, to: 2, stage: "full" }, { ...BOTH, ...to3, stage: "full" })).toContain(`refused: ${old}.`);
    const silent = { blue: undefined, green: ">=2" };
    expect(order({ ...BOTH, ...green }, { ...BOTH, ...green, ...to3, schema: silent })).toContain(
      "refused: The version of blue does not say on which schemas it works, and the database would have schema 3.",
    );
  });

  test("is refused where the version that serves does not work on it", () => {
    expect(order({ ...ONE, to: 2 }, { ...ONE, ...to3 })).toContain(
      "refused: The version of blue works on schema 1 to 2, and the database would have schema 3, while it has 100 % of the requests.",
    );
  });

  test("closes the way back: of a version that is older no weight comes after it", () => {
    const after = { stable: "green", ...to3 } as const;
    const returned = { ...after, ...BOTH };
    const works = "The version of blue works on schema 1 to 2, and the database has schema 3";
    expect(order({ ...after, tasks: { green: 4 } }, returned)).toEqual([`said: ${works}.`]);
    expect(order(returned, { ...returned, stage: "canary-5" })).toEqual([
      `refused: ${works}, while it has 5 % of the requests.`,
    ]);
    expect(order(returned, { ...returned, stable: "blue" })).toEqual([
      `refused: ${works}, while it has 100 % of the requests.`,
    ]);
  });
});

describe("an expand", () => {
  test("is refused in the update that raises a weight", () => {
    expect(order({ ...BOTH, to: 1, schema: {} }, { ...BOTH, to: 2, stage: "canary-5" })).toEqual([
      'refused: "shop" would bring the schema to 2 while "shop" gives the candidate more weight.',
    ]);
  });

  test("is refused beyond the range of a version with weight, and where that says none", () => {
    const apart = { blue: "<=1", green: ">=2" };
    expect(order({ ...ONE, to: 1, schema: apart }, { ...BOTH, to: 2, schema: apart })).toEqual([
      "refused: The version of blue works on schema 1 and before, and the database would have schema 2, while it has 100 % of the requests.",
    ]);
    expect(order({ ...ONE, to: 1, schema: {} }, { ...ONE, to: 2, schema: {} })).toEqual([
      "refused: The version of blue does not say on which schemas it works, and the database would have schema 2, while it has 100 % of the requests.",
    ]);
  });

  test("is refused where a version that it is to work with goes in place, for it is asked until it has gone", () => {
    const [before, after] = [{ blue: "<=1" }, { blue: ">=2" }];
    expect(order({ ...ONE, to: 1, schema: before }, { ...ONE, to: 2, schema: after })).toEqual([
      "refused: The version of blue works on schema 1 and before, and the database would have schema 2, while it has 100 % of the requests.",
    ]);
  });

  test("is refused in the first update with a migration, where the versions do not say their ranges", () => {
    expect(order({ ...ONE, schema: {} }, { ...ONE, to: 1, schema: {} })).toHaveLength(1);
    expect(order(ONE, { ...ONE, to: 1 })).toEqual([]);
  });

  test("is refused where it locks for long, or takes what the version before uses", () => {
    const locking = [
      ...FILES.slice(0, 1),
      { number: 2, name: "0002_phone.sql", sql: "CREATE INDEX i ON orders (note)" },
    ];
    expect(locks({ ...ONE, to: 1, files: locking }, { ...BOTH, to: 2, files: locking })).toEqual([
      'refused: 0002_phone.sql, line 1: "orders" is locked in mode SHARE while an index is built of all of its rows.',
    ]);
    expect(locks({ ...ONE, to: 2 }, { ...ONE, to: 3 })).toEqual([
      "refused: 0003_no_note.sql, line 1: column orders.note goes.",
    ]);
    expect(locks({ ...ONE, to: 1 }, { ...ONE, to: 1 })).toEqual([]); // what is not run yet is not judged
  });
});

describe("a file that has been run", () => {
  const edited = (at: number) => FILES.map((file) => (file.number === at ? { ...file, sql: `${file.sql}; ` } : file));
  test("cannot be changed or go, and the schema does not go back", () => {
    const before = { ...ONE, to: 2 };
    expect(order(before, { ...before, files: edited(2) })).toEqual([
      "refused: 0002_phone.sql says something else than when it was run.",
    ]);
    expect(order(before, { ...before, files: FILES.slice(1) })).toEqual([
      "refused: 0001_orders.sql is not there any more.",
    ]);
    expect(order(before, { ...before, to: 1 })).toContain('refused: "shop" would bring the schema from 2 back to 1.');
    expect(order(before, { ...before, files: edited(3) })).toEqual([]);
  });

  test("is one that a job has run, whatever was asked of it", () => {
    const failed = { ...ONE, to: 2, ran: 1 };
    expect(order(failed, { ...failed, ran: 2, files: edited(2) })).toEqual([]);
    const locking = edited(2).map((file) =>
      file.number === 2 ? { ...file, sql: "CREATE INDEX i ON orders (note)" } : file,
    );
    expect(locks({ ...failed, files: locking }, { ...failed, ran: 2, files: locking })).toHaveLength(1);
  });
});

test("what was so before an update is said", () => {
  const apart = { ...BOTH, to: 2, schema: { blue: "<=1", green: ">=2" } };
  expect(order(apart, apart)).toEqual([
    expect.stringMatching(/^said: The version of blue works on schema 1 and before/),
  ]);
});
