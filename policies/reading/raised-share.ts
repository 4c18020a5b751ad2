import { type Color, desiredShares } from "../../traffic";
import type { RouteChange } from "./rollouts";

/** Whether a color gets a larger share of the requests by the update, and not on a way back: to stable, or to the version before. */
export function isRaised({ asked, wire, transition: { kind } }: RouteChange, color: Color): boolean {
  const isBack = kind === "return" || (kind === "rollback" && color === asked.stable);
  return !isBack && desiredShares(asked)[color] > (wire?.[color] ?? 0);
}
