import type { AwsClients } from "../../live/aws-clients";
import { rejectionsIn } from "../../policies/reading/versions";
import { COLORS, type Color, digestOf, otherColor, type Rejection } from "../../traffic";
import { parseState } from "../../traffic/sources/state";
import { Failure } from "../failure";
import { liveShares } from "../live-shares";
import { type RouteNow, routesNow } from "../rollout-now";
import type { ProjectStack } from "../stack";
import { clientsBy } from "../stack-clients";
import type { Standing } from "./next-move";
import { isUnsettled } from "./pending-creates";

/** A standing, with what else is known at the moment. */
export interface Looked extends Standing {
  config: ReturnType<ProjectStack["file"]["config"]>;
  /** An engine that was killed was making something, and what became of it is not settled. */
  isMaking: boolean;
  clients: AwsClients;
}

/** Looks at the stack file, the state and the cloud. */
export async function look(stack: ProjectStack): Promise<Looked> {
  stack.file.assertEditable();
  const config = stack.file.config(process.env.CROSSFADE_LOCAL !== undefined);
  const state = parseState(await stack.export());
  const { resources } = state;
  const routes = routesNow(resources);
  if (routes.length > 1) {
    const names = routes.map(({ urn }) => urn.split("::").at(-1)).join(", ");
    throw new Failure(
      `the stack has ${routes.length} routes (${names}), and a release by one command has one: use \`pulumi up\``,
    );
  }
  const [route] = routes;
  const clients = clientsBy(stack.file);
  const asked = config.rollout;
  const color = route && asked.stable === route.recorded.stable ? route.candidate : otherColor(asked.stable);
  return {
    config,
    isMaking: isUnsettled(state),
    clients,
    asked,
    lines: COLORS.filter((color) => config.environments[color] !== undefined),
    rejected: rejectionOf(color, config, rejectionsIn(resources)),
    route,
    live: route?.shares && (await liveShares(route, clients)),
  };
}

/**
 * By the file, and by the state: a file of an older commit does not have what a roll back has written, and the update that would
 * take the entry out is a decision, which this command does not make.
 */
function rejectionOf(color: Color, config: Looked["config"], inState: readonly Rejection[]): string | undefined {
  const digest = digestOf(config.environments[color]?.image ?? "");
  const isIts = (rejection: Rejection) => rejection.digest === digest;
  const found = config.rejected.find(isIts);
  if (found) return `${found.at}, ${found.reason}`;
  const only = inState.find(isIts);
  const where =
    "by the stack's state; the file has no such entry, as an older commit has none, and an update by hand forgets it";
  return only && `${only.at}, ${only.reason} (${where})`;
}

/** The route that is there once something is deployed. */
export function routeOf({ route }: Looked): RouteNow {
  if (!route) throw new Error("a stage is held, and there is no route");
  return route;
}
