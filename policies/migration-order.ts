import { z } from "zod";
import { fingerprint } from "../migrations";
import { COLORS, desiredShares, inRange, type Resource, spokenRange } from "../traffic";
import type { Plan } from "./plan";
import { type Finding, policy } from "./policy";
import { type Home, homesOf, type Migration, migrationsIn, type Ran, ranBefore } from "./reading/migrations";
import { environmentOf, type RouteChange, routeChanges } from "./reading/rollouts";
import { named } from "./reading/words";

export const migrationOrder = policy({
  name: "migration-order",
  description:
    "Refuses a schema that a version with weight does not work on, and a contract before the old environment is gone.",
  mechanism:
    "During a rollout both versions use one database, and a way back is one only while the version before works on what is there. So a schema changes in two steps (Fowler, ParallelChange): an `expand`, on which both versions work, before the candidate has weight; a `contract`, which takes away what only the version before used, when its environment is gone. That one may go only after its hold time, by `hold-time`. A color's `schema` range says on which versions its image works.",
  safeWay:
    "Expand with the candidate's line at `idle`; promote and finish; remove the old color's line; contract in an update of its own. After it there is no way back to a version that does not know the new schema: what is needed then is a new version.",
  hazards: ["46"],
  settings: z.strictObject({}),
  wholePlanOnly: true,
  judge: (plan) => {
    const migrations = migrationsIn(plan.desired);
    const routes = migrations.length > 0 ? routeChanges(plan) : [];
    return migrations.flatMap((migration) => {
      const isOnly = migrations.length === 1;
      const scene: Scene = {
        migration,
        ran: ranBefore(migration, plan.prior),
        was: homesOf(migration, plan.prior, isOnly),
        comes: homesOf(migration, plan.desired, isOnly),
        routesOf: (home) => routesTo(home, routes, plan),
      };
      return [...rewritten(scene), ...order(scene), ...ranges(scene)];
    });
  },
});

/** A migration, with the environments on its database before the update and after it. */
interface Scene {
  migration: Migration;
  ran: Ran;
  was: readonly Home[];
  comes: readonly Home[];
  routesOf(home: Home): RouteChange[];
}

/** What has been run cannot be changed: the database has what the file said then. */
function rewritten({ migration: { resource, files, to }, ran }: Scene): Finding[] {
  const changed = Object.entries(ran.files).flatMap(([name, said]) => {
    const now = files.find((file) => file.name === name);
    if (!now) return [{ name, what: "is not there any more" }];
    return fingerprint(now) === said ? [] : [{ name, what: "says something else than when it was run" }];
  });
  const findings = changed.map(({ name, what }) => ({
    urn: resource.urn,
    what: `${name} ${what}.`,
    why: "The database has what the file said then, a new one would get what it says now: the two differ, and nobody knows in what.",
    instead: `Put ${name} back as it was, and write the change into a file with a new number.`,
  }));
  if (to >= ran.version) return findings;
  const back = {
    urn: resource.urn,
    what: `${named(resource)} would bring the schema from ${ran.version} back to ${to}.`,
    why: "A migration is not undone: what a file has taken away, its rows among it, no file brings back.",
    instead: `Leave it at ${ran.version}. What must be as before is made by a file with a new number.`,
  };
  return [...findings, back];
}

/** Expand, candidate, contract: each in an update of its own. */
function order({ migration, ran, was, comes, routesOf }: Scene): Finding[] {
  const { resource, phase, to } = migration;
  if (to <= ran.version || was.length === 0) return [];
  const routes = new Set([...was, ...comes].flatMap(routesOf));
  const raised = [...routes].filter(raises).map(({ route }) => ({
    urn: resource.urn,
    what: `${named(resource)} would bring the schema to ${to} while ${named(route)} gives the candidate more weight.`,
    why: "If something is wrong afterwards, nobody can tell by which of the two; and only one of them has a way back.",
    instead: "Migrate in an update of its own, before.",
  }));
  if (phase === "expand") return raised;
  const goes = was.filter((home) => !works(home, to) && !comes.some(({ environment }) => isSame(environment, home)));
  const early = goes.map(({ color }) => ({
    urn: resource.urn,
    what: `${named(resource)} would contract the schema to ${to} in the update that removes the environment of ${color}.`,
    why: "Its version uses what the contract takes away, and the engine may run the contract first.",
    instead: `Remove the line of ${color} in an update before, then contract.`,
  }));
  const closes = {
    urn: resource.urn,
    what: `${named(resource)} contracts the schema from ${ran.version} to ${to}: it closes the way back.`,
    why: `No version that needs schema ${ran.version} can have weight after it, the one before this release among them.`,
    instead: "Be sure of the version that serves: if something is wrong with it later, only a new version helps.",
    advisory: true,
  };
  return [...raised, ...early, closes];
}

function raises({ wire, asked }: RouteChange): boolean {
  const shares = desiredShares(asked);
  return wire !== undefined && COLORS.some((color) => color !== asked.stable && shares[color] > (wire[color] ?? 0));
}

/** Who has weight works on the schema that is there, before the update and after it; a contract needs it of all that are there. */
function ranges({ migration: { resource, phase, to }, ran, was, comes, routesOf }: Scene): Finding[] {
  const moves = ran.version !== to;
  return comes.flatMap((home): Finding[] => {
    const before = was.find((other) => isSame(other.environment, home));
    // Where its version changes in this update, that of before is asked until the last of it has gone.
    const wrong = [home, ...(before?.range && moves ? [before] : [])].find((each) => !works(each, to));
    if (!wrong) return [];
    const { environment, color } = home;
    const routes = routesOf(home);
    const had = Math.max(0, ...routes.map(({ wire }) => wire?.[color] ?? 0));
    const has = Math.max(0, ...routes.map(({ asked }) => desiredShares(asked)[color]));
    const serves = had > 0 || has > 0;
    const contracts = moves && phase === "contract";
    const wasSo = !moves && had >= has && before?.environment.inputs.schema === environment.inputs.schema;
    const share = serves ? `, while it has ${Math.max(had, has)} % of the requests` : "";
    return [
      {
        urn: (moves ? resource : (routes[0]?.route ?? environment)).urn,
        what: `The version of ${color} ${spoken(wrong)}, and the database ${moves ? "would have" : "has"} schema ${to}${share}.`,
        why: serves
          ? "A version that meets a schema which it does not know fails on every request that touches the database."
          : "It can have no weight as long as that is so.",
        instead: instead(wrong, { to, ran: ran.version, leaves: contracts && !serves }),
        ...(((!serves && !contracts) || wasSo) && { advisory: true }),
      },
    ];
  });
}

function instead({ color, range }: Home, { to, ran, leaves }: { to: number; ran: number; leaves: boolean }): string {
  if (!range) return `Set the schemas that its version was tried on, such as schema: ">=${ran} <=${to}" for ${color}.`;
  if (leaves) {
    return `Remove the line of ${color} in an update before: hold-time says from when on it may go. Then contract.`;
  }
  return `Bring the two together first: a version whose range has ${to}, or an expand to a schema in its range. A contract cannot be taken back.`;
}

function works({ range }: Home, version: number): boolean {
  return range !== undefined && inRange(version, range);
}

function spoken({ range }: Home): string {
  return range ? `works on ${spokenRange(range, "schema")}` : "does not say on which schemas it works";
}

function isSame({ urn, aliases = [] }: Resource, { environment }: Home): boolean {
  return urn === environment.urn || aliases.includes(environment.urn) || environment.aliases?.includes(urn) === true;
}

/** The routes that lead to an environment, or did. */
function routesTo({ environment, color }: Home, routes: readonly RouteChange[], plan: Plan): RouteChange[] {
  const isIt = (found: Resource | undefined) => found?.urn === environment.urn;
  return routes.filter(
    ({ route, before }) =>
      isIt(environmentOf(route, color, plan.desired)) || isIt(before && environmentOf(before, color, plan.prior)),
  );
}
