import type { Color, Resource, Shares } from "../../traffic";

/** How a kind of route of ours has its weights on the wire. One file for each kind; the rollout's rules are the same for all. */
export interface RouteKind {
  /** The component's type. */
  type: string;
  /** What carries a route's weights in a state: a rule, or the records of a name. None where there are no weights yet. */
  carriersOf(route: Resource, state: readonly Resource[]): readonly Resource[];
  /** The share of each color, as carriers have it. */
  sharesOf(route: Resource, carriers: readonly Resource[], state: readonly Resource[]): Shares;
  /** Whether a client stays with the color that it met first. */
  keepsClients(carriers: readonly Resource[]): boolean;
  /** The color is one of the route's. */
  has(route: Resource, color: Color): boolean;
  /** The target group that a color's requests come to, by its ARN; undefined where it is not known, or not one. */
  groupArn(route: Resource, color: Color, state: readonly Resource[]): string | undefined;
}

const ENVIRONMENT = "crossfade:index:FargateEnvironment";

/** The environment of a color: what a stack has beside its route. */
export function environment(color: Color, state: readonly Resource[]): Resource | undefined {
  return state.find((r) => r.type === ENVIRONMENT && r.inputs.color === color);
}
