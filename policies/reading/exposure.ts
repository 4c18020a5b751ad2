import { at, isPreview, number } from "../../traffic";
import { backendsOf, type Exposed, kindOf, ROUTE_KINDS } from "./kubernetes";
import { type State, setting } from "./state";
import { GROUP } from "./types";

/** How a Service gets requests from what leads users to it. */
export interface Exposure {
  /** It has a weight above 0, or the only place. */
  serves: boolean;
  /** What leads to it could lead to another one as well. */
  hasSibling: boolean;
}

export function exposureOf({ service, by }: Pick<Exposed, "service" | "by">, state: State): Exposure {
  const kind = kindOf(by) ?? "";
  if (ROUTE_KINDS.includes(kind)) {
    const own = (backend: unknown) => at(backend, "name") === at(setting(service, "metadata"), "name");
    const rules = backendsOf(by).filter((backends) => backends.some(own));
    return {
      serves: rules.some((backends) => backends.filter(own).some((backend) => weightOf(backend) !== 0)),
      hasSibling: rules.some((backends) => backends.length > 1),
    };
  }
  if (kind !== "TargetGroupBinding") return { serves: true, hasSibling: false };
  const groups = state.referred(by, "spec", at(setting(by, "spec"), "targetGroupARN"), GROUP);
  const carriers = groups
    .flatMap((group) => state.forwarding(group))
    .filter((carrier) => !isPreview(setting(carrier, "conditions")));
  const parts = carriers.map((carrier) => state.forwarded(carrier));
  const isOwn = (part: ReturnType<State["forwarded"]>[number]) => part.groups.some((group) => groups.includes(group));
  return {
    // A group that no rule of this stack forwards to may be another stack's.
    serves: carriers.length === 0 || parts.some((all) => all.some((part) => isOwn(part) && part.weight !== 0)),
    hasSibling: parts.some((all) => all.length > 1),
  };
}

/** Gateway API: a weight that is left out is 1. */
function weightOf(backend: unknown): number | undefined {
  return number(at(backend, "weight") ?? 1);
}

/** Whether a workload or a Service that is led to by any of these serves users. */
export function servedBy(exposed: readonly Pick<Exposed, "service" | "by">[], state: State): Exposure {
  const all = exposed.map((one) => exposureOf(one, state)).filter(({ serves }) => serves);
  return { serves: all.length > 0, hasSibling: all.some(({ hasSibling }) => hasSibling) };
}
