import type * as pulumi from "@pulumi/pulumi";
import { COLORS, type Color } from "../traffic";
import { type PropertyProblem, throwProblems } from "./property-problem";
import type { Rollout } from "./rollout";
import type { VersionArgs } from "./version-args";

/** What of a version runs without being asked: no port, no health check, no drain. */
export interface BackgroundVersion
  extends Pick<
    VersionArgs,
    | "image"
    | "command"
    | "env"
    | "secrets"
    | "cpu"
    | "memory"
    | "stop"
    | "sidecars"
    | "schema"
    | "connections"
    | "database"
  > {}

/** Background work is stable's: it is given the versions of both colors, and takes the one that is released. */
export interface BackgroundArgs<V extends BackgroundVersion> {
  rollout: Rollout;
  /** What it would run, by color. The candidate's runs from the finish on, and no earlier. */
  versions: Partial<Record<Color, V>>;
}

/** Workers of a version. */
export interface WorkersVersion extends BackgroundVersion {
  /**
   * How many there are.
   * @default 1
   */
  replicas?: number;
}

export interface WorkersArgs extends BackgroundArgs<WorkersVersion> {
  /**
   * The workers of the version before end before those of the next one start, for what may not run twice: while they are exchanged
   * nobody works. Else both versions work for a while, so that each must read what the other one writes.
   * @default false
   */
  exclusive?: boolean;
}

export interface ScheduleArgs extends BackgroundArgs<BackgroundVersion> {
  /** When it starts: on Fargate EventBridge Scheduler's `cron(0 3 * * ? *)` or `rate(5 minutes)`, on Kubernetes five fields, `0 3 * * *`. */
  at: pulumi.Input<string>;
  /**
   * The time zone of that, by its IANA name.
   * @default "UTC"
   */
  zone?: pulumi.Input<string>;
}

/**
 * The version that is released, with what the state is to know of it.
 * @throws InputPropertiesError where stable has none, or is none of the colors.
 */
export function released<V extends BackgroundVersion>(
  what: string,
  { rollout, versions }: BackgroundArgs<V>,
): V & { color: Color } {
  const color = rollout.plan.stable;
  const version = versions[color];
  const problems: PropertyProblem[] = [];
  if (!version) {
    const reason = `${color} is stable, and it has none: what is released must be able to run, as long as this is in the program`;
    problems.push({ propertyPath: `versions.${color}`, reason });
  }
  for (const key of Object.keys(versions)) {
    if (COLORS.some((known) => known === key)) continue;
    problems.push({ propertyPath: `versions.${key}`, reason: `"${key}" is none of ${COLORS}` });
  }
  throwProblems(what, problems);
  return { ...(version as V), color };
}
