import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PostgresVersion, postgresBinaries } from "./binaries";

/** A PostgreSQL server of this machine, with an empty database and a user `postgres` who needs no password. */
export interface PostgresServer {
  /** `postgres://postgres@127.0.0.1:<port>/postgres` */
  url: string;
  stop(): Promise<void>;
}

interface Options {
  port: number;
  /** @default 18 */
  version?: PostgresVersion;
  /** Settings of the server, such as `autovacuum: "off"`. */
  settings?: Record<string, string>;
}

/** PostgreSQL refuses to run as root; `nobody` has nothing on this machine to lose. */
const NOBODY = { uid: 65534, gid: 65534 };

/** Starts a server on the loopback address, with its data in a folder of its own that is removed when it stops. */
export async function startPostgres({ port, version = 18, settings = {} }: Options): Promise<PostgresServer> {
  const binaries = await postgresBinaries(version);
  const data = await mkdtemp(join(tmpdir(), "crossfade-database-"));
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await chown(data, NOBODY.uid, NOBODY.gid);
  const run = (name: string, args: string[]) =>
    spawn(join(binaries, "bin", name), args, {
      ...(isRoot && NOBODY),
      cwd: data,
      stdio: ["ignore", "ignore", "pipe"],
      env: { PATH: process.env.PATH },
    });

  const remove = () => rm(data, { recursive: true, force: true, maxRetries: 5 });
  try {
    await finished(
      run("initdb", ["-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "--locale=C", "--encoding=UTF8"]),
    );
    const all = { ...settings, listen_addresses: "127.0.0.1", unix_socket_directories: "", fsync: "off" };
    const flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const server = run("postgres", ["-D", data, "-p", String(port), ...flags]);
    const kill = () => server.kill("SIGQUIT");
    process.once("exit", kill);
    await ready(server);
    const stop = async () => {
      process.off("exit", kill);
      if (server.exitCode === null) {
        const ended = once(server, "exit");
        server.kill("SIGINT"); // "fast": open sessions are ended
        await ended;
      }
      await remove();
    };
    return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function finished(child: ChildProcess): Promise<void> {
  const said = stderrOf(child);
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`the database could not be made: ${said()}`);
}

/** @returns when the server takes connections */
function ready(server: ChildProcess): Promise<void> {
  const said = stderrOf(server);
  return new Promise((resolve, reject) => {
    server.stderr?.on("data", () => said().includes("ready to accept connections") && resolve());
    server.once("exit", (code) => reject(new Error(`the database ended with code ${code}: ${said()}`)));
  });
}

function stderrOf(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    if (text.length < 10_000) text += chunk;
  });
  return () => text.trim().split("\n").slice(-3).join(" ");
}
