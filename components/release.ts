import * as pulumi from "@pulumi/pulumi";
import { COLORS, type Color, type Release, type ReleasedVersion, type Shares } from "../traffic";
import type { Rollout } from "./rollout";
import type { VersionArgs } from "./version-args";

/**
 * What other stacks may know of this one: make it the stack's output `release`. It has the shares that are written, so that a stack
 * whose update has failed still says what it said before.
 *
 * @param versions what each environment was made of
 * @param route what has the weights
 */
export function releaseOf(
  { plan: { stable, stage } }: Rollout,
  versions: Partial<Record<Color, Pick<VersionArgs, "image" | "contract" | "requires">>>,
  route: { readonly shares: pulumi.Output<Shares> },
): pulumi.Output<Release> {
  return pulumi.all([route.shares, pulumi.output(versions)]).apply(([shares, made]) => {
    const released = COLORS.flatMap((color): [Color, ReleasedVersion][] => {
      const version = made[color];
      if (!version) return [];
      const { image, contract, requires } = version;
      return [[color, { image, share: shares[color] ?? 0, contract, requires }]];
    });
    return { stable, stage, versions: Object.fromEntries(released) };
  });
}
