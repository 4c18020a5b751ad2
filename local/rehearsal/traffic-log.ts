import type { Fault } from "../../load/fault";
import type { LoadResult } from "../../load/load";
import type { Outcome } from "../../load/load-client";
import { COLORS } from "../../traffic";
import type { AccessLine, TaskEvent } from "../dataplane";
import type { Seen } from "./cloud";
import { explain } from "./faults";

/** How long an answer's line may take to come, in milliseconds. The cloud tells ten times a second. */
const longestWait = 2000;
const most = 10_000;

/**
 * The balancers' access log, joined to the load's requests by their trace. It is how a server that says nothing of its version
 * can be told apart, and why a request was lost.
 */
export class TrafficLog {
  /** Lines that nobody has asked for yet, the oldest first. */
  private readonly lines = new Map<string, AccessLine>();
  private readonly waiting = new Map<string, (line?: AccessLine) => void>();
  private readonly incidents = new Map<string, AccessLine>();
  private readonly tasks: TaskEvent[] = [];

  /** What the cloud has seen: `RehearsalCloud.start(options, (seen) => log.add(seen))`. */
  add({ requests, tasks }: Seen): void {
    this.tasks.push(...tasks);
    if (this.tasks.length > most) this.tasks.splice(0, this.tasks.length - most);
    for (const line of requests) {
      const root = /Root=([^;]*)/.exec(line.traceId)?.[1] ?? "";
      if (line.incident) keep(this.incidents, root, line);
      const waits = this.waiting.get(root);
      if (waits) waits(line);
      else keep(this.lines, root, line);
    }
  }

  /** The color that a request was sent to, for `LoadOptions.environmentOf`: known once its line has come. */
  readonly environmentOf = async ({ trace }: Outcome): Promise<string | undefined> => {
    const line = this.lines.get(trace) ?? (await this.next(trace));
    this.lines.delete(trace);
    return line?.targetGroupArn && colorOf(line.targetGroupArn);
  };

  /**
   * Why requests were lost. To be asked when the load has ended and `RehearsalCloud.seen()` has resolved; `addresses` are where
   * the balancers answer then.
   */
  faults({ losses, lost }: Pick<LoadResult, "losses" | "lost">, addresses?: readonly string[]): Fault[] {
    const { incidents, tasks } = this;
    return explain({ losses, lost, incidents, tasks, addresses, environmentOf: colorOf });
  }

  private next(trace: string): Promise<AccessLine | undefined> {
    return new Promise((resolve) => {
      const late = setTimeout(() => end(), longestWait);
      const end = (line?: AccessLine) => {
        clearTimeout(late);
        this.waiting.delete(trace);
        resolve(line);
      };
      this.waiting.set(trace, end);
    });
  }
}

function keep(lines: Map<string, AccessLine>, root: string, line: AccessLine): void {
  lines.set(root, line);
  const [oldest] = lines.keys();
  if (lines.size > most && oldest !== undefined) lines.delete(oldest);
}

/** Target groups are named by their environment, `shop-blue-1a2b3c4`. */
function colorOf(targetGroupArn: string): string | undefined {
  return COLORS.find((color) => targetGroupArn.includes(`-${color}-`));
}
