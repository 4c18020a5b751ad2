import type { Color } from "./rollout";

/** Stands for a value that is not known before the update; it counts as the worst that it could be. */
export const UNKNOWN = Symbol("unknown");

export type Properties = Record<string, unknown>;

/** A resource as a state holds it or as a program asks for it. */
export interface Resource {
  urn: string;
  /** The type token, the provider's older module names brought to one form. */
  type: string;
  custom: boolean;
  inputs: Properties;
  outputs: Properties;
  parent?: string;
  /** The URN of the provider resource whose configuration it is made with. */
  provider?: string;
  /** The URNs that it was registered after: by its inputs, and by `dependsOn`. */
  dependencies?: readonly string[];
  /** The URNs whose outputs each property is made of. */
  propertyDependencies?: Readonly<Record<string, readonly string[]>>;
  /** Desired state: the prior URNs that this resource goes on from. */
  aliases?: string[];
  /** Desired state: the program's own `deleteBeforeReplace`. */
  deleteBeforeReplace?: boolean;
  /** The properties whose changes the engine leaves alone, as paths. */
  ignoreChanges?: readonly string[];
  /** The engine refuses to delete it. */
  protect?: boolean;
  /** Seconds that its steps may take; none where they are the provider's own. */
  customTimeouts?: { create?: number; update?: number };
  /** Prior state: an earlier update replaced it and was stopped before it could delete it. */
  pendingDelete?: boolean;
  /** Prior state: it stays in the cloud when it leaves the stack. */
  retainOnDelete?: boolean;
  /** Prior state: its last create or update did not come to its end, so the next update updates it whatever it asks for. */
  unfinished?: boolean;
  /** Prior state: when it was first seen, ISO 8601. */
  created?: string;
  /** Prior state: when a step last changed it, ISO 8601. A component's never moves. */
  modified?: string;
}

/** The header by which people reach an environment before it has weight. A rule that asks for it serves no live user. */
export const PREVIEW_HEADER = "x-crossfade";

/** What the header must hold to reach a color: the color, and the secret where one is set. */
export function previewHeaderValue(color: Color, secret?: string): string {
  return secret === undefined ? color : `${color}-${secret}`;
}

/** The URNs that a resource is registered after: by its inputs, its `dependsOn` and its parent. */
export function edgesOf({ dependencies = [], propertyDependencies = {}, parent }: Resource): Set<string> {
  const edges = new Set([...dependencies, ...Object.values(propertyDependencies).flat()]);
  if (parent) edges.add(parent);
  return edges;
}

/** `aws:alb/...` and its like are older names of `aws:lb/...`. */
export function canonicalType(type: string): string {
  return type.replace(/^aws:(alb|applicationloadbalancing|elasticloadbalancingv2)\//, "aws:lb/");
}

/** The resource's name in the program: the last part of its URN. */
export function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? urn;
}

/** Walks into nested objects and arrays; undefined where the path ends, UNKNOWN where it goes through something unknown. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (inner === UNKNOWN) return UNKNOWN;
    return inner !== null && typeof inner === "object" ? (inner as Record<string | number, unknown>)[key] : undefined;
  }, value);
}

/** The elements of a list property; none where it is absent or unknown. */
export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A string property; undefined where it is absent, unknown or of another type. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A number, also written as text; undefined where it is absent, unknown or none. */
export function number(value: unknown): number | undefined {
  if (value === UNKNOWN || value === undefined || value === null) return undefined;
  const found = Number(value);
  return Number.isNaN(found) ? undefined : found;
}
