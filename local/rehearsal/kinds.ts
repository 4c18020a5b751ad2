import {
  BEHIND_BALANCER,
  BEHIND_GATEWAY,
  INSTANCES_BEHIND_BALANCER,
  PODS_BEHIND_BALANCER,
  PODS_ROLLED,
  PODS_ROLLED_BEHIND_GATEWAY,
  type Refusal,
  ROLLED,
} from "./refusals";
import type { RehearsedStack } from "./rehearsed-stack";

export const COMPUTES = ["fargate", "kubernetes", "autoscaling"] as const;
export const ROUTES = ["alb", "dns", "gateway"] as const;
export type Compute = (typeof COMPUTES)[number];
export type Route = (typeof ROUTES)[number];

/** What is rehearsed for a kind of compute and of route. */
export interface Kind {
  /** The local stack whose config is copied: `stacks/Pulumi.<name>.yaml`. */
  configOf: string;
  /** What would lose requests, besides what an edge release tries. */
  refusals: readonly ((stack: RehearsedStack) => Refusal)[];
  /** The same where one environment gets each version in place; not there where it cannot. */
  rolled?: readonly ((stack: RehearsedStack) => Refusal)[];
}

const KINDS: Partial<Record<`${Compute} ${Route}`, Kind>> = {
  "fargate alb": { configOf: "local", refusals: BEHIND_BALANCER, rolled: ROLLED },
  "fargate dns": { configOf: "local-dns", refusals: [] },
  "autoscaling alb": { configOf: "local-autoscaling", refusals: INSTANCES_BEHIND_BALANCER, rolled: ROLLED },
  "kubernetes alb": { configOf: "local-kubernetes", refusals: PODS_BEHIND_BALANCER, rolled: PODS_ROLLED },
  "kubernetes gateway": { configOf: "local-gateway", refusals: BEHIND_GATEWAY, rolled: PODS_ROLLED_BEHIND_GATEWAY },
};

/** Undefined where the two do not go together. */
export function kindOf(compute: Compute, route: Route): Kind | undefined {
  return KINDS[`${compute} ${route}`];
}

/** The routes that go with it. */
export function routesFor(compute: Compute): Route[] {
  return ROUTES.filter((route) => kindOf(compute, route));
}
