import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A program that runs as long as this process wants it, and never longer than this process, however that ends. */
export class Companion {
  private words = "";
  private running = true;

  private constructor(private readonly shell: ChildProcess) {
    shell.stdout?.setEncoding("utf8").on("data", (text) => {
      this.words = (this.words + text).slice(-10_000);
    });
    shell.stdout?.on("end", () => {
      this.running = false;
    });
  }

  static start(command: string, args: string[]): Companion {
    // The shell waits for the end of its input, which comes with the end of this process, be it by `kill -9`.
    const script = '"$0" "$@" </dev/null 2>&1 & exec >/dev/null 2>&1; read -r _; kill -9 $!';
    return new Companion(spawn("sh", ["-c", script, command, ...args], { stdio: ["pipe", "pipe", "ignore"] }));
  }

  get isRunning(): boolean {
    return this.running;
  }

  /** The end of what it has written. */
  get lastWords(): string {
    return this.words;
  }

  async stop(): Promise<void> {
    const { shell } = this;
    if (shell.exitCode !== null || shell.signalCode !== null) return;
    shell.stdin?.end();
    await once(shell, "close");
  }
}
