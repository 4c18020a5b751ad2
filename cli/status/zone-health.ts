import type { LiveTarget } from "../../traffic";

/** The targets of an environment in one zone. */
export interface ZoneHealth {
  /** Undefined where AWS does not tell it. */
  zone: string | undefined;
  healthy: number;
  /** All but those that are on their way out. */
  all: number;
  /** AWS's words for those that are not healthy, each once. */
  reasons: string[];
}

/** The targets by zone, in the order of their names. */
export function inZones(targets: readonly LiveTarget[]): ZoneHealth[] {
  const zones = [...new Set(targets.map(({ zone }) => zone))].sort((a = "", b = "") => (a < b ? -1 : 1));
  return zones.map((zone) => {
    const own = targets.filter((target) => target.zone === zone && target.state !== "draining");
    const sick = own.filter(({ state }) => state !== "healthy");
    const reasons = new Set(sick.map(({ state, reason }) => reason ?? state));
    return { zone, healthy: own.length - sick.length, all: own.length, reasons: [...reasons] };
  });
}
