import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureEngine } from "../../local/engine/ensure-engine";
import type { Resource } from "../../traffic";
import { ROOT } from "../local-world";
import { BENCH_STACK, type PackCost, packCost } from "./pack-process";
import { guardPack, ownPack, pack } from "./previews";
import { stackOf } from "./stacks";

/** How often each pack is asked, in turn with the others; the median counts. */
const TIMES = Number(process.env.TIMES ?? 3);

/** The part of a preview that a pack adds: its own process, and what that starts, in seconds of processor time. */
export async function processTable(counts: readonly number[], guard: string | undefined): Promise<string[]> {
  const engine = await ensureEngine({ progress: (line) => process.stderr.write(`${line}\n`) });
  // Within the repository, whose SDK an empty pack finds.
  const parent = join(ROOT, ".crossfade");
  mkdirSync(parent, { recursive: true });
  const home = mkdtempSync(join(parent, "bench-"));
  const env = {
    ...process.env,
    PATH: `${engine}/bin:${process.env.PATH}`,
    PWD: home,
    PULUMI_BACKEND_URL: `file://${home}`,
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
  const packs = {
    "an empty pack": pack(home, "empty", "[]"),
    ...(guard && { "@pulumi/awsguard": guardPack(guard) }),
    ours: ownPack(home),
  };
  try {
    const lines: string[] = [];
    for (const count of counts) lines.push(...(await rows(count, packs, home, env)));
    return [
      "| resources | pack | until it answers | a resource | the stack | the export | together | more than an empty pack | at the end, by the clock |",
      "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
      ...lines,
    ];
  } finally {
    rmSync(home, { recursive: true });
  }
}

async function rows(count: number, packs: Record<string, string[]>, home: string, env: NodeJS.ProcessEnv) {
  const { prior, desired } = stackOf(count);
  importState(prior, home, env);
  const costs = new Map<string, PackCost[]>(Object.keys(packs).map((name) => [name, []]));
  for (let round = 0; round < TIMES; round++) {
    for (const [name, [, folder = ""]] of Object.entries(packs)) {
      costs.get(name)?.push(await packCost(folder, desired, env));
    }
  }
  const together = (cost: PackCost) => cost.start.own + cost.resources.own + cost.stack.own + exported(cost);
  const empty = median(costs.get("an empty pack") ?? [], together);
  return [...costs].map(([name, of]) => {
    const all = median(of, together);
    const cells = [
      s(median(of, ({ start }) => start.own)),
      `${((median(of, ({ resources }) => resources.own) * 1000) / count).toFixed(2)} ms`,
      s(median(of, ({ stack }) => stack.own)),
      s(median(of, exported)),
      s(all),
      name === "an empty pack" ? "-" : `${s(all - empty)}, ${(all / empty).toFixed(2)} x`,
      s(median(of, ({ wait }) => wait)),
    ];
    return `| ${count} | ${name} | ${cells.join(" | ")} |`;
  });
}

/** The state as the engine has it, for the pack to ask for. */
function importState(prior: readonly Resource[], home: string, env: NodeJS.ProcessEnv): void {
  const { project, stack } = BENCH_STACK;
  const provider = `urn:pulumi:${stack}::${project}::pulumi:providers:aws::default`;
  const root = { type: "pulumi:pulumi:Stack", urn: `urn:pulumi:${stack}::${project}::pulumi:pulumi:Stack::root` };
  const resources = [
    { ...root, custom: false },
    { type: "pulumi:providers:aws", urn: provider, custom: true, id: "1" },
    ...prior.map((resource) => ({ ...resource, id: resource.outputs.id, provider: `${provider}::1` })),
  ];
  const manifest = { time: new Date(0).toISOString(), magic: "", version: "" };
  writeFileSync(join(home, "state.json"), JSON.stringify({ version: 3, deployment: { manifest, resources } }));
  writeFileSync(join(home, "Pulumi.yaml"), `name: ${project}\nruntime: nodejs\n`);
  const options = { cwd: home, env, stdio: "pipe" as const };
  execFileSync("pulumi", ["stack", "select", "--create", stack], options);
  execFileSync("pulumi", ["stack", "import", "--file", "state.json"], options);
}

function exported({ start, resources, stack }: PackCost): number {
  return start.started + resources.started + stack.started;
}

function median(costs: readonly PackCost[], of: (cost: PackCost) => number): number {
  return costs.map(of).sort((a, b) => a - b)[Math.floor(costs.length / 2)] ?? Number.NaN;
}

function s(seconds: number): string {
  return `${seconds.toFixed(1)} s`;
}
