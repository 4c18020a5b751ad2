import {
  at,
  COLORS,
  type Color,
  list,
  type NeighbourRole,
  number,
  parseRange,
  type Resource,
  rangesMeet,
  spokenRange,
  text,
  UNKNOWN,
  type VersionRange,
} from "../../traffic";
import { environmentOf } from "./rollouts";
import { environment } from "./route-kind";
import { NEIGHBOUR } from "./types";

/** Another stack as the update has read it. */
export interface Neighbour {
  /** Written out, as requirements name it. */
  stack: string;
  /** This stack, as it names it. */
  own: string;
  /** Undefined where `problem` says why. */
  versions?: readonly NeighbourVersion[];
  problem?: string;
}

/** A color of another stack that is there. */
export interface NeighbourVersion {
  color: Color;
  image: string;
  /** In percent. */
  share: number;
  /** It is stable: where it has no weight it is the way back. */
  isStable: boolean;
  contract: VersionRange | undefined;
  requires: readonly Needed[];
}

/** What a version needs of another stack. */
export interface Needed {
  stack: string;
  /** Undefined where it is no range. */
  contract: VersionRange | undefined;
  /** As it stands there. */
  said: string;
}

export function neighboursIn(state: readonly Resource[], role: NeighbourRole): Neighbour[] {
  return state.flatMap(({ type, inputs, pendingDelete }): Neighbour[] => {
    if (type !== NEIGHBOUR || pendingDelete || !list(inputs.roles).includes(role)) return [];
    const { stack, own, reading } = inputs;
    const known = { stack: text(stack) ?? "", own: text(own) ?? "" };
    const release = at(reading, "release");
    if (typeof release === "object" && release !== null) return [{ ...known, versions: versionsOf(release) }];
    const problem = release === UNKNOWN ? "is not known yet" : text(at(reading, "problem"));
    return [{ ...known, problem: problem ?? "was not read" }];
  });
}

/** The environment that a color of a route has; where its end is not known yet, the stack's of that color. */
export function homeFor(route: Resource, color: Color, state: readonly Resource[]): Resource | undefined {
  return environmentOf(route, color, state) ?? environment(color, state);
}

/** The versions of its contract that an environment says it serves. */
export function contractOf({ inputs }: Resource): VersionRange | undefined {
  return parseRange(text(inputs.contract) ?? "");
}

/** What an environment says it needs. */
export function neededBy({ inputs }: Resource): Needed[] {
  return neededIn(inputs.requires);
}

function versionsOf(release: object): NeighbourVersion[] {
  return COLORS.flatMap((color) => {
    const version = at(release, "versions", color);
    if (typeof version !== "object" || version === null) return [];
    return {
      color,
      image: text(at(version, "image")) ?? "",
      share: number(at(version, "share")) ?? 0,
      isStable: at(release, "stable") === color,
      contract: parseRange(text(at(version, "contract")) ?? ""),
      requires: neededIn(at(version, "requires")),
    };
  });
}

function neededIn(requires: unknown): Needed[] {
  return list(requires).map((one) => {
    const said = text(at(one, "contract")) ?? "";
    return { stack: text(at(one, "stack")) ?? "", contract: parseRange(said), said };
  });
}

/** Whether a version that serves the one will do for who needs the other. */
export function meets(needed: VersionRange | undefined, served: VersionRange | undefined): boolean {
  return needed !== undefined && served !== undefined && rangesMeet(needed, served);
}

/** What a version serves, as a verb phrase. */
export function spokenServed(contract: VersionRange | undefined): string {
  return contract ? `serves ${spokenContract(contract, "")}` : "does not say what it serves";
}

/** A contract in a sentence, after "needs" or "serves". */
export function spokenContract(contract: VersionRange | undefined, otherwise: string): string {
  return contract ? spokenRange(contract, "contract") : otherwise;
}
