import { readFileSync } from "node:fs";
import type { LocalCloudOptions } from "../../local/local-cloud";
import { signalGroup } from "../../local/process-file";

/** The moment of a kill: at the provider's call of this number, before or after AWS carries it out, or so long after. */
export interface Moment {
  call: number;
  how: "inside a step that AWS does not carry out" | "inside a step that AWS carries out" | "later";
  /** Of `later`, in milliseconds. */
  afterMs: number;
}

/** What the engine asked of the cloud, of which of the stacks. */
export interface Call {
  operation: string;
  type: string;
  stack: string | undefined;
}

/** Sees each call of the engine to the cloud, and kills the engine at one of them as the system would: with no last word. */
export class Killer {
  calls: Call[] = [];
  private moment: Moment | undefined;
  private late: NodeJS.Timeout | undefined;

  /** Where the engine that runs is recorded, a `ProcessFile`. */
  pidFile = "";

  /** @param stacks the names that what is theirs begins with */
  constructor(private readonly stacks: readonly string[]) {}

  /** Counts anew, and kills at this moment. */
  arm(moment?: Moment): void {
    this.calls = [];
    this.moment = moment;
  }

  /** The update has ended: nothing that runs later is killed for it. */
  disarm(): void {
    this.moment = undefined;
    clearTimeout(this.late);
  }

  /** For `LocalCloudOptions`. */
  readonly fault: NonNullable<LocalCloudOptions["fault"]> = (operation, type, inputs) => {
    const text = JSON.stringify(inputs);
    this.calls.push({ operation, type, stack: this.stacks.find((name) => text.includes(`${name}-`)) });
    if (!this.moment || this.calls.length !== this.moment.call) return undefined;
    const { how, afterMs } = this.moment;
    if (how === "later") this.late = setTimeout(() => this.kill(), afterMs);
    else this.kill();
    return how === "inside a step that AWS does not carry out"
      ? "the engine was killed before this was sent"
      : undefined;
  };

  private kill(): void {
    const [pid] = readFileSync(this.pidFile, "utf8").split("\n").map(Number.parseFloat);
    if (pid) signalGroup(pid, "SIGKILL");
  }
}
