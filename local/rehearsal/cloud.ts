import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { AccessLine, TaskEvent } from "../dataplane";
import type { LocalCloudOptions } from "../local-cloud";
import { endLeftovers, type ProcessFile } from "../process-file";

/** How the cloud is to be. */
export type CloudOptions = Omit<
  LocalCloudOptions,
  "images" | "say" | "random" | "now" | "fault" | "onRequest" | "onTask"
> & {
  images: ReturnType<LocalCloudOptions["images"]>;
};
/** What goes to the cloud's process; the first starts it. `seen`: to be told at once what was seen until now. */
export interface Question {
  id: number;
  what: CloudOptions | "addresses" | "dns" | "settled" | "seen";
}
/** What comes back, with the question's id. */
export interface Answer {
  id: number;
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

  /** `onSeen` is called up to ten times a second; in `processes` the cloud is recorded. */
  static async start(
    options: CloudOptions,
    onSeen: (seen: Seen) => void = () => {},
    processes?: ProcessFile,
  ): Promise<RehearsalCloud> {
    const child = fork(join(__dirname, "cloud-process.ts"), {
      execArgv: ["--require", require.resolve("tsx/cjs")],
      // Leads a group, as all that is recorded.
      detached: true,
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    if (child.pid !== undefined) processes?.add(child.pid);
    child.on("message", ({ seen }: { seen?: Seen }) => seen && onSeen(seen));
    const { env = {} } = await ask(child, options);
    return new RehearsalCloud(child, join(options.home, "tasks.json"), env);
  }

  /** Where the balancers answer. */
  async addresses(): Promise<string[]> {
    const { addresses = [] } = await ask(this.child, "addresses");
    return addresses;
  }

  /** Where the name server answers. */
  async dnsAddresses(): Promise<string[]> {
    const { addresses = [] } = await ask(this.child, "dns");
    return addresses;
  }

  /** Resolves when every node of the balancers has taken over all that was changed until now. */
  async settled(): Promise<void> {
    await ask(this.child, "settled");
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
    await endLeftovers(this.tasksFile);
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

let questions = 0;

async function ask(child: ChildProcess, what: Question["what"]): Promise<Answer> {
  const id = questions++;
  child.send({ id, what } satisfies Question);
  const answer = await new Promise<Answer>((resolve) => {
    const end = (message: Answer) => {
      child.off("message", read).off("exit", died);
      resolve(message);
    };
    const read = (message: Partial<Answer>) => message.id === id && end(message as Answer);
    const died = () => end({ id, error: "the local cloud ended before it answered" });
    child.on("message", read).on("exit", died);
  });
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer;
}
