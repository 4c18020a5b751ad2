import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { NoAddress } from "../destination";

/** What goes to the process, and what comes back with the question's id. */
export interface Question {
  id: number;
  name: string;
}
export interface Reply {
  id: number;
  address?: string;
  error?: string;
}

/**
 * The system's resolver (getaddrinfo), made to ask a name server of ours: in a process of its own, to which another
 * /etc/resolv.conf is shown by a mount namespace. That file cannot name a port, so the server must answer on port 53. It keeps
 * nothing: a program that goes by it looks up for each new connection.
 */
export class SystemResolver {
  lookUps = 0;
  private readonly waiting = new Map<number, (reply: Reply) => void>();

  private constructor(private readonly child: ChildProcess) {
    child.on("message", (reply: Reply) => this.waiting.get(reply.id)?.(reply));
    child.on("exit", () => {
      for (const [id, end] of this.waiting) end({ id, error: "its process has ended" });
    });
  }

  /**
   * `server` without a port, `127.0.53.1`; `folder` is where the file is written.
   * @throws with the reason, where there are no mount namespaces to be had, or not for us.
   */
  static async start(server: string, folder: string): Promise<SystemResolver> {
    if (process.platform !== "linux") throw new Error("mount namespaces are Linux's own");
    const file = join(folder, "resolv.conf");
    writeFileSync(file, `nameserver ${server}\noptions timeout:2 attempts:2\n`);
    const script = join(__dirname, "system-resolver-process.ts");
    const mounted = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
    const node = [process.execPath, "--require", require.resolve("tsx/cjs"), script];
    const child = spawn("unshare", ["--mount", "sh", "-c", mounted, file, ...node], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const said = text(child.stderr as NodeJS.ReadableStream).catch(() => "");
    await new Promise<void>((resolve, reject) => {
      child.once("message", () => resolve());
      child.once("error", reject);
      child.once("exit", async (code) => {
        const [line = ""] = (await said).trim().split("\n");
        reject(new Error(line || `unshare ended with code ${code}`));
      });
    });
    return new SystemResolver(child);
  }

  /** @throws NoAddress */
  async address(name: string): Promise<string> {
    const id = this.lookUps++;
    const { address, error } = await new Promise<Reply>((resolve) => {
      if (!this.child.connected) return resolve({ id, error: "its process has ended" });
      this.waiting.set(id, resolve);
      this.child.send({ id, name } satisfies Question, () => {});
    });
    this.waiting.delete(id);
    if (address === undefined) throw new NoAddress(`the system's resolver gives no address of ${name}: ${error}`);
    return address;
  }

  close(): void {
    if (this.child.connected) this.child.disconnect();
  }
}
