import { albPairs } from "./alb-pairs";
import type { Change, Pair } from "./case";
import { cutOffPairs } from "./cut-off-pairs";
import { dnsPairs } from "./dns-pairs";
import { EVERYDAY } from "./everyday";
import { placed } from "./item";
import { kubernetesPairs } from "./kubernetes-pairs";
import { ourPairs } from "./our-pairs";
import { settingPairs } from "./setting-pairs";

export const PAIRS: readonly Pair[] = [
  ...albPairs,
  ...cutOffPairs,
  ...settingPairs,
  ...dnsPairs,
  ...kubernetesPairs,
  ...ourPairs,
];

/** A change whose resources are named by its id, with what is to come of it. */
export interface Case {
  id: string;
  title: string;
  change: Change;
  /** The policy that must refuse it; undefined where none may. */
  refusedBy: string | undefined;
  /** Other policies that may. */
  also: readonly string[];
}

function case_(
  id: string,
  title: string,
  { prior, desired }: Change,
  refusedBy?: string,
  also: readonly string[] = [],
): Case {
  return { id, title, change: { prior: placed(prior, id), desired: placed(desired, id) }, refusedBy, also };
}

/** All cases, ready to be in one stack together. */
export const CASES: readonly Case[] = [
  ...PAIRS.flatMap(({ id, hazards, policy, also, refused, passes }) => [
    case_(
      `${id}r`,
      hazards.length > 0 ? `hazard ${hazards.join(", ")}` : `what ${policy} stands against`,
      refused,
      policy,
      also,
    ),
    case_(`${id}p`, `its safe twin`, passes),
  ]),
  ...EVERYDAY.map(({ id, entry, change }) => case_(id, entry, change)),
];
