import type { Entity } from "../update/entity";

/** Requests go on from one thing to another, or one thing stands on another. */
export interface Flow {
  /** Undefined where they come from users, or from other stacks. */
  from: Entity | undefined;
  to: Entity;
  /** The share of what `from` gets, 0 to 1. At 0 it gets a request only now and then, by a cookie. */
  share: number;
  /** A phrase of which `to` is the subject, made of that of `from`. */
  why: (from: string) => string;
  /** `from` can be led to another in the update that replaces `to`, and loses nothing by it. */
  movable?: boolean;
  /** `to` refers to `from` and lets its users in: when `from` goes, nobody misses it. */
  letsIn?: boolean;
}

/** What comes from users, or from other stacks. */
export function source(to: Entity, why: string, share = 1): Flow {
  return { from: undefined, to, share, why: () => why };
}

/** The greatest share that each weight can have of all; one that is not known may be all. */
export function sharesOf(weights: readonly (number | undefined)[]): number[] {
  const sum = weights.reduce<number>((total, weight) => total + (weight ?? 0), 0);
  return weights.map((weight) => (weight === undefined ? 1 : sum > 0 ? weight / sum : 0));
}

export function percent(share: number): string {
  const value = share * 100;
  return value >= 1 || value === 0 ? `${Math.round(value)} %` : "less than 1 %";
}
