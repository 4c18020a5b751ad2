import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { endLeftovers } from "../dataplane";
import type { LocalCloudOptions } from "../local-cloud";

type Options = Omit<LocalCloudOptions, "images" | "say" | "random" | "fault"> & {
  images: ReturnType<LocalCloudOptions["images"]>;
};
interface Answer {
  env?: Record<string, string>;
  addresses?: string[];
  error?: string;
}

/** The local cloud in its own process, as the rehearsal holds it. */
export class RehearsalCloud {
  private constructor(
    private readonly child: ChildProcess,
    private readonly tasksFile: string,
    readonly env: Record<string, string>,
  ) {}

  static async start(options: Options): Promise<RehearsalCloud> {
    const child = fork(join(__dirname, "cloud-process.ts"), {
      execArgv: ["--require", "tsx/cjs"],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    const { env = {} } = await ask(child, options);
    return new RehearsalCloud(child, join(options.home, "tasks.json"), env);
  }

  /** Where the balancers answer. */
  async addresses(): Promise<string[]> {
    const { addresses = [] } = await ask(this.child, "addresses");
    return addresses;
  }

  /** Resolves when every node of the balancers has taken over all that was changed until now. */
  async settled(): Promise<void> {
    await ask(this.child, "settled");
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

async function ask(child: ChildProcess, question: Options | "addresses" | "settled"): Promise<Answer> {
  const answered = new AbortController(); // takes the other listener away
  const { signal } = answered;
  child.send(question);
  const ended = once(child, "exit", { signal }).then(() => [{ error: "the local cloud ended before it answered" }]);
  ended.catch(() => {});
  try {
    const [answer] = (await Promise.race([once(child, "message", { signal }), ended])) as [Answer];
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  } finally {
    answered.abort();
  }
}
