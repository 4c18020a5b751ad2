import type { Fault, FaultName } from "../../load/fault";
import type { Loss } from "../../load/load";
import type { AccessLine, TaskEvent } from "../dataplane";
import { type Lost, wordsFor } from "./fault-words";

export interface Evidence {
  losses: readonly Loss[];
  /** All that were lost, where that is more than are listed. */
  lost?: number;
  /** The access log's lines with an incident, by the Root of their trace. */
  incidents: ReadonlyMap<string, AccessLine>;
  tasks: readonly TaskEvent[];
  /** Where balancers answer in the end; with it, a balancer that DNS users found gone is told apart. */
  addresses?: readonly string[];
  /** The environment of a target group. */
  environmentOf: (targetGroupArn: string) => string | undefined;
}

/** A connection of a task that dies is seen before its end is, or after: in milliseconds. */
const slack = 1000;
/** How long after a task's end its group may be without a task for that reason, in milliseconds. */
const replacedIn = 60_000;

/** Names the cause of every loss: the worst first, what stays unexplained last. */
export function explain(evidence: Evidence): Fault[] {
  const measured = keepAlives(evidence.incidents);
  const groups = new Map<string, { name: FaultName; environment?: string; lost: Lost[] }>();
  for (const loss of evidence.losses) {
    const line = evidence.incidents.get(loss.trace);
    const environment = loss.environment ?? (line?.targetGroupArn && evidence.environmentOf(line.targetGroupArn));
    const task = line && taskOf(line, evidence.tasks);
    const isGone = loss.dns !== undefined && evidence.addresses?.includes(loss.address) === false;
    const name = nameOf(loss, line, task, measured.get(line?.targetGroupArn), isGone);
    const key = `${name} ${environment}`;
    const group = groups.get(key) ?? { name, environment, lost: [] };
    group.lost.push({ loss, line, task });
    groups.set(key, group);
  }
  const faults = [...groups.values()].map(({ name, environment, lost }) => {
    return { name, requests: lost.length, ...(environment && { environment }), ...wordsFor(name, lost) };
  });
  const unlisted = (evidence.lost ?? 0) - evidence.losses.length;
  if (unlisted > 0) faults.push({ name: "unexplained", requests: unlisted, ...wordsFor("unexplained", []) });
  const last = ({ name }: Fault) => Number(name === "unexplained");
  return faults.sort((a, b) => last(a) - last(b) || b.requests - a.requests);
}

/** What became of a task. */
export interface TaskLife {
  target: string;
  /** When and why the service sent SIGTERM. */
  stopping?: TaskEvent;
  ended?: TaskEvent;
}

/** The task that a request met; where it met none, the one of its group that had died last. */
function taskOf(line: AccessLine, tasks: readonly TaskEvent[]): TaskLife | undefined {
  const lifeOf = (target: string): TaskLife => {
    const own = tasks.filter((event) => event.target === target);
    return {
      target,
      stopping: own.find(({ what }) => what === "stopping"),
      ended: own.find(({ what }) => what === "ended"),
    };
  };
  if (line.target !== undefined) return lifeOf(line.target);
  return tasks
    .filter(({ what, time, targetGroupArn }) => {
      return (
        what === "ended" && targetGroupArn === line.targetGroupArn && time < line.time && line.time < time + replacedIn
      );
    })
    .map(({ target }) => lifeOf(target))
    .findLast(({ stopping }) => !stopping);
}

function nameOf(
  loss: Loss,
  line: AccessLine | undefined,
  task: TaskLife | undefined,
  measured: number[] | undefined,
  isGone: boolean,
): FaultName {
  const { incident } = line ?? {};
  if (!line || !incident) {
    if (loss.cause === "no-address") return "no-address";
    if (isGone) return "gone-edge";
    if (loss.cause === "timeout") return "too-slow";
    const whole = loss.cause === "wrong" || loss.cause === "duplicate" || /^[34]/.test(loss.cause);
    return whole && loss.environment !== undefined ? "wrong-answer" : "unexplained";
  }
  if (incident.kind === "let-go") return "outlasts-drain";
  if (incident.kind === "malformed") return "malformed";
  // A connection that was closed long before its task ended was not closed by that.
  const at = incident.closedAt ?? line.time;
  if (task?.stopping && at >= task.stopping.time) return "drops-on-sigterm";
  if (task?.ended && !task.stopping && at >= task.ended.time - slack) {
    return task.ended.why === "was ended by SIGTERM" ? "drops-on-sigterm" : "crashed";
  }
  switch (incident.kind) {
    case "closed-idle":
      return "short-keep-alive";
    case "closed-early":
      return isKeepAliveRace(line, measured) ? "short-keep-alive" : "closed-without-answer";
    case "no-answer":
      return "too-slow";
    default:
      return incident.kind;
  }
}

/** Closed just as the request was sent, after the silence after which this environment is seen to close idle connections. */
function isKeepAliveRace({ incident }: AccessLine, measured: readonly number[] = []): boolean {
  const { idleMs } = incident ?? {};
  return idleMs !== undefined && measured.some((keepAlive) => Math.abs(keepAlive - idleMs) < slack);
}

/** After how many milliseconds of silence the tasks of each target group closed a connection. */
function keepAlives(incidents: Evidence["incidents"]): Map<string | undefined, number[]> {
  const measured = new Map<string | undefined, number[]>();
  for (const { targetGroupArn, incident } of incidents.values()) {
    if (incident?.kind !== "closed-idle" || incident.idleMs === undefined) continue;
    measured.set(targetGroupArn, [...(measured.get(targetGroupArn) ?? []), incident.idleMs].slice(0, 100));
  }
  return measured;
}
