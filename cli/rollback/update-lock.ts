import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { Locked, type LockHolder } from "../engine-failure";
import { findProject } from "../find-stack-file";

const LOCK = z.object({ pid: z.int(), username: z.string(), hostname: z.string(), timestamp: z.coerce.date() });

/**
 * Who updates the stack now, by the lock in a backend of files: of other backends only an update of one's own is told, when it is
 * refused. Undefined where nobody does, or it cannot be seen.
 */
export function findLock(folder: string, stack: string): Locked | undefined {
  const { root, project } = backendAround(folder, stack);
  if (root === undefined) return undefined;
  const name = stack.split("/").at(-1) ?? stack;
  // A backend of before projects were in it has the stacks alone (pulumi/pkg, `diy/store.go`).
  const locks = [join("organization", project, name), join("organization", name), name].map((path) =>
    join(root, ".pulumi/locks", path),
  );
  const [holder] = locks.flatMap(holdersIn).sort((a, b) => a.since.getTime() - b.since.getTime());
  return holder && new Locked(stack, holder);
}

/** Whether a lock that is there can be seen: in a bucket or a service it cannot. */
export function seesLocks(folder: string, stack: string): boolean {
  return backendAround(folder, stack).root !== undefined;
}

/** The backend's folder, undefined where it is none of files; and the project's name. */
function backendAround(folder: string, stack: string): { root: string | undefined; project: string } {
  const home = findProject(folder, stack);
  const settings = parse(readFileSync(projectFile(home), "utf8")) as { name: string; backend?: { url?: string } };
  return { root: filesOf(backendOf(settings.backend?.url), home), project: settings.name };
}

function projectFile(folder: string): string {
  const file = ["Pulumi.yaml", "Pulumi.yml"].map((name) => join(folder, name)).find((path) => existsSync(path));
  return file ?? join(folder, "Pulumi.yaml");
}

/** As the engine chooses it: by the environment, the project, the last log-in. */
function backendOf(ofProject: string | undefined): string | undefined {
  const { PULUMI_BACKEND_URL, PULUMI_HOME = join(homedir(), ".pulumi") } = process.env;
  if (PULUMI_BACKEND_URL || ofProject) return PULUMI_BACKEND_URL || ofProject;
  try {
    const { current } = JSON.parse(readFileSync(join(PULUMI_HOME, "credentials.json"), "utf8")) as { current?: string };
    return current;
  } catch {
    return undefined; // nobody has logged in
  }
}

/** The folder of a backend of files; `~` and a relative path are allowed in its address. */
function filesOf(backend: string | undefined, project: string): string | undefined {
  const [, path] = /^file:\/\/([^?]*)/.exec(backend ?? "") ?? [];
  if (path === undefined) return undefined;
  return resolve(project, path.replace(/^~(?=$|\/)/, homedir()));
}

function holdersIn(folder: string): LockHolder[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    if (!name.endsWith(".json")) return [];
    try {
      const { pid, username, hostname, timestamp } = LOCK.parse(JSON.parse(readFileSync(join(folder, name), "utf8")));
      return [{ pid, user: username, host: hostname, since: timestamp }];
    } catch {
      return []; // it has just gone, or is just being written
    }
  });
}
