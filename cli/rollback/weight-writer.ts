import type { AwsClients } from "../../live/aws-clients";
import { writeRecords } from "../../live/records";
import { readRule, writeRule } from "../../live/rule";
import { type Color, nameOf } from "../../traffic";
import { liveShares } from "../live-shares";
import type { RouteNow } from "../rollout-now";
import { allTo } from "./way-back";

/** Gives a route's requests to one color by the API of what carries its weights, beside the engine. */
export interface WeightWriter {
  /** The route's name. */
  name: string;
  to: Color;
  /** Whether the color has all of them, and no cookie keeps a client elsewhere. @throws AwsCallError */
  isDone(): Promise<boolean>;
  /** One call. @throws AwsCallError */
  write(): Promise<void>;
}

/** Undefined behind a Gateway: its weights are an object of the cluster's, of which AWS knows nothing. */
export function weightWriter(route: RouteNow, to: Color, clients: AwsClients): WeightWriter | undefined {
  const name = nameOf(route.urn);
  const has = async () => (await liveShares(route, clients))?.[to] === 100;
  const { records } = route;
  if (route.kind === "dns" && records) {
    const weights = Object.fromEntries(Object.entries(allTo(to)).filter(([color]) => hasColor(route, color)));
    return { name, to, isDone: has, write: async () => void (await writeRecords(clients, records, weights)) };
  }
  const [rule] = route.carriers;
  if (route.kind !== "alb" || !rule) return undefined;
  const weights = Object.fromEntries(
    route.colors.map((color) => [route.targetGroups[color] ?? color, allTo(to)[color]]),
  );
  return {
    name,
    to,
    isDone: async () => {
      const { groups, sticky } = await readRule(clients, rule.id);
      return !sticky && groups.every(({ arn, weight }) => weight > 0 === (arn === route.targetGroups[to]));
    },
    write: async () => void (await writeRule(clients, rule.id, { weights, sticky: false })),
  };
}

function hasColor({ colors }: RouteNow, color: string): boolean {
  return colors.some((one) => one === color);
}
