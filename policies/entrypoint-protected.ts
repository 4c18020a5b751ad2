import { z } from "zod";
import { formerOf, nameOf, type Resource } from "../traffic";
import type { Plan } from "./plan";
import { type Finding, policy } from "./policy";
import { type Problem, ratchet } from "./ratchet";
import { idleEdges, isLeft } from "./reading/edges";
import { setting, stateOf } from "./reading/state";
import { BALANCER, LISTENER, RECORD, ZONE } from "./reading/types";
import { named } from "./reading/words";

const TYPES = {
  balancer: BALANCER,
  listener: LISTENER,
  zone: ZONE,
  record: RECORD,
} as const;

export const entrypointProtected = policy({
  name: "entrypoint-protected",
  description: "Refuses to take the protection from an entry point that serves, and says where there is none.",
  mechanism:
    "A new balancer has another address and a new zone other name servers: what is deleted never comes back as it was, and resolvers and clients hold on to the old one. `protect` alone has a hole: a replacement passes where the same commit drops it (pulumi/pulumi, step generator, `new.Protect && old.Protect`). So the drop itself is refused while the resource serves. The edge of a color that a DNS route gives no weight is no entry point: its protection goes with its weight, so that it can be removed when its hold time is over.",
  safeWay: "Protect what users come in by, and take the protection away when nothing serves there any more.",
  hazards: ["10"],
  settings: z.strictObject({
    kinds: z
      .array(z.enum(["balancer", "listener", "zone", "record"]))
      .default(["balancer", "zone"])
      .describe(
        "What must be protected. A listener and a record can be made anew as they were; a balancer and a zone cannot.",
      ),
    balancer: z
      .enum(["either", "protect", "deletionProtection"])
      .default("either")
      .describe("What protects a balancer: the engine's `protect`, AWS's `enableDeletionProtection`, or either."),
  }),
  judge: (plan, { kinds, balancer }) => {
    const serving = new Set([...plan.serving.keys()].map(({ urn }) => urn));
    const guards = balancer === "either" ? (["protect", "deletionProtection"] as const) : ([balancer] as const);
    return [
      ...dropped(plan),
      ...ratchet(plan, (state) =>
        state
          .ofType(...kinds.map((kind) => TYPES[kind]))
          .filter((resource) => isEntryPoint(resource, serving) && !idleEdges(state).has(resource))
          .flatMap((resource) => unprotected(resource, resource.type === TYPES.balancer ? guards : ["protect"])),
      ),
    ];
  },
});

type Guard = "protect" | "deletionProtection";

function has(resource: Resource, guard: Guard): boolean {
  return guard === "protect" ? resource.protect === true : setting(resource, "enableDeletionProtection") === true;
}

function unprotected(resource: Resource, guards: readonly Guard[]): Problem[] {
  if (guards.some((guard) => has(resource, guard))) return [];
  const ways = guards.map((guard) => (guard === "protect" ? "protect: true" : "enableDeletionProtection: true"));
  return [
    {
      urn: resource.urn,
      kind: "unprotected",
      practice: true,
      what: `${named(resource)} takes users in, and nothing protects it from being deleted.`,
      why: "One wrong line of the program deletes it, and what is made in its place has another address.",
      instead: `Add ${ways.join(" or ")}.`,
    },
  ];
}

/** A balancer that the internet can reach, a zone, and what serves by this stack's own rules and records. */
function isEntryPoint(resource: Resource, serving: ReadonlySet<string>): boolean {
  if (resource.type === TYPES.balancer && setting(resource, "internal") !== true) return true;
  if (resource.type === TYPES.zone && setting(resource, "vpcs") === undefined) return true;
  return [resource.urn, ...(resource.aliases ?? [])].some((urn) => serving.has(urn));
}

/** What served and was protected, and is not to be any more. Its inputs may be the same: that is no change of the plan. */
function dropped(plan: Plan): Finding[] {
  const types = new Set<string>(Object.values(TYPES));
  const [prior, desired] = [stateOf(plan.prior), stateOf(plan.desired)];
  return plan.desired.flatMap((after): Finding[] | Finding => {
    const before = types.has(after.type) ? formerOf(after, plan.prior) : undefined;
    const why = before && plan.serving.get(before)?.why;
    if (!before || why === undefined) return [];
    // It goes with its weight: what clients still reach then is kept by the policies of deletions and of hold times.
    if (isLeft(before, prior, desired)) return [];
    const lost = (["protect", "deletionProtection"] as const).filter(
      // Of some sources of a plan, as the engine's events, nobody learns who is protected.
      (guard) => has(before, guard) && !has(after, guard) && !(guard === "protect" && after.protect === undefined),
    );
    if (lost.length === 0) return [];
    const [what] = lost;
    return {
      urn: after.urn,
      what: `${named(after)} would lose its ${what === "protect" ? "protect" : "enableDeletionProtection"}, and it ${why}.`,
      why: "With the protection gone the next change may replace or delete it, also in this same update.",
      instead: `Keep it while "${nameOf(after.urn)}" serves: take its users away first, in an update of their own.`,
    };
  });
}
