import { list, nameOf, type Resource, text } from "../../traffic";
import type { FargateKind } from "./fargate-kinds";

/** What one service or group runs in the middle of an update beside what it runs before it. */
export interface Addition {
  /** As the program asks for it. */
  resource: Resource;
  what: "tasks" | "instances";
  /** At the most at once; undefined where it is not known before the update. */
  count: number | undefined;
  /** The ids of those in which each takes an address; none where it takes none of its own, undefined where they are not known. */
  subnets: readonly string[] | undefined;
  /** vCPUs of all of them by the quota that they count for; undefined where they are not known. */
  vcpus: Partial<Record<FargateKind, number>> | undefined;
}

/** What is not known of an addition, each a phrase. */
export function gapsOf({ resource, what, count, subnets, vcpus }: Addition): string[] {
  const of = `"${nameOf(resource.urn)}"`;
  if (count === undefined) return [`how many ${what} of ${of} the update adds is not known before it`];
  return [
    ...(subnets ? [] : [`in which subnets the ${what} of ${of} take addresses is not known before the update`]),
    ...(vcpus ? [] : [`how many vCPUs of Fargate the ${what} of ${of} take cannot be told from this stack`]),
  ];
}

/** Subnets' ids as a program lists them; undefined where one of them is not known yet. */
export function subnetIds(value: unknown): string[] | undefined {
  const ids = list(value).map(text);
  return ids.length > 0 && ids.every((id) => id !== undefined) ? ids : undefined;
}
