import { COLORS, type Shares } from "./rollout";

/** A color that is not there has as little as one of weight 0. Weights of 0 to 999 are rounded parts of a hundred. */
export function sameShares(one: Shares, other: Shares): boolean {
  return COLORS.every((color) => Math.abs((one[color] ?? 0) - (other[color] ?? 0)) < 0.01);
}

/** `blue 95 %, green 5 %`. */
export function spokenShares(shares: Shares): string {
  const said = Object.entries(shares).map(([color, share]) => `${color} ${rounded(share)} %`);
  return said.join(", ") || "none";
}

/** To one decimal, and none where there is none. */
export function rounded(share: number): string {
  return String(Math.round(share * 10) / 10);
}
