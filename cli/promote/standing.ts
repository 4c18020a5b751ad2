import { AwsClients } from "../../live/aws-clients";
import { providerSettings } from "../../live/provider-settings";
import { COLORS, type Color, digestOf, otherColor } from "../../traffic";
import { parseState } from "../../traffic/sources/state";
import { Failure } from "../failure";
import { liveShares } from "../live-shares";
import { type RouteNow, routesNow } from "../rollout-now";
import type { ProjectStack } from "../stack";
import type { Standing } from "./next-move";

/** A standing, with what else is known at the moment. */
export interface Looked extends Standing {
  config: ReturnType<ProjectStack["file"]["config"]>;
  /** An engine that was killed was making something. */
  isMaking: boolean;
  clients: AwsClients;
}

/** Looks at the stack file, the state and the cloud. */
export async function look(stack: ProjectStack): Promise<Looked> {
  stack.file.assertEditable();
  const config = stack.file.config(process.env.CROSSFADE_LOCAL !== undefined);
  const { resources, pending } = parseState(await stack.export());
  const routes = routesNow(resources);
  if (routes.length > 1) {
    const names = routes.map(({ urn }) => urn.split("::").at(-1)).join(", ");
    throw new Failure(
      `the stack has ${routes.length} routes (${names}), and a release by one command has one: use \`pulumi up\``,
    );
  }
  const [route] = routes;
  const clients = new AwsClients(providerSettings((key) => stack.file.get(key, "aws")));
  const asked = config.rollout;
  const color = route && asked.stable === route.recorded.stable ? route.candidate : otherColor(asked.stable);
  return {
    config,
    isMaking: pending.some(({ does }) => does === "creating"),
    clients,
    asked,
    lines: COLORS.filter((color) => config.environments[color] !== undefined),
    rejected: rejectionOf(color, config),
    route,
    live: route?.shares && (await liveShares(route, clients)),
  };
}

function rejectionOf(color: Color, { rejected, environments }: Looked["config"]): string | undefined {
  const digest = digestOf(environments[color]?.image ?? "");
  const found = rejected.find((rejection) => rejection.digest === digest);
  return found && `${found.at}, ${found.reason}`;
}

/** The route that is there once something is deployed. */
export function routeOf({ route }: Looked): RouteNow {
  if (!route) throw new Error("a stage is held, and there is no route");
  return route;
}
