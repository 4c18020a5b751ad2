import { z } from "zod";
import { at, formerOf, number, type Resource, sameValue } from "../traffic";
import { policy } from "./policy";
import { type Home, homesOf, type Migration, migrationsIn } from "./reading/migrations";
import { BACKGROUND, ENVIRONMENTS } from "./reading/types";

export const connectionBudget = policy({
  name: "connection-budget",
  description: "Refuses environments whose pools together are more connections than the database has.",
  mechanism:
    'In a release there are two environments, and each task or pod of both has a pool. "Whenever the number of active concurrent connections is at least max_connections minus superuser_reserved_connections, new connections will be accepted only for superusers" (PostgreSQL\'s manual, "Connections and Authentication"), so that the version that serves is refused with the other one, and nobody has changed it. Counted are the most tasks that each may have, each with `connections`, workers and scheduled tasks among them; an environment whose version is changed in place has both versions while it rolls (ECS 200 %, an instance refresh 200 %, a Deployment 125 %); one that goes is there until it has gone; and one is the migration\'s own. `maxConnections` of the `Migration` says what there is.',
  safeWay:
    "Smaller pools, a pooler between, or a larger server, before the candidate comes. Fewer tasks of the candidate are enough for its first stages, where `capacity` lets it have the weight.",
  hazards: ["A28"],
  settings: z.strictObject({}),
  wholePlanOnly: true,
  judge: (plan) => {
    const migrations = migrationsIn(plan.desired);
    return migrations.flatMap((migration) => {
      const limit = number(migration.resource.inputs.maxConnections);
      if (limit === undefined) return [];
      const isOnly = migrations.length === 1;
      const was = homesOf(migration, plan.prior, isOnly, CONNECTED);
      const comes = homesOf(migration, plan.desired, isOnly, CONNECTED);
      const after = poolsAfter(was, comes);
      const before = was.map(poolOf);
      const silent = after.find(({ connections }) => connections === undefined);
      const [needs, needed] = [sum(after), sum(before)];
      if (!silent && needs <= limit) return [];
      const wasSo = needs <= needed && after.length <= before.length && limit >= mostBefore(migration, plan.prior);
      return [
        {
          urn: migration.resource.urn,
          what: silent
            ? `The version of ${silent.color} does not say how many connections each of its tasks may hold, and the database has ${limit}.`
            : `${after.map(spoken).join(", ")} and one of the migration's own are ${needs} connections, and the database has ${limit}.`,
          why: "Beyond that each new connection is refused, also to the version that serves: requests of both fail.",
          instead: silent
            ? `Set connections for ${silent.color}: the size of the pool of one task.`
            : "Make the pools smaller, put a pooler between, or give the server more max_connections, in an update before.",
          ...(wasSo && { advisory: true }),
        },
      ];
    });
  },
});

/** Workers and scheduled tasks have pools, too. */
const CONNECTED = [...ENVIRONMENTS, ...BACKGROUND];

/** The connections of an environment. */
interface Pool {
  color: string;
  tasks: number;
  /** Of each; undefined where it does not say. */
  connections: number | undefined;
  why?: "while it rolls" | "until it has gone";
}

/** What there may be at once: what comes, what is changed in place twice, and what goes. */
function poolsAfter(was: readonly Home[], comes: readonly Home[]): Pool[] {
  const stay = comes.map((home) => {
    const before = was.find(({ environment }) => environment.urn === home.environment.urn);
    const pool = poolOf(home);
    if (!before || !rolls(before.environment, home.environment)) return pool;
    const tasks = Math.ceil(pool.tasks * (SURGE[home.environment.type] ?? 2));
    const connections = most(pool.connections, poolOf(before).connections);
    return { ...pool, tasks, connections, why: "while it rolls" as const };
  });
  const goes = was.filter(({ environment }) => !comes.some((home) => home.environment.urn === environment.urn));
  return [...stay, ...goes.map((home) => ({ ...poolOf(home), why: "until it has gone" as const }))];
}

/** How many times its tasks an environment has while a version rolls; twice where nothing else is said. */
const SURGE: Readonly<Record<string, number>> = {
  "crossfade:index:KubernetesEnvironment": 1.25,
  "crossfade:index:KubernetesWorkers": 1.25,
};

function poolOf({ environment: { inputs }, color }: Home): Pool {
  // The components' default.
  const tasks = number(at(inputs.scaling, "max")) ?? number(inputs.replicas) ?? 2;
  return { color, tasks, connections: number(inputs.connections) };
}

/** What makes another version of it, whose tasks come beside those that are there. */
const OF_A_VERSION = ["image", "command", "env", "secrets", "cpu", "memory", "sidecars", "port", "stop"];

function rolls(before: Resource, after: Resource): boolean {
  return OF_A_VERSION.some((key) => !sameValue(before.inputs[key], after.inputs[key]));
}

function sum(pools: readonly Pool[]): number {
  return 1 + pools.reduce((all, { tasks, connections = 0 }) => all + tasks * connections, 0);
}

function spoken({ color, tasks, connections, why }: Pool): string {
  return `${tasks} tasks of ${color} with ${connections} each${why ? ` (${why})` : ""}`;
}

function most(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : Math.max(one, other);
}

/** What the database had before the update: less than that is the update's doing. */
function mostBefore({ resource }: Migration, prior: readonly Resource[]): number {
  return number(formerOf(resource, prior)?.inputs.maxConnections) ?? 0;
}
