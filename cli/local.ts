import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { ensureEngine } from "../local/engine/ensure-engine";
import { LocalCloud } from "../local/local-cloud";
import { Failure } from "./failure";
import { Pulumi } from "./pulumi";
import { StackFile } from "./stack-file";

const ROOT = resolve(__dirname, "..");

/** Runs a command inside the cloud on this machine, or keeps the cloud until it is told to stop. */
export async function local(command: string[], stack: string): Promise<number> {
  const home = join(ROOT, ".crossfade", stack);
  const say = (line: string) => process.stderr.write(`crossfade: ${line}\n`);
  const engine = await ensureEngine({ progress: say });
  const running = await LocalCloud.running(home);
  if (running && command.length > 0) return run(command, new Pulumi(engine, ROOT, running.env).env);
  const file = new StackFile(join(ROOT, `stacks/Pulumi.${stack}.yaml`));
  const { dnsSpeed } = settingsOf(file);
  const cloud = await LocalCloud.start({ home, images: () => settingsOf(file).images ?? {}, dnsSpeed, say });
  try {
    const pulumi = new Pulumi(engine, ROOT, cloud.env);
    await pulumi.initStack(home, "crossfade", stack);
    if (command.length > 0) return await run(command, pulumi.env);
    const again = stack === "local" ? "" : ` --stack ${stack}`;
    say(
      `the local cloud is up. In another terminal: npx crossfade local${again} -- npx pulumi up -s ${stack} --policy-pack policies`,
    );
    for (const address of cloud.addresses()) say(`it answers on http://${address}`);
    for (const address of cloud.dataPlane.dnsAddresses()) say(`it answers for its DNS zones on ${address}`);
    say(`it answers AWS's calls on ${cloud.env.AWS_ENDPOINT_URL}, and Prometheus at /metrics there`);
    await Promise.race(["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => once(process, signal)));
    return 0;
  } finally {
    await cloud.stop();
  }
}

/** `crossfade:local` in the stack's file: which command stands for which image, and how fast the times of DNS run. */
function settingsOf(file: StackFile) {
  const local = file.get("local");
  if (local === undefined) throw new Failure(`${file.path} has no crossfade:local: it is no stack for this machine`, 2);
  return local as { images?: Record<string, { run: string; env?: Record<string, string> }>; dnsSpeed?: number };
}

async function run([program = "", ...args]: string[], env: NodeJS.ProcessEnv): Promise<number> {
  // Ctrl-C reaches the command by itself; the cloud stays until the command has ended.
  const wait = () => {};
  process.on("SIGINT", wait);
  const child = spawn(program, args, { stdio: "inherit", env });
  try {
    const [code] = await once(child, "exit");
    return code ?? 1;
  } catch (error) {
    throw new Failure(`"${program}" cannot be started: ${(error as Error).message}`, 2);
  } finally {
    process.off("SIGINT", wait);
  }
}
