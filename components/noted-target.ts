import { Noted } from "./noted";
import type { RouteTarget } from "./weighted-alb-route";

/** A target of a route as far as it is known. */
export interface NotedTarget {
  group: Noted<string>;
  service?: { cluster: Noted<string>; name: Noted<string>; revision: Noted<string> };
}

export function noted({ targetGroupArn, service }: RouteTarget): NotedTarget {
  return {
    group: new Noted(targetGroupArn),
    ...(service && {
      service: {
        cluster: new Noted(service.clusterArn),
        name: new Noted(service.name),
        revision: new Noted(service.taskDefinitionArn),
      },
    }),
  };
}
