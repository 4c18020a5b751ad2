import { readFileSync } from "node:fs";
import type { LocalCloudOptions } from "../../local/local-cloud";
import { signalGroup } from "../../local/process-file";

/** A moment of an update: at a call of the provider, before or after AWS carries it out, or so long after. */
export interface Moment {
  /** Which of the update's calls: 0 the first, nearly 1 the last. */
  share: number;
  how: "inside a step that AWS carries out" | "inside a step that AWS does not carry out" | "later";
  /** Of `later`, in milliseconds. */
  afterMs: number;
}

/** Sees each call of the engine to the cloud, and kills the engine at one of them as the system would: with no last word. */
export class Killer {
  /** Where the engine that runs is recorded, a `ProcessFile`. */
  pidFile = "";
  /** What the engine asked of the cloud since this was armed, as text. */
  calls: string[] = [];
  private moment: Moment | undefined;
  /** The call that the moment is at. */
  private number = 0;
  private late: NodeJS.Timeout | undefined;

  /** @param stacks the names that what is theirs begins with */
  constructor(private readonly stacks: readonly string[]) {}

  /** Counts anew, and kills at this moment of an update of about so many calls. */
  arm(moment?: Moment, calls = 0): void {
    this.calls = [];
    this.moment = moment;
    this.number = moment ? 1 + Math.floor(moment.share * calls) : 0;
  }

  /** The update has ended: nothing that runs later is killed for it. */
  disarm(): void {
    this.moment = undefined;
    clearTimeout(this.late);
  }

  /** For `LocalCloudOptions`. */
  readonly fault: NonNullable<LocalCloudOptions["fault"]> = (operation, type, inputs) => {
    this.calls.push(`${operation} ${type} ${JSON.stringify(inputs)}`);
    if (!this.moment || this.calls.length !== this.number) return undefined;
    const { how, afterMs } = this.moment;
    if (how === "later") this.late = setTimeout(() => this.kill(), afterMs);
    else this.kill();
    return how === "inside a step that AWS does not carry out"
      ? "the engine was killed before this was sent"
      : undefined;
  };

  /** The stacks that the calls were about. */
  touched(): Set<string> {
    return new Set(this.calls.flatMap((call) => this.stackIn(call) ?? []));
  }

  /** Whose resource is named in a text: all that a stack has is named by it, and so are the ARNs of what that is attached to. */
  stackIn(text: string): string | undefined {
    return this.stacks.find((name) => text.includes(`${name}-`));
  }

  private kill(): void {
    const [pid] = readFileSync(this.pidFile, "utf8").split("\n").map(Number.parseFloat);
    if (pid) signalGroup(pid, "SIGKILL");
  }
}
