import { execFileSync, spawnSync } from "node:child_process";

/** Whether there is a `dig`, once it has been installed where that can be done. */
export function installDig(): boolean {
  const there = () => spawnSync("dig", ["-v"]).error === undefined;
  if (there()) return true;
  if (process.getuid?.() !== 0 || spawnSync("apt-get", ["--version"]).error) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    execFileSync("apt-get", ["update"], { stdio: "ignore", env });
    execFileSync("apt-get", ["install", "--yes", "--no-install-recommends", "bind9-dnsutils"], {
      stdio: "ignore",
      env,
    });
  } catch {
    return false; // without a network; those who need it say so
  }
  return there();
}
