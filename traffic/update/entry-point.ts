import type { Entity } from "./entity";
import type { Moment } from "./moment";

/** Requests of one kind, and who answers them in the course of an update. One file makes them for each kind of route. */
export interface EntryPoint {
  /** The resource that takes them in. */
  urn: string;
  /** A phrase such as `the requests of rule "shop"`. */
  requests: string;
  /** All that the answer may hang on. */
  touched: ReadonlySet<Entity>;
  /** Where the moment leaves something open, the worst of it. */
  answer(moment: Moment): Answer;
}

export interface Answer {
  /** The share of the requests that reach somebody who can answer, 0 to 1. */
  share: number;
  /** Why the rest is lost. */
  why: readonly string[];
  /** The program asks for no answer: it took the entry point away, or has the balancer refuse the requests itself. */
  retired: boolean;
  /** What took the requests takes others in their place: a slip looks so, and so does a move that leaves users behind. */
  exchanged?: true;
}

/** What a route takes that it did not take before, and what it no longer takes. */
export interface Exchange {
  taken: readonly string[];
  former: readonly string[];
}

export const ANSWERED: Answer = { share: 1, why: [], retired: false };

export function lost(...why: string[]): Answer {
  return { share: 0, why, retired: false };
}

/** @param route a phrase such as `rule "shop"` */
export function exchanged(route: string, { taken, former }: Exchange): Answer {
  const named = (values: readonly string[]) => values.map((value) => `"${value}"`).join(" and ");
  return { ...lost(`${route} takes ${named(taken)} in the place of ${named(former)}`), exchanged: true };
}

/** The answer with the least share. */
export function worst(answers: readonly Answer[]): Answer {
  return answers.reduce((a, b) => (b.share < a.share ? b : a));
}

/** The answer with the greatest share. */
export function best(answers: readonly Answer[]): Answer {
  return answers.reduce((a, b) => (b.share > a.share ? b : a));
}
