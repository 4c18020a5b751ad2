import { spawnSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { runCommand } from "./run-command";

interface Build {
  /** `Pulumi 3.259.0` */
  what: string;
  /** The folder of the go.mod. */
  module: string;
  packages: string[];
  /** The folder for the commands that are built. */
  bin: string;
  /** The folder for what is needed only meanwhile. */
  work: string;
  env: NodeJS.ProcessEnv;
  progress: (line: string) => void;
  /** How many packages are compiled at most, where none has been before. */
  steps: number;
  /** For the linker, besides `-s -w`. @default none */
  ldflags?: string;
  /** Leaves the processor to whoever else wants it. @default false */
  inBackground?: boolean;
  signal?: AbortSignal;
}

/** Builds commands with Go, and returns why that failed, or "". */
export async function goBuild(build: Build): Promise<string> {
  const { what, module, packages, bin, work, env, progress, steps, ldflags = "", inBackground, signal } = build;
  const flags = ["-C", module, "-v", "-buildvcs=false", "-trimpath", "-ldflags", `-s -w ${ldflags}`, "-o", `${bin}/`];
  await mkdir(bin, { recursive: true });
  const [command = "go", ...before] = [...(inBackground ? lowestPriority() : []), "go", "build"];
  return runCommand(command, [...before, ...flags, ...packages], {
    what,
    env: { ...env, ...goSettings(work) },
    eachSecond: (second, lines) => {
      if (second % 15 === 0) progress(`building ${what}: ${second} s, ${lines} of at most ${steps} steps`);
    },
    signal,
  });
}

/** How a command is begun that runs when nobody else wants to; Linux has a class for that besides the nice value. */
function lowestPriority(): string[] {
  const idle = ["chrt", "--idle", "0"];
  const hasIdle = spawnSync("chrt", [...idle.slice(1), "true"]).status === 0;
  return [...(hasIdle ? idle : []), "nice", "-n", "19"];
}

/** Settings that somebody has for other Go projects must not change what is built here. */
export function goSettings(work: string): NodeJS.ProcessEnv {
  return {
    GOFLAGS: "-mod=readonly",
    GOWORK: "off",
    GO111MODULE: "on",
    CGO_ENABLED: "0",
    GOTMPDIR: work,
    GOGC: "400", // a fifth less time in the compiler, for at most half as much memory again
    GOOS: process.platform,
    GOARCH: process.arch === "x64" ? "amd64" : process.arch,
  };
}
