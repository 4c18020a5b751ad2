import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type AccessLine, endLeftovers, type TaskEvent } from "../dataplane";
import type { LocalCloudOptions } from "../local-cloud";

/** What goes to the cloud's process as its first message. */
export type CloudOptions = Omit<LocalCloudOptions, "images" | "say" | "random" | "fault" | "onRequest" | "onTask"> & {
  images: ReturnType<LocalCloudOptions["images"]>;
};
/** `seen`: to be told at once what was seen until now. */
export type Question = "addresses" | "seen";
interface Answer {
  env?: Record<string, string>;
  addresses?: string[];
  error?: string;
}

/** What the cloud saw since it told last: requests that have ended, and what became of tasks. */
export interface Seen {
  requests: AccessLine[];
  tasks: TaskEvent[];
}

/** The local cloud in its own process, as the rehearsal holds it. */
export class RehearsalCloud {
  private constructor(
    private readonly child: ChildProcess,
    private readonly tasksFile: string,
    readonly env: Record<string, string>,
  ) {}

  /** `onSeen` is called up to ten times a second. */
  static async start(options: CloudOptions, onSeen: (seen: Seen) => void = () => {}): Promise<RehearsalCloud> {
    const child = fork(join(__dirname, "cloud-process.ts"), {
      execArgv: ["--require", "tsx/cjs"],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    child.on("message", ({ seen }: { seen?: Seen }) => seen && onSeen(seen));
    const { env = {} } = await ask(child, options);
    return new RehearsalCloud(child, join(options.home, "tasks.json"), env);
  }

  /** Where the balancers answer. */
  async addresses(): Promise<string[]> {
    const { addresses = [] } = await ask(this.child, "addresses");
    return addresses;
  }

  /** Resolves when `onSeen` has had all that was seen until now. */
  async seen(): Promise<void> {
    await ask(this.child, "seen");
  }

  /** Ends every task and socket of it, also where it was killed and could not. */
  async stop(): Promise<void> {
    if (this.alive) {
      this.child.disconnect();
      await once(this.child, "exit");
    }
    endLeftovers(this.tasksFile);
  }

  /** Throws when the cloud has died: nothing that follows would mean anything. */
  assertAlive(): void {
    if (!this.alive)
      throw new Error(
        "the local cloud has died under the rehearsal: what was counted since means nothing. Start it again",
      );
  }

  private get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }
}

async function ask(child: ChildProcess, question: CloudOptions | Question): Promise<Answer> {
  child.send(question);
  const answer = await new Promise<Answer>((resolve) => {
    const end = (message: Answer) => {
      child.off("message", read).off("exit", died);
      resolve(message);
    };
    const read = (message: Answer | { seen: Seen }) => "seen" in message || end(message);
    const died = () => end({ error: "the local cloud ended before it answered" });
    child.on("message", read).on("exit", died);
  });
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer;
}
