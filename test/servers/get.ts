import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../local-world";

/** Where the servers are kept that a test has built or fetched: once a machine. */
const kept = join(ROOT, ".crossfade/servers");

/** The Go server, built by the `go` of this machine. */
export function goServer(): string {
  return made("go-server", "server", (folder) => {
    const environment = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" };
    run("go", ["build", "-o", join(folder, "server"), join(__dirname, "main.go")], environment);
  });
}

/** nginx from Debian. */
export function nginx(): string {
  return fromDebian("nginx", "usr/sbin/nginx", "-v");
}

/** A Prometheus server from Debian. */
export function prometheus(): string {
  return fromDebian("prometheus", "usr/bin/prometheus", "--version");
}

/** A program of a Debian package: the one that is installed, or else the package's, unpacked without root and without being installed. */
function fromDebian(name: string, program: string, version: string): string {
  const installed = [`/${program}`, `/usr/bin/${name}`].find((path) => existsSync(path));
  if (installed) return installed;
  return made(name, program, (folder) => {
    const download = (...options: string[]) => run("apt-get", [...options, "download", name], process.env, folder);
    try {
      download();
    } catch {
      // A machine that has no package lists, or old ones. Lists of our own need no root.
      for (const name of ["lists/partial", "archives/partial"]) mkdirSync(join(folder, name), { recursive: true });
      const own = ["-o", `Dir::State::Lists=${folder}/lists`, "-o", `Dir::Cache=${folder}`];
      run("apt-get", [...own, "update"]);
      download(...own);
    }
    const [deb] = readdirSync(folder).filter((name) => name.endsWith(".deb"));
    run("dpkg", ["-x", deb ?? "", "."], process.env, folder);
    run(join(folder, program), [version]); // the libraries that it needs are there
  });
}

/** A program in a folder that `make` fills, now or the last time: whole or not at all. */
function made(name: string, program: string, make: (folder: string) => void): string {
  const folder = join(kept, name);
  const path = join(folder, program);
  if (existsSync(path)) return path;
  mkdirSync(kept, { recursive: true });
  const draft = mkdtempSync(join(kept, "draft-"));
  make(draft);
  try {
    renameSync(draft, folder);
  } catch (error) {
    if (!existsSync(path)) throw error;
    rmSync(draft, { recursive: true }); // another test file was quicker
  }
  return path;
}

function run(command: string, args: string[], env: NodeJS.ProcessEnv = process.env, cwd = ROOT): void {
  try {
    execFileSync(command, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer };
    throw new Error(`this test needs a server that cannot be had: ${message}\n${stderr ?? ""}`);
  }
}
