import { type Color, otherColor, type Shares } from "../../traffic";
import type { RouteNow } from "../rollout-now";

/** Where a route's requests are to go. */
export type WayBack =
  /** All weight to stable: the candidate has some, or may get some by an update that runs. */
  | { kind: "back"; to: Color; from: Color; has: number }
  /** After a finish: all weight to the version that carried it before. */
  | { kind: "return"; to: Color; from: Color; has: number }
  | { kind: "nothing"; why: string };

/**
 * What taking a release back means for a route. What is live counts more than what the state says, and an update that runs may be
 * about to raise.
 * @param live undefined where it is not known
 * @param isRejected whether the candidate's version was taken back: it is no version to return to
 */
export function wayBackOf(route: RouteNow, live: Shares | undefined, isUpdated: boolean, isRejected: boolean): WayBack {
  const { recorded, candidate, colors, shares = {}, older } = route;
  const { stable } = recorded;
  const has = Math.max(shares[candidate] ?? 0, live?.[candidate] ?? 0);
  if (!colors.includes(candidate))
    return { kind: "nothing", why: `${stable} has all requests, and there is no ${candidate}` };
  // A return from a finish that was written and not recorded: it is gone on with, and not taken back.
  const isReturned = (shares[candidate] ?? 0) === 0 && live?.[candidate] === 100;
  const mayReturn = older === candidate && !isRejected;
  if (has > 0 && !(isReturned && mayReturn)) return { kind: "back", to: stable, from: candidate, has };
  // A finish that runs moves no weight, and is not what an update that is stopped can have been raising.
  if (mayReturn) return { kind: "return", to: candidate, from: stable, has: 100 };
  if (isUpdated) return { kind: "back", to: stable, from: candidate, has };
  return { kind: "nothing", why: `${stable} has all requests: ${candidate} has none that could be taken back` };
}

/** All requests to a color. */
export function allTo(color: Color): Record<Color, number> {
  const other = otherColor(color);
  return { [color]: 100, [other]: 0 } as Record<Color, number>;
}
