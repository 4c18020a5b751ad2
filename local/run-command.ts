import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

interface Running {
  /** What it is to bring about, for whoever reads that it was stopped: `Pulumi 3.259.0`. */
  what: string;
  env: NodeJS.ProcessEnv;
  /** Called each second, with the number of lines that the command has written to its standard error. */
  eachSecond?: (second: number, lines: number, stop: (why: string) => void) => void;
  /** Ends it as an interrupt does. */
  signal?: AbortSignal;
}

/** Runs a command and returns why it failed, or "". All that it started ends with it, and with this process. */
export async function runCommand(
  command: string,
  args: string[],
  { what, env, eachSecond = () => {}, signal }: Running,
): Promise<string> {
  const child = spawn(command, args, { env, detached: true, stdio: ["ignore", "ignore", "pipe"] });
  let [why, lastWords, lines, second] = ["", "no reason given", 0, 0];
  const stop = (reason: string | number) => {
    why ||= `${reason}`;
    const runs = child.pid && child.exitCode === null && child.signalCode === null;
    if (runs) process.kill(-child.pid, "SIGKILL"); // its group: the compilers, or curl, as well
  };
  const abort = () => stop("SIGABRT");
  const ends = ["SIGINT", "SIGTERM", "SIGHUP", "exit"];
  for (const end of ends) process.on(end, stop);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  const timer = setInterval(() => eachSecond(++second, lines, stop), 1000);
  createInterface(child.stderr).on("line", (line) => {
    lines++;
    if (line.includes(" ")) lastWords = line; // the others name packages that were compiled
  });
  const code = await new Promise((end) => {
    child.on("close", end).on("error", ({ message }) => stop(`${command} does not start: ${message}`));
  });
  clearInterval(timer);
  for (const end of ends) process.off(end, stop);
  signal?.removeEventListener("abort", abort);
  if (why.startsWith("SIG")) throw new Error(`Stopped by ${why} before ${what} was there; nothing is left of it.`);
  return why || (code === 0 ? "" : lastWords.replace(/(https?:\/\/|lookup )[^\s":]+/g, "$1…"));
}
