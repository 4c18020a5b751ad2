import type { StackShape } from "../crossfade-stack";
import { type Pair, pair } from "./case";
import { ours } from "./worlds";

const both = (before: StackShape, after: StackShape) => ({ prior: ours(before), desired: ours(after) });

/** Hazards of a rollout of ours. */
export const ourPairs: Pair[] = [
  pair("h41", {
    hazards: ["41"],
    policy: "stage-order",
    change: (stage: string) => both({}, { stage }),
    refused: "canary-50",
    passes: "canary-5",
  }),
  pair("h41b", {
    hazards: ["41"],
    policy: "bake-time",
    change: (movedAgo: number) => both({ stage: "canary-5", movedAgo }, { stage: "canary-50" }),
    refused: 300,
    passes: 900,
  }),
  pair("h41c", {
    hazards: ["41"],
    policy: "one-change",
    change: (versions: StackShape["versions"]) => both({}, { stage: "canary-5", versions }),
    refused: { green: "arn:green:v2" },
    passes: {},
  }),
  pair("hA27", {
    hazards: ["A27"],
    policy: "bake-time",
    // A tag has touched the rule a moment ago.
    change: (movedAgo: number) =>
      both({ stage: "canary-5", movedAgo, touchedAgo: 30 }, { stage: "canary-50", movedAgo }),
    refused: 300,
    passes: 900,
  }),
  pair("hA3", {
    hazards: ["A3"],
    policy: "stage-order",
    change: (stage: string) => both({ stage }, { stable: "green" }),
    refused: "idle",
    passes: "full",
  }),
  pair("hA7", {
    hazards: ["A7"],
    policy: "rejected-release",
    // The rollback is deployed; the commit that is applied is of before it.
    change: (green: string) =>
      both({ versions: { green }, rejected: ["taken-back"] }, { versions: { green }, stage: "canary-5" }),
    refused: "taken-back",
    passes: "built-anew",
  }),
  pair("hA4", {
    hazards: ["A4", "31"],
    policy: "capacity",
    change: (live: number) =>
      both({ stage: "canary-5", autoscaled: { live } }, { stage: "canary-50", autoscaled: { live } }),
    refused: 12,
    passes: 4,
  }),
];
