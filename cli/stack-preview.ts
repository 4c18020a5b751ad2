import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sources } from "../traffic/sources";
import { Failure } from "./failure";

/** An export of 50,000 resources has 200 MB. */
const MOST_OUTPUT = 1 << 30;

/**
 * Previews a stack of the project around, as `pulumi preview` does: with the stream, the plan and the state nothing is left out.
 * Secrets stay encrypted: whether one changes is the engine's word, and a finding never has one in it.
 * @throws Failure with exit code 2 where the engine says no
 */
export async function previewStack(stack: string, configFile: string | undefined): Promise<Required<Sources>> {
  const folder = mkdtempSync(join(tmpdir(), "crossfade-check-"));
  try {
    const state = await pulumi(["stack", "export", "--stack", stack]);
    const plan = join(folder, "plan.json");
    const file = configFile === undefined ? [] : ["--config-file", configFile];
    const preview = await pulumi(["preview", "--json", "--save-plan", plan, "--stack", stack, ...file]);
    return { preview, state, plan: readFileSync(plan, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function pulumi(args: string[]): Promise<string> {
  const env = { ...process.env, PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" };
  return new Promise((resolve, reject) => {
    const command = [...args, "--non-interactive", "--color", "never"];
    execFile("pulumi", command, { env, maxBuffer: MOST_OUTPUT }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
      const reason = isMissing ? "there is no pulumi on the PATH" : stderr.trim() || lastWords(stdout) || error.message;
      reject(new Failure(`"pulumi ${args.join(" ")}" does not work here, so nothing can be judged: ${reason}`, 2));
    });
  });
}

/** What the engine said last of what went wrong: in a preview as JSON it says it there. */
function lastWords(stream: string): string {
  const errors = stream.split("\n").flatMap((line) => {
    try {
      const { diagnosticEvent } = JSON.parse(line) as { diagnosticEvent?: { severity: string; message: string } };
      return diagnosticEvent?.severity === "error" ? diagnosticEvent.message.trim() : [];
    } catch {
      return [];
    }
  });
  return errors.join("\n");
}
