import { z } from "zod";
import type { Resource } from "../traffic";
import { policy } from "./policy";
import { MAY_DIFFER } from "./problems/may-differ";
import { unlikeStable } from "./problems/unlike-stable";
import { type Problem, ratchet } from "./ratchet";
import { edgeTraits, TRAITS, type Trait } from "./reading/edge-traits";
import { balancersOf } from "./reading/edges";
import { recordSets } from "./reading/record-sets";
import type { State } from "./reading/state";
import { named } from "./reading/words";

export const paritySettings = z.strictObject({
  differs: z
    .array(z.enum(TRAITS))
    .default(["internal", "subnets", "certificate"])
    .describe(
      "What the edges may differ in, because a release is about that. By default what the stack config lets a color have of its own, so that who differs has written it down.",
    ),
  mayDiffer: z
    .array(z.string())
    .default([])
    .describe(
      `What a stack may differ in from its mirror, and a candidate from stable, besides ${MAY_DIFFER.map((entry) => `\`${entry}\``).join(", ")}: parts of a property's path, with a type and # before it where it is for that type alone; or a type, of which one of the two stacks has something that the other one lacks.`,
    ),
});

export const parity = policy({
  name: "parity",
  description: "Refuses weight on two edges that treat the same clients differently.",
  mechanism:
    "DNS sends a client to either edge, and both must take its request in the same way. An idle time-out that is shorter than the targets' keep-alive gives 502s on one edge only (ELB guide, HTTP 502); HTTP/2, header rules and TLS policies cut off some clients; a security group, a web ACL or a log that the second edge lacks is missed by nobody until it is needed. What is asked of balancers and of their listeners, security groups and web ACLs in this stack is compared, as soon as both have weight. As a candidate gets its first weight it is told what its environment differs in from stable's besides its version: what the stage then shows is of both. What a staging stack has shown of a version is as good as the two are alike: `crossfade check production --mirror staging` compares what providers are asked for in each, resource by resource, by type and place; it takes a stack's own name, which color is stable, ARNs, ids and digests for no difference, and leaves out what is not known before the update.",
  safeWay: "Make both edges of the same components and settings, and declare what the release is about.",
  hazards: ["A11", "A31"],
  settings: paritySettings,
  judge: (plan, { differs, mayDiffer }) => [
    ...ratchet(plan, (state) => edgePairs(state).flatMap((pair) => differences(pair, differs, state))),
    ...unlikeStable(plan, mayDiffer),
  ],
});

/** The balancers that weighted records of one name lead users to, each beside the first. */
function edgePairs(state: State): [Resource, Resource][] {
  const pairs = new Map<string, [Resource, Resource]>();
  for (const set of recordSets(state)) {
    const live = set.filter(({ isWeighted, weight }) => isWeighted && weight !== 0);
    const [first, ...others] = new Set(live.flatMap(({ resource }) => balancersOf(resource, state)));
    // The records of the other address types lead to the same ones.
    for (const other of first ? others : []) pairs.set(`${first?.urn} ${other.urn}`, [first as Resource, other]);
  }
  return [...pairs.values()];
}

function differences([first, second]: [Resource, Resource], differs: readonly Trait[], state: State): Problem[] {
  const [own, other] = [edgeTraits(first, state), edgeTraits(second, state)];
  return TRAITS.filter((trait) => !differs.includes(trait) && own[trait] !== other[trait]).map((trait) => ({
    urn: second.urn,
    kind: trait,
    practice: true,
    what: `${named(first)} and ${named(second)} both get users, and differ in ${trait}: ${own[trait]} and ${other[trait]}.`,
    why: "Which of them a client meets is chance, so some clients fail, or are let in, that did not before; and the stage tells of two changes at once.",
    instead: `Give both the same ${trait} before the second gets weight; or, if the release is about that, declare it in the policy's settings: {"parity": {"differs": ["${trait}"]}}.`,
  }));
}
