import {
  type EdgeHold,
  type HoldSettings,
  holdSeconds,
  nameOf,
  number,
  type PlannedChange,
  type Resource,
  type Serving,
  spokenDuration,
} from "../../traffic";
import { type Plan, servesUntil } from "../plan";
import type { Finding } from "../policy";
import { isScaledIn } from "../reading/entry-point-parts";
import { type DarkEdge, darkEdges, servedOnlyBy } from "../reading/held-edges";
import { recordSets } from "../reading/record-sets";
import { setting, stateOf } from "../reading/state";
import { named } from "../reading/words";

/** What records of weight 0 still lead clients to, and what is scaled in with the weight of its record. */
export function heldEdgeFindings(plan: Plan, settings: HoldSettings): Finding[] {
  const ending = plan.changes.filter(
    (change): change is Ending => change.kind !== "create" && (change.kind !== "update" || isScaledIn(change)),
  );
  if (ending.length === 0) return [];
  const edges = darkEdges(plan).flatMap((edge) => stillHeld(edge, plan, settings) ?? []);
  const leaving = leavingWith(plan);
  return ending.flatMap((change) =>
    [...edges.flatMap((edge) => held(change, edge, plan)), ...leaving(change)].slice(0, 1),
  );
}

type Ending = PlannedChange & { before: Resource };

interface Held extends Pick<DarkEdge, "record" | "since"> {
  reached: Serving;
  /** Seconds in all. */
  lasts: number;
  left: number;
  parts: string;
}

function stillHeld(edge: DarkEdge, { now, dnsSpeed = 1 }: Plan, settings: HoldSettings): Held | undefined {
  const lasts = holdSeconds(edge.hold, settings, dnsSpeed);
  const over = edge.since && edge.since.getTime() + lasts * 1000;
  if (over !== undefined && over <= now.getTime()) return undefined;
  const left = over === undefined ? lasts : (over - now.getTime()) / 1000;
  return { ...edge, reached: edge.reached(), lasts, left, parts: partsOf(edge.hold, settings, dnsSpeed) };
}

function partsOf({ ttl, keepAlive, drain }: EdgeHold, { settle, ttls }: HoldSettings, dnsSpeed: number): string {
  const faster = dnsSpeed === 1 ? "" : `, both ${dnsSpeed} times as fast in the local cloud`;
  return `${ttls} times the TTL of ${spokenDuration(ttl)} and ${spokenDuration(keepAlive)} for connections that clients keep${faster}, the drain of ${spokenDuration(drain)}, and ${spokenDuration(settle)} for the balancer's nodes`;
}

function held(change: Ending, { record, since, reached, lasts, left, parts }: Held, plan: Plan): Finding[] {
  const isReached =
    change.kind === "update"
      ? reached.has(change.before)
      : servesUntil(change, { ...plan, serving: reached, spare: new Set() }) !== undefined;
  if (!isReached) return [];
  const ago = since && spokenDuration((plan.now.getTime() - since.getTime()) / 1000);
  const when = ago
    ? `${ago} after the weight of ${named(record)} went to 0`
    : `and since when ${named(record)} has no weight cannot be told`;
  return [
    {
      urn: change.before.urn,
      what: `${named(change.before)} would ${does(change)} ${when}.`,
      why: `Clients that were led there before may come back for ${spokenDuration(lasts)}: ${parts}.`,
      instead: `Wait ${spokenDuration(left)}, then remove or shrink it.`,
      advisory: since === undefined && !stateOf(plan.prior).isOurs(record),
    },
  ];
}

/** What is deleted while it serves has a policy of its own; here it is the order in one update. */
function leavingWith(plan: Plan): (change: Ending) => Finding[] {
  const desired = new Map(
    recordSets(stateOf(plan.desired)).flatMap((set) => set.map(({ resource, weight }) => [resource, weight] as const)),
  );
  const losing = recordSets(stateOf(plan.prior)).flatMap((set) =>
    set.flatMap(({ resource, weight }) => {
      const heir = stateOf(plan.desired).heirOf(resource);
      return weight !== undefined && weight > 0 && heir && desired.get(heir) === 0 ? [resource] : [];
    }),
  );
  const [first] = losing;
  if (!first) return () => [];
  const served = servedOnlyBy(losing, plan.prior);
  return (change) => {
    if (change.kind !== "update" || !served.has(change.before)) return [];
    return [
      {
        urn: change.before.urn,
        what: `${named(change.before)} would be scaled in in the update that takes the weight of "${nameOf(first.urn)}" away.`,
        why: "No order in one update is safe: clients that were led there come back for as long as caches and their connections last.",
        instead: "Take the weight away in this update, and scale it in in a later one.",
      },
    ];
  };
}

function does({ kind }: Ending): string {
  return kind === "update" ? "be scaled in" : kind === "delete" ? "be deleted" : "be replaced";
}

/** Answers that are kept for longer, in the middle of a rollout: so much longer a way back takes. */
export function longerAnswers(plan: Plan): Finding[] {
  const [prior, desired] = [stateOf(plan.prior), stateOf(plan.desired)];
  const split = recordSets(prior).filter((set) => set.filter(({ weight = 0 }) => weight > 0).length > 1);
  return split.flatMap((set) =>
    set.flatMap(({ resource }) => {
      const heir = desired.heirOf(resource);
      const [had, has] = [number(setting(resource, "ttl")), heir && number(setting(heir, "ttl"))];
      if (!heir || had === undefined || has === undefined || has <= had) return [];
      return {
        urn: heir.urn,
        what: `The TTL of ${named(heir)} would rise from ${had} to ${has} s while the name is split by weights.`,
        why: `Who meets a bad version from then on keeps its address for up to ${has} s after a rollback.`,
        instead: "Bring the rollout to its end first, or take it back; raise the TTL then.",
        // Of others' records it is not known that the split is a rollout.
        advisory: !desired.isOurs(heir),
      };
    }),
  );
}
