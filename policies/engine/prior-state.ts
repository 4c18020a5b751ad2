import { AsyncLocalStorage } from "node:async_hooks";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { parseState, type State } from "../../traffic/sources/state";

let reading: Promise<State> | undefined;

/** A state that a test of policies gives in the place of the engine's. */
const given = new AsyncLocalStorage<{ state: Promise<State> }>();

/**
 * The stack's state before the update. The policy protocol does not hand it over, so it is read once, at the first call: later
 * in an update the state is the new one already. Secrets are decrypted in memory, for ciphertext differs each time.
 */
export function priorState(): Promise<State> {
  const run = given.getStore();
  if (run) return run.state;
  reading ??= exportStack();
  return reading;
}

/** Runs with a state in the place of the engine's; see `testing.ts`. */
export function withPriorState<T>(state: Promise<State>, run: () => Promise<T>): Promise<T> {
  return given.run({ state }, run);
}

const ENGINES_RUN = {};

/** Stands for the run of the engine that judges, or of a test: what is kept from one policy to the next is kept by it. */
export function thisRun(): object {
  return given.getStore() ?? ENGINES_RUN;
}

async function exportStack(): Promise<State> {
  const stack = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  // The engine that runs this pack has put itself on the PATH, or was found there.
  const command = ["stack", "export", "--show-secrets", "--stack", stack];
  // In the project's own folder a backend named in its Pulumi.yaml holds.
  const options = { cwd: process.env.PWD ?? process.cwd(), maxBuffer: 1 << 30 };
  const { stdout } = await promisify(execFile)("pulumi", command, options).catch((error: { stderr?: string }) => {
    const reason = error.stderr?.trim() ?? String(error);
    throw new Error(
      `the state before it cannot be read: ${reason}. "pulumi ${command.join(" ")}" must work here, with the backend and the passphrase of this run`,
    );
  });
  return parseState(stdout, true);
}
