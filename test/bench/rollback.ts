import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { AwsClients } from "../../live/aws-clients";
import { readRule } from "../../live/rule";
import { startLoad } from "../../load/load";
import { LocalWorld, PACK, ROOT, type TestStack } from "../local-world";

/**
 * How soon `crossfade rollback` takes a candidate's requests away, beside an edit and `pulumi up`, in one run and under load:
 * `npx tsx test/bench/rollback.ts [ROUNDS]`. Times of a busy machine are long; it is the ratio that tells.
 */
const ROUNDS = Number(process.argv[2] ?? 3);
/** Milliseconds from, to, in which a node of the balancer adopts weights. AWS gives no figure: it is assumed. */
const ADOPTION: [number, number] = [0, 5000];

interface Measured {
  /** Milliseconds from the command until the balancer's API says that stable has all. */
  answered: number;
  /** … until the last request that the candidate answered was sent. */
  lastRequest: number;
  lost: number;
}

async function main(): Promise<void> {
  const world = await LocalWorld.start({ adoptionDelay: ADOPTION });
  try {
    const path = `${join(world.engine, "bin")}:${process.env.PATH}`;
    Object.assign(process.env, world.cloud.env, { PATH: path });
    const stack = await world.ownStack();
    stack.config.set("green", `shop@sha256:${"2".repeat(64)}`);
    await must(stack);
    const ways = {
      "pulumi up": () => {
        stack.config.set("stage", "idle");
        return must(stack, ...PACK);
      },
      "crossfade rollback": async () => {
        const command = [join(ROOT, "cli/bin.js"), "rollback", "local", "--config-file", stack.config.path];
        await promisify(execFile)(process.execPath, command, { cwd: ROOT });
      },
    };
    const all: Record<string, Measured[]> = {};
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, back] of Object.entries(ways)) {
        const measured = await measure(world, stack, back);
        all[name] = [...(all[name] ?? []), measured];
        console.log(`${name}: ${JSON.stringify(measured)}`);
      }
    }
    print(all);
  } finally {
    await world.stop();
  }
}

async function measure(world: LocalWorld, stack: TestStack, back: () => Promise<void>): Promise<Measured> {
  stack.config.edit({ stage: "canary-50", rejected: undefined });
  await must(stack);
  await world.cloud.dataPlane.settled();
  const load = startLoad({
    addresses: world.cloud.addresses(),
    host: "shop.local",
    stage: { name: "canary-50", weight: 50 },
    rate: 40,
    seed: 1,
    drainSeconds: 5,
    maxSeconds: 900,
  });
  await sleep(3000);
  const candidate = load.watch("v2");
  const began = load.nowMs();
  const returned = back();
  const answered = await isBack(stack).then(() => load.nowMs() - began);
  await returned;
  await world.cloud.dataPlane.settled();
  await sleep(2000);
  const { lost } = await load.stop();
  const { sticky, plain } = candidate.result();
  return { answered, lastRequest: Math.max(sticky.lastAtMs ?? 0, plain.lastAtMs ?? 0) - began, lost };
}

async function isBack(stack: TestStack): Promise<void> {
  const isRule = ({ urn, type }: { urn: string; type: string }) => /ListenerRule$/.test(type) && urn.endsWith("::shop");
  const arn = String((await stack.resources()).find(isRule)?.outputs.arn);
  const clients = new AwsClients();
  for (;;) {
    const { groups } = await readRule(clients, arn);
    if (groups.filter(({ weight }) => weight > 0).length === 1) return;
    await sleep(50);
  }
}

/** An update without the policies, where it only prepares. */
async function must(stack: TestStack, ...args: string[]): Promise<void> {
  const { code, output } = await stack.up(...args);
  if (code !== 0) throw new Error(output);
}

function print(all: Record<string, Measured[]>): void {
  const median = (name: string, of: keyof Measured) => {
    const values = (all[name] ?? []).map((one) => one[of]).sort((a, b) => a - b);
    return values[Math.floor(values.length / 2)] ?? Number.NaN;
  };
  const names = Object.keys(all);
  console.log(`\nmedians of ${ROUNDS}, nodes adopt weights within ${ADOPTION.join(" to ")} ms\n`);
  console.log("| from the command to | pulumi up | crossfade rollback | ratio |\n| --- | --- | --- | --- |");
  for (const [what, of] of [
    ["the API's answer", "answered"],
    ["the last request on the candidate", "lastRequest"],
  ] as const) {
    const [up = 0, rollback = 1] = names.map((name) => median(name, of));
    const seconds = [up, rollback].map((ms) => `${(ms / 1000).toFixed(1)} s`);
    console.log(`| ${what} | ${seconds.join(" | ")} | ${(up / rollback).toFixed(1)} |`);
  }
  console.log(`\nlost: ${names.map((name) => all[name]?.reduce((sum, { lost }) => sum + lost, 0)).join(", ")}`);
}

void main();
