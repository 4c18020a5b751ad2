import { at, COLORS, type Color, type Resource, type Shares, text } from "../../traffic";
import type { Written } from "./forwards";
import { ENVIRONMENTS, GROUP } from "./types";

/** How a kind of route of ours has its weights on the wire. One file for each kind; the rollout's rules are the same for all. */
export interface RouteKind {
  /** The component's type. */
  type: string;
  /**
   * What carries a route's weights in a state: a rule, the records of a name, a route of Kubernetes. None where there are no
   * weights yet.
   */
  carriersOf(route: Resource, state: readonly Resource[]): readonly Resource[];
  /** The share of each color, as carriers have it. */
  sharesOf(route: Resource, carriers: readonly Resource[], state: readonly Resource[]): Shares;
  /** The places where the program divides the route's requests, with the weights that it asks for. */
  placesOf(route: Resource, state: readonly Resource[]): readonly Place[];
  /** Whether a client stays with the color that it met first. */
  keepsClients(carriers: readonly Resource[]): boolean;
  /** The color is one of the route's. */
  has(route: Resource, color: Color): boolean;
  /** The target group or the Service that a color's requests come to; undefined where it is not of this stack, or not known, or not one. */
  endOf(route: Resource, color: Color, state: readonly Resource[]): Resource | undefined;
}

/** Where a program divides a route's requests. */
export interface Place {
  /** What the weights are written on: a rule, the records of one type, a route of Kubernetes. */
  carriers: readonly Resource[];
  /** What each color that is to be there is known by. */
  known: Partial<Record<Color, unknown>>;
  /** Each end with its weight, which is undefined where it is not known. */
  ends: readonly Written[];
}

/** The environment of a color: what a stack has beside its route. */
export function environment(color: Color, state: readonly Resource[]): Resource | undefined {
  return state.find((r) => ENVIRONMENTS.includes(r.type) && r.inputs.color === color && !r.pendingDelete);
}

/** A part of a color's environment. */
export function environmentPart(
  color: Color,
  state: readonly Resource[],
  isMeant: (part: Resource) => boolean,
): Resource | undefined {
  const home = environment(color, state);
  return home && state.find((r) => r.parent === home.urn && !r.pendingDelete && isMeant(r));
}

/** The group that a color's environment registers its targets in: what it says, or its own. */
export function environmentGroup(color: Color, state: readonly Resource[]): Resource | undefined {
  const arn = text(environment(color, state)?.outputs.targetGroupArn);
  const isGroup = ({ type }: Resource) => type === GROUP;
  const said =
    arn === undefined ? undefined : state.find((r) => isGroup(r) && r.outputs.arn === arn && !r.pendingDelete);
  return said ?? environmentPart(color, state, isGroup);
}

/** The share of each color by the weights of what it is known by; none where all of them are 0. */
export function sharesByColor(
  weights: readonly (readonly [target: unknown, weight: number])[],
  targetOf: (color: Color) => unknown,
): Shares {
  const sum = weights.reduce((total, [, weight]) => total + weight, 0);
  const shares: Shares = {};
  for (const color of COLORS) {
    const own = targetOf(color);
    const found = weights.find(([target]) => target !== undefined && target === own);
    if (found && sum > 0) shares[color] = (found[1] * 100) / sum; // in this order: 55 / 100 * 100 is not 55
  }
  return shares;
}

/** The colors' entries in an input of a route. */
export function byColor(input: unknown): Partial<Record<Color, unknown>> {
  return Object.fromEntries(
    COLORS.flatMap((color) => (at(input, color) === undefined ? [] : [[color, at(input, color)]])),
  );
}
