import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { type Load, type LoadResult, startLoad } from "../load/load";
import { TrafficLog } from "../local/rehearsal/traffic-log";
import { AppliedStack } from "./applied/applied-stack";
import { Killer, type Moment } from "./applied/kill";
import { type LocalStack, localStacks } from "./applied/local-stacks";
import { imageOf, sourceOf, VERSIONS } from "./applied/program-source";
import { LocalWorld } from "./local-world";
import { Random } from "./reference/random";
import { goServer } from "./servers/get";
import { balancer, forward, group, listener, type Program, rule, service } from "./small-programs";

/**
 * Random stacks and changes that the policies of traffic pass, really applied under load and killed at a random moment: no
 * request is lost, neither where the update stands still nor until the next one has finished it.
 *
 * Many stacks are in one program, so that one update carries out a change of each. `CROSSFADE_APPLIED=50` is the long form: until
 * so many were changed in an update that was killed. `SEED` repeats the stacks and, as far as timing lets it, the moments.
 */
const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const WANTED = Number(process.env.CROSSFADE_APPLIED ?? 8);
/** Stacks of one program: each has a balancer, whose ports are a hundred apart, and there is room for ten. */
const ROUND = Math.min(8, WANTED);
/** Requests a second to each entry point. */
const RATE = Number(process.env.RATE ?? 4);
/** How long an update stays as the kill left it, in milliseconds: until the nodes have adopted and the targets are checked. */
const STANDS_STILL = 6_000;
const ADOPTION: [number, number] = [0, 2_000];

console.log(`SEED=${SEED} CROSSFADE_APPLIED=${WANTED}`);

let world: LocalWorld | undefined;
afterEach(() => world?.stop());

/** Beside the random ones: weight goes to a group whose service runs nothing. */
const control = (weights: Record<string, number>): Program => [
  group("A"),
  group("B"),
  balancer("lb"),
  listener(),
  rule("previewA", { host: [], preview: "A", priority: 100 }, forward({ A: 1 })),
  rule("previewB", { host: [], preview: "B", priority: 101 }, forward({ B: 1 })),
  service("s", "A", {}, { dependsOn: ["previewA"] }),
  service("none", "B", { desiredCount: 0 }, { dependsOn: ["previewB"] }),
  rule("r", { host: ["a"] }, forward(weights), { dependsOn: ["s", "none"] }),
];

test(
  `${WANTED} random stacks that the pack passes, changed under load and killed: nothing is lost`,
  async () => {
    const drawn = localStacks(SEED);
    const random = new Random(SEED);
    const rounds: Round[] = [];
    while (changed(rounds) < WANTED) rounds.push(await round(rounds.length, drawn, random));
    const sum = (of: (round: Round) => number) => rounds.reduce((total, each) => total + of(each), 0);
    console.log(
      `${changed(rounds)} stacks changed in ${sum(({ killed }) => Number(killed))} updates that were killed: ` +
        `${sum((r) => r.halfway)} of them halfway, ${sum((r) => r.inside)} inside a step; ` +
        `${sum((r) => r.requests)} requests, ${sum((r) => r.lost)} lost`,
    );
    expect(rounds.flatMap(({ losses }) => losses)).toEqual([]);
    expect(rounds[0]?.controlLost).toBeGreaterThan(0);
    expect(sum((r) => r.halfway)).toBeGreaterThan(0);
  },
  120_000 + WANTED * 30_000,
);

interface Round {
  killed: boolean;
  /** Stacks that the killed update had changed in part or as a whole. */
  stacks: number;
  /** Of which stacks something was left to do. */
  halfway: number;
  /** Stacks of which a step was under way. */
  inside: number;
  requests: number;
  lost: number;
  losses: string[];
  /** Requests that the refused change lost, in the first round. */
  controlLost: number;
}

function changed(rounds: readonly Round[]): number {
  return rounds.reduce((sum, { killed, stacks }) => sum + (killed ? stacks : 0), 0);
}

async function round(index: number, drawn: Iterator<LocalStack>, random: Random): Promise<Round> {
  const stacks = new Map<string, LocalStack>();
  for (let i = 0; i < ROUND; i++) stacks.set(`k${index}x${i}`, drawn.next().value);
  const steps = [...stacks.values()].reduce((sum, stack) => sum + stack.steps, 0);
  const hows: Moment["how"][] = [
    "inside a step that AWS carries out",
    "inside a step that AWS does not carry out",
    "later",
  ];
  const moment: Moment = {
    call: 1 + Math.floor(random.next() * steps),
    how: hows[Math.floor(random.next() * hows.length)] as Moment["how"],
    afterMs: random.next() * 4_000,
  };
  const { applied, log, killer, entriesOf, startLoads } = await installed(stacks);
  const loads = startLoads([...stacks].flatMap(([name, { entries }]) => entriesOf(name, entries)));
  const phase = (name: string) => {
    for (const { load } of loads) load.mark({ name, weight: 0 });
    return sleep(0);
  };
  await sleep(4_000);

  await phase("the update that is killed");
  applied.write(sourceOf(programs(stacks, "after", false)));
  const killed = await applied.upKilled(moment);
  const begun = killer.calls.map(({ stack }) => stack);
  const pending = await applied.pending();
  await phase("standing still");
  await sleep(STANDS_STILL);
  await phase("taken up again");
  if (killed) {
    await applied.unlock();
    if (pending.length > 0) await applied.adopt();
  }
  await applied.up();
  const left = killer.calls.map(({ stack }) => stack);
  await phase("done");
  await sleep(STANDS_STILL);
  const results = await Promise.all(loads.map(async ({ name, load }) => ({ name, result: await load.stop() })));

  // Once is enough: the load of the later rounds is the same.
  const startControl = () => startLoads(entriesOf("control", [{ host: "a", path: "/" }]));
  const controlLost = index === 0 ? await lostByControl(applied, stacks, startControl) : 0;
  await world?.stop();
  world = undefined;

  const touched = [...stacks.keys()].filter((name) => begun.includes(name));
  const inside = [...stacks.keys()].filter((name) =>
    pending.some(({ resource }) => resource.urn.includes(`::${name}-`)),
  );
  const done: Round = {
    killed,
    stacks: touched.length,
    halfway: touched.filter((name) => left.includes(name) || inside.includes(name)).length,
    inside: inside.length,
    requests: results.reduce((sum, { result }) => sum + result.sent, 0),
    lost: results.reduce((sum, { result }) => sum + result.lost, 0),
    losses: results.flatMap(({ name, result }) => lossesOf(name, result, log)),
    controlLost,
  };
  const at =
    moment.how === "later"
      ? `${Math.round(moment.afterMs)} ms after call ${moment.call}`
      : `${moment.how}, call ${moment.call}`;
  console.log(
    `round ${index}: ${killed ? "killed" : "over before it was killed"} ${at} of about ${steps}: ${JSON.stringify({ ...done, losses: done.losses.length })}`,
  );
  if (done.lost > 0) console.log([...done.losses, ...shown(stacks, done.losses)].join("\n"));
  return done;
}

/** The stacks before their change in a cloud of their own, all entry points answered. */
async function installed(stacks: ReadonlyMap<string, LocalStack>) {
  const log = new TrafficLog();
  const server = goServer();
  const images = () =>
    Object.fromEntries(VERSIONS.map((v) => [imageOf(v), { run: `'${server}'`, env: { VERSION: v } }]));
  const killer = new Killer([...stacks.keys(), "control"]);
  const started = await LocalWorld.start({
    images,
    basePort: 5880,
    adoptionDelay: ADOPTION,
    onRequest: (line) => log.add({ requests: [line], tasks: [] }),
    onTask: (event) => log.add({ requests: [], tasks: [event] }),
    fault: killer.fault,
  });
  world = started;
  const applied = await AppliedStack.make(started, sourceOf(programs(stacks, "before", false)), killer);
  await applied.up({ judged: false });

  const entriesOf = (name: string, entries: { host: string; path: string }[]): Entry[] => {
    const [lb] = started.cloud.records
      .ofType("aws:lb/loadBalancer:LoadBalancer")
      .filter(({ inputs }) => String(inputs.name).startsWith(`${name}-`));
    return entries.map((entry) => ({ ...entry, name, addresses: started.cloud.dataPlane.addresses(lb?.id ?? "", 80) }));
  };
  await answered(started);
  const startLoads = (entries: Entry[]): { name: string; load: Load }[] =>
    entries.map(({ name, host, path, addresses }, i) => ({
      name: `${name} ${host}${path}`,
      load: startLoad({
        addresses,
        host,
        ask: { path },
        stage: { name: "before", weight: 0 },
        rate: RATE,
        seed: (SEED + i) % 2 ** 32,
        drainSeconds: 3,
        maxSeconds: 600,
        environmentOf: () => undefined,
      }),
    }));
  return { applied, log, killer, entriesOf, startLoads };
}

interface Entry {
  name: string;
  host: string;
  path: string;
  addresses: string[];
}

/** All services run what they are to run, and the nodes know. */
async function answered({ cloud: { dataPlane, records } }: LocalWorld): Promise<void> {
  for (const { id } of records.ofType("aws:ecs/service:Service")) {
    const end = await dataPlane.steady(id);
    if (!end.ok) throw new Error(`the stacks do not come up before the change: ${end.reason}`);
  }
  await dataPlane.settled();
}

/** The stacks as they are before or after their change, and the control. */
function programs(stacks: ReadonlyMap<string, LocalStack>, when: "before" | "after", controlChanged: boolean) {
  const own = [...stacks].map(([name, stack]): [string, Program] => [name, stack[when]]);
  return new Map<string, Program>([...own, ["control", control(controlChanged ? { A: 0, B: 100 } : { A: 100, B: 0 })]]);
}

/** The change that the pack refuses, carried out without it: what the load counts as lost. */
async function lostByControl(
  applied: AppliedStack,
  stacks: ReadonlyMap<string, LocalStack>,
  start: () => { load: Load }[],
): Promise<number> {
  applied.write(sourceOf(programs(stacks, "after", true)));
  const { code, output } = await applied.preview();
  expect(output).toContain("interrupted-update");
  expect(code).not.toBe(0);
  const loads = start();
  await applied.up({ judged: false });
  await sleep(3_000);
  const results = await Promise.all(loads.map(({ load }) => load.stop()));
  return results.reduce((sum, { lost }) => sum + lost, 0);
}

function lossesOf(name: string, result: LoadResult, log: TrafficLog): string[] {
  const faults = log.faults(result).map(({ name: fault, requests, seen }) => `${fault} (${requests}): ${seen}`);
  return result.losses.map(
    ({ at, stage, cause, address }) =>
      `${at} ${name}, in "${stage}": ${cause} by ${address}; of all there: ${faults.join("; ")}`,
  );
}

/** The stacks that lost something, as text to find out why. */
function shown(stacks: ReadonlyMap<string, LocalStack>, losses: readonly string[]): string[] {
  const lossy = [...stacks].filter(([name]) => losses.some((line) => line.includes(` ${name} `)));
  const line = ({ name, inputs, dependsOn = [] }: Program[number]) =>
    `${name} ${JSON.stringify(inputs)} after ${dependsOn.join(" ")}`;
  return lossy.flatMap(([name, { before, after }]) => {
    const [old, desired] = [before.map(line), after.map(line)];
    return [
      name,
      ...old.filter((one) => desired.includes(one)).map((one) => `  ${one}`),
      ...old.filter((one) => !desired.includes(one)).map((one) => `- ${one}`),
      ...desired.filter((one) => !old.includes(one)).map((one) => `+ ${one}`),
    ];
  });
}
