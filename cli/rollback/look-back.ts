import { AwsCallError } from "../../live/asked";
import type { AwsClients } from "../../live/aws-clients";
import { readTargets } from "../../live/target-health";
import { digestsOf, rejectionsIn } from "../../policies/reading/versions";
import { type Color, nameOf, type Rejection, type Resource } from "../../traffic";
import { Failure } from "../failure";
import { liveShares } from "../live-shares";
import { type RouteNow, routesNow } from "../rollout-now";
import { type WayBack, wayBackOf } from "./way-back";

/** A route whose requests are to go somewhere. */
export type Going = { route: RouteNow; way: Exclude<WayBack, { kind: "nothing" }> };

/**
 * Where the requests of each route of a stack are to go; and of those where they stay as they are, why.
 * @throws Failure where there is no route, or the way leads to nobody
 */
export async function lookBack(
  resources: readonly Resource[],
  isUpdated: boolean,
  clients: AwsClients,
  force: boolean,
): Promise<{ going: Going[]; staying: string[] }> {
  const routes = routesNow(resources).filter(({ shares }) => shares !== undefined);
  if (routes.length === 0) {
    throw new Failure("the stack has no route of Crossfade's with weights: there is nothing to roll back");
  }
  const going: Going[] = [];
  const staying: string[] = [];
  for (const route of routes) {
    const live = await ifAnswered(liveShares(route, clients));
    const way = wayBackOf(route, live.answer, isUpdated, isRejected(route, resources));
    if (way.kind === "nothing") {
      // An engine that was killed may have raised what the state does not have.
      if (live.problem) {
        throw new Failure(
          `${live.problem}. So what is live of ${nameOf(route.urn)} is not known, and no weight was moved`,
        );
      }
      staying.push(`${nameOf(route.urn)}: ${way.why}`);
      continue;
    }
    const { answer: sick } = await ifAnswered(sickness(route, way.to, clients));
    if (sick !== undefined && !force) {
      throw new Failure(`${sick}. No weight was moved; --force moves it all the same`);
    }
    going.push({ route, way });
  }
  return { going, staying };
}

/** Whether the candidate's version is one that was taken back. */
function isRejected({ urn, candidate }: RouteNow, resources: readonly Resource[]): boolean {
  const resource = resources.find((one) => one.urn === urn);
  const digests = resource && digestsOf(resource, candidate, resources);
  return rejectionsIn(resources).some(({ digest }) => digests?.has(digest));
}

/** What AWS says, or why it does not: no reason to leave weights where they are that must be moved. */
async function ifAnswered<T>(answer: Promise<T>): Promise<{ answer?: T; problem?: string }> {
  try {
    return { answer: await answer };
  } catch (error) {
    if (error instanceof AwsCallError) return { problem: error.message };
    throw error;
  }
}

/** Why a color cannot take the requests; undefined where a target of it is healthy, or its targets are none of AWS's. */
async function sickness(route: RouteNow, color: Color, clients: AwsClients): Promise<string | undefined> {
  const group = route.targetGroups[color];
  if (group === undefined) return undefined;
  const targets = await readTargets(clients, group);
  // Of a function nobody checks the health, unless that is switched on.
  if (targets.some(({ state, reason }) => state === "healthy" || reason === "Target.HealthCheckDisabled"))
    return undefined;
  const states = targets.map(({ state, reason }) => (reason ? `${state} (${reason})` : state)).join(", ");
  const found = states || "it has none";
  return `${color} would get all requests of ${nameOf(route.urn)}, and none of its targets is healthy: ${found}`;
}

/** What tells the version that goes from the one that stays: an image that both have, such as a sidecar's, is not rejected. */
export function rejectionsOf(
  { route, way }: Going,
  resources: readonly Resource[],
  reason = `rolled back from ${way.has} %`,
): Rejection[] {
  const resource = resources.find(({ urn }) => urn === route.urn);
  if (!resource) return [];
  const kept = digestsOf(resource, way.to, resources);
  const at = `${new Date().toISOString().slice(0, 19)}Z`;
  return [...digestsOf(resource, way.from, resources)]
    .filter((digest) => !kept.has(digest))
    .map((digest) => ({ digest, at, reason }));
}
