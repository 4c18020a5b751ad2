import type { Color } from "../../traffic";
import { imageOf, type StackShape } from "../crossfade-stack";
import { ref } from "../small-programs";
import { type Change, type Pair, pair } from "./case";
import { type Item, item, mapped } from "./item";
import { ours, withMore } from "./worlds";

const both = (before: StackShape, after: StackShape) => ({ prior: ours(before), desired: ours(after) });

/** The schema goes from 1 to 2, by this statement, under versions that work on these schemas. */
function migrated(sql: string, schema: string): Change {
  const files = [
    { number: 1, name: "1_orders.sql", sql: "CREATE TABLE orders (id bigint PRIMARY KEY, note text)" },
    { number: 2, name: "2_next.sql", sql },
  ];
  const at = (to: number) => [
    ...ours({}).map((one) =>
      one.type === "crossfade:index:FargateEnvironment"
        ? { ...one, inputs: { ...one.inputs, database: "{case}-db", schema } }
        : one,
    ),
    item("crossfade:index:Migration", "db", { phase: "expand", to, postgres: 16, files }, { component: true }),
    item("pulumi:index:Stash", "db-schema", { input: { version: to, files: {} } }, { parent: "db" }),
  ];
  return { prior: at(1), desired: at(2) };
}

/** A candidate comes, of four tasks with so many connections each, to a database that has a hundred. */
function budgeted(connections: number): Change {
  const inputs = { phase: "expand", to: 1, postgres: 16, files: [], maxConnections: 100 };
  const at = (tasks: StackShape["tasks"]) => [
    ...ours({ tasks }).map((one) =>
      one.type === "crossfade:index:FargateEnvironment"
        ? { ...one, inputs: { ...one.inputs, database: "{case}-db", schema: "1", replicas: 4, connections } }
        : one,
    ),
    item("crossfade:index:Migration", "db", inputs, { component: true }),
    item("pulumi:index:Stash", "db-schema", { input: { version: 1, files: {} } }, { parent: "db" }),
  ];
  return { prior: at({ blue: 4 }), desired: at({ blue: 4, green: 4 }) };
}

/** A worker of a color, beside both. Whose it is is told by its image, so no other case has these. */
function unasked(color: Color): Change {
  const own = (items: Item[]) =>
    mapped(items, (value) => (typeof value === "string" ? value.replaceAll("shop@", "{case}@") : value));
  return { prior: own(ours()), desired: own([...ours(), ...worker(imageOf(color, {}))]) };
}

/** A service that no balancer asks, with this image. */
function worker(image: string): Item[] {
  const containerDefinitions = JSON.stringify([{ name: "service", image }]);
  return [
    item("aws:ecs/taskDefinition:TaskDefinition", "mailer-td", {
      family: "mailer-{case}",
      containerDefinitions,
      skipDestroy: true,
    }),
    item("aws:ecs/service:Service", "mailer", { desiredCount: 1, taskDefinition: ref("mailer-td") }),
  ];
}

/** What a color's version is said to serve and to need, beside what another stack has released. */
function beside(
  [before, after]: [StackShape, StackShape],
  versions: Partial<Record<string, object>>,
  contract: string,
): Change {
  const released = { image: "cart", share: 100, contract };
  const reading = { release: { stable: "blue", stage: "idle", versions: { blue: released } } };
  const neighbour = { stack: "acme/{case}/prod", own: "acme/shop/{case}", roles: ["requires"], reading };
  const at = (shape: StackShape) => [
    ...ours(shape).map((one) =>
      one.type === "crossfade:index:FargateEnvironment"
        ? { ...one, inputs: { ...one.inputs, ...versions[String(one.inputs.color)] } }
        : one,
    ),
    item("crossfade:index:Neighbour", "cart", neighbour, { component: true }),
  ];
  return { prior: at(before), desired: at(after) };
}

/** The first stage, and what a transform of the program makes of the rule: these weights, and a tag. */
function transformed(blue: number, green: number): Change {
  const { prior, desired } = both({}, { stage: "canary-5" });
  const targetGroups = [
    { arn: ref("blue-tg"), weight: blue },
    { arn: ref("green-tg"), weight: green },
  ];
  const actions = [{ type: "forward", forward: { targetGroups, stickiness: { enabled: true, duration: 3600 } } }];
  return { prior, desired: withMore(desired, { "shop-lr": { inputs: { actions, tags: { team: "shop" } } } }) };
}

const FIRST_USERS: [StackShape, StackShape] = [{}, { stage: "canary-5" }];

/** Hazards of a rollout of ours. */
export const ourPairs: Pair[] = [
  pair("h41", {
    hazards: ["41"],
    policy: "stage-order",
    change: (stage: string) => both({}, { stage }),
    refused: "canary-50",
    passes: "canary-5",
  }),
  pair("h41b", {
    hazards: ["41"],
    policy: "bake-time",
    change: (movedAgo: number) => both({ stage: "canary-5", movedAgo }, { stage: "canary-50" }),
    refused: 300,
    passes: 900,
  }),
  pair("h41c", {
    hazards: ["41"],
    policy: "one-change",
    change: (versions: StackShape["versions"]) => both({}, { stage: "canary-5", versions }),
    refused: { green: "arn:green:v2" },
    passes: {},
  }),
  pair("hA27", {
    hazards: ["A27"],
    policy: "bake-time",
    // A tag has touched the rule a moment ago.
    change: (movedAgo: number) =>
      both({ stage: "canary-5", movedAgo, touchedAgo: 30 }, { stage: "canary-50", movedAgo }),
    refused: 300,
    passes: 900,
  }),
  pair("hA3", {
    hazards: ["A3"],
    policy: "stage-order",
    change: (stage: string) => both({ stage }, { stable: "green" }),
    refused: "idle",
    passes: "full",
  }),
  pair("h27c", {
    hazards: ["27"],
    policy: "single-writer",
    change: ([blue, green]: [number, number]) => transformed(blue, green),
    refused: [50, 50],
    // The shares of the stage, of nearly a thousand.
    passes: [855, 45],
  }),
  pair("h46", {
    hazards: ["46"],
    policy: "migration-locks",
    change: (sql: string) => migrated(sql, "<=2"),
    refused: "CREATE INDEX by_note ON orders (note)",
    passes: "ALTER TABLE orders ADD COLUMN phone text",
  }),
  pair("h46b", {
    hazards: ["46"],
    policy: "migration-order",
    change: (schema: string) => migrated("ALTER TABLE orders ADD COLUMN phone text", schema),
    refused: "<=1",
    passes: "<=2",
  }),
  pair("hA5", {
    hazards: ["A5"],
    policy: "background-work",
    change: unasked,
    refused: "green",
    passes: "blue",
  }),
  pair("hA28", {
    hazards: ["A28"],
    policy: "connection-budget",
    change: budgeted,
    refused: 20,
    passes: 10,
  }),
  pair("hA29", {
    hazards: ["A29"],
    policy: "dependency-released",
    change: (contract: string) => {
      const green = { requires: [{ stack: "acme/{case}/prod", contract: ">=4" }] };
      return beside(FIRST_USERS, { green }, contract);
    },
    refused: "3",
    passes: ">=3 <=4",
  }),
  pair("hA7", {
    hazards: ["A7"],
    policy: "rejected-release",
    // The rollback is deployed; the commit that is applied is of before it.
    change: (green: string) =>
      both({ versions: { green }, rejected: ["taken-back"] }, { versions: { green }, stage: "canary-5" }),
    refused: "taken-back",
    passes: "built-anew",
  }),
  pair("hA4", {
    hazards: ["A4", "31"],
    policy: "capacity",
    change: (live: number) =>
      both({ stage: "canary-5", autoscaled: { live } }, { stage: "canary-50", autoscaled: { live } }),
    refused: 12,
    passes: 4,
  }),
];
