import { createHash } from "node:crypto";
import type { StackFile } from "../../cli/stack-file";

/** Somebody's own service, in two versions. */
export interface Servers {
  /** The command lines that start a version on port `{port}`. */
  stable: string;
  candidate: string;
  /** What is asked for, by the load and by the health check. */
  path: string;
}

/** Puts the servers in place of the example service in a stack's file. */
export function useServers(file: StackFile, { stable, candidate, path }: Servers): void {
  const images = {
    [imageOf("stable", stable)]: { run: stable },
    [imageOf("candidate", candidate)]: { run: candidate },
  };
  const { env, ...service } = file.get("service") as Record<string, unknown>;
  file.set("service", { ...service, health: path });
  file.set("blue", imageOf("stable", stable));
  file.set("local", { images });
}

/** A command is its own content: another one is another image. */
function imageOf(name: string, command: string): string {
  return `${name}@sha256:${createHash("sha256").update(command).digest("hex")}`;
}
