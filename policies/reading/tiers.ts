import { areApart, COLORS, conditionsOf, type Resource, text } from "../../traffic";
import type { Plan } from "../plan";
import { behindRecord } from "./edges";
import { carriersOf, type RouteChange } from "./rollouts";
import { type State, setting, stateOf } from "./state";
import { RECORD } from "./types";

/** The routes in front of a route and behind it that split the same requests: DNS leads to edges whose rules may split them again. */
export function otherTiers({ route, before }: RouteChange, all: readonly RouteChange[], plan: Plan): RouteChange[] {
  const [prior, desired] = [stateOf(plan.prior), stateOf(plan.desired)];
  return all.filter(
    (other) =>
      other.route !== route &&
      (areTiers(route, other.route, desired) || (before && other.before && areTiers(before, other.before, prior))),
  );
}

/** Whether a route has more than one answerer on the wire, before the update or by what is asked for. */
export function isBetween({ wire, asked }: RouteChange): boolean {
  const stage = asked.stages.find(({ name }) => name === asked.stage)?.weight ?? 0;
  const shares = COLORS.map((color) => wire?.[color] ?? 0);
  return (stage > 0 && stage < 100) || shares.filter((share) => share > 0).length > 1;
}

function areTiers(one: Resource, other: Resource, state: State): boolean {
  if (one.type === other.type) return false;
  const [own, others] = [one, other].map((route) => carriersOf(route, state.resources));
  return areInFront(own, others, state) || areInFront(others, own, state);
}

function areInFront(records: readonly Resource[] = [], rules: readonly Resource[] = [], state: State): boolean {
  return records.some((record) => {
    if (record.type !== RECORD) return false;
    const behind = behindRecord(record, state);
    return rules.some((rule) => behind.has(rule) && mayAsk(rule, text(setting(record, "name"))));
  });
}

/** Whether the clients of a host may meet the rule. */
function mayAsk(rule: Resource, host: string | undefined): boolean {
  const conditions = conditionsOf(setting(rule, "conditions"));
  if (host === undefined || conditions === undefined) return true;
  return !areApart([{ field: "hostHeader", values: new Set([host.toLowerCase()]) }], conditions);
}
