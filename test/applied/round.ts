import { setTimeout as sleep } from "node:timers/promises";
import { type Load, type LoadResult, startLoad } from "../../load/load";
import { TrafficLog } from "../../local/rehearsal/traffic-log";
import { LocalWorld } from "../local-world";
import { goServer } from "../servers/get";
import type { Program } from "../small-programs";
import { AppliedStack } from "./applied-stack";
import { CONTROL, CONTROL_ENTRY, control } from "./control";
import { Killer, type Moment } from "./kill";
import type { LocalStack } from "./local-stacks";
import { imageOf, sourceOf, VERSIONS } from "./program-source";

/** Requests a second to each entry point. */
const RATE = 4;
/** How long users give out cookies before the change, in milliseconds. */
const BEFORE = 4_000;
/** How long an update is left as the kill left it, in milliseconds: until the nodes have adopted and the targets are checked. */
const STANDS_STILL = 6_000;
/** Within which a node adopts a change, in milliseconds. */
const ADOPTION: [number, number] = [0, 2_000];

export interface Result {
  /** How often the change was killed; less than asked for where it was over before. */
  kills: number;
  /** Stacks that an update which was killed had changed, in part or as a whole. */
  changed: number;
  /** Of which of these something was left to do. */
  halfway: number;
  /** Stacks of which a step was under way. */
  inside: number;
  requests: number;
  /** How late they were sent, 99 of 100 of them, in milliseconds. */
  lateMs: number;
  lost: number;
  /** Of each lost request the entry point, the phase and the reason. */
  losses: string[];
}

/** Random stacks in one program and in a cloud of their own, and one update that changes all of them. */
export class Round {
  private constructor(
    private readonly stacks: ReadonlyMap<string, LocalStack>,
    private readonly seed: number,
    private readonly world: LocalWorld,
    private readonly applied: AppliedStack,
    private readonly killer: Killer,
    private readonly log: TrafficLog,
  ) {}

  /** With the stacks as they are before the change, all of them up. */
  static async start(stacks: ReadonlyMap<string, LocalStack>, seed: number): Promise<Round> {
    const log = new TrafficLog();
    const killer = new Killer([...stacks.keys(), CONTROL]);
    const server = goServer();
    const world = await LocalWorld.start({
      images: () => Object.fromEntries(VERSIONS.map((v) => [imageOf(v), { run: `'${server}'`, env: { VERSION: v } }])),
      adoptionDelay: ADOPTION,
      onRequest: (line) => log.add({ requests: [line], tasks: [] }),
      onTask: (event) => log.add({ requests: [], tasks: [event] }),
      fault: killer.fault,
    });
    try {
      const applied = await AppliedStack.make(world, sourceOf(programs(stacks, "before")), killer);
      await applied.up({ judged: false });
      await allUp(world);
      return new Round(stacks, seed, world, applied, killer, log);
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  stop(): Promise<void> {
    return this.world.stop();
  }

  /** The change under load: killed at a moment, left as it is for a while, taken up again and killed at the next one. */
  async change(moments: readonly Moment[]): Promise<Result> {
    const { applied, killer, stacks } = this;
    const loads = [...stacks].flatMap(([name, { entries }]) => entries.map((entry) => this.startLoad(name, entry)));
    const phase = (name: string) => {
      for (const { load } of loads) load.mark({ name, weight: 0 });
    };
    await sleep(BEFORE);

    applied.write(sourceOf(programs(stacks, "after")));
    const killed: { changed: Set<string>; inside: Set<string> }[] = [];
    let left = [...stacks.values()].reduce((sum, { calls }) => sum + calls, 0);
    for (const moment of moments) {
      phase(`update ${killed.length + 1}`);
      if (!(await applied.upKilled(moment, Math.max(1, left)))) break;
      left -= killer.calls.length;
      const pending = await applied.pending();
      phase(`standing still after kill ${killed.length + 1}`);
      await sleep(STANDS_STILL);
      killed.push({ changed: killer.touched(), inside: new Set(pending.flatMap((urn) => killer.stackIn(urn) ?? [])) });
      await applied.unlock();
      await applied.adopt();
    }
    phase("the last update");
    await applied.up();
    const rest = killer.touched();
    phase("done");
    await sleep(STANDS_STILL);
    const results = await Promise.all(loads.map(async ({ name, load }) => ({ name, result: await load.stop() })));

    const inAny = (sets: ReadonlySet<string>[]) =>
      [...stacks.keys()].filter((name) => sets.some((set) => set.has(name)));
    const later = (i: number) => inAny([...killed.slice(i + 1).map(({ changed }) => changed), rest]);
    const halfway = killed.map(({ changed }, i) => new Set(later(i).filter((name) => changed.has(name))));
    const inside = killed.map((kill) => kill.inside);
    return {
      kills: killed.length,
      changed: inAny(killed.map(({ changed }) => changed)).length,
      halfway: inAny([...halfway, ...inside]).length,
      inside: inAny(inside).length,
      requests: results.reduce((sum, { result }) => sum + result.sent, 0),
      lateMs: Math.max(...results.map(({ result }) => result.latenessP99Ms ?? 0)),
      lost: results.reduce((sum, { result }) => sum + result.lost, 0),
      losses: results.flatMap(({ name, result }) => this.lossesOf(name, result)),
    };
  }

  /** The control's change, with what the pack says to it, and how many requests it loses without the pack. */
  async control(): Promise<{ code: number; output: string; lost: number }> {
    this.applied.write(sourceOf(programs(this.stacks, "after", true)));
    const judged = await this.applied.preview();
    const { load } = this.startLoad(CONTROL, CONTROL_ENTRY);
    await this.applied.up({ judged: false });
    await sleep(STANDS_STILL);
    const { lost } = await load.stop();
    return { ...judged, lost };
  }

  private startLoad(name: string, { host, path }: { host: string; path: string }): { name: string; load: Load } {
    const { records, dataPlane } = this.world.cloud;
    const balancers = records.ofType("aws:lb/loadBalancer:LoadBalancer");
    const own = balancers.find(({ inputs }) => String(inputs.name).startsWith(`${name}-`));
    const load = startLoad({
      addresses: dataPlane.addresses(own?.id ?? "", 80),
      host,
      ask: { path },
      stage: { name: "before", weight: 0 },
      rate: RATE,
      seed: this.seed,
      drainSeconds: 3,
      timeoutMs: 20_000, // a starved machine is slow, and nobody's loss
      maxSeconds: 600,
      environmentOf: () => undefined,
    });
    return { name: `${name} ${host}${path}`, load };
  }

  private lossesOf(name: string, result: LoadResult): string[] {
    const faults = this.log.faults(result).map((fault) => `${fault.name} (${fault.requests}): ${fault.seen}`);
    return result.losses.map(
      ({ at, stage, cause }) => `${at} ${name}, ${stage}: ${cause}; why, of all of it: ${faults.join("; ")}`,
    );
  }
}

/** Every service runs what it is to run, and the nodes know. */
async function allUp({ cloud: { dataPlane, records } }: LocalWorld): Promise<void> {
  for (const { id } of records.ofType("aws:ecs/service:Service")) {
    const end = await dataPlane.steady(id);
    if (!end.ok) throw new Error(`the stacks do not come up before the change: ${end.reason}`);
  }
  await dataPlane.settled();
}

function programs(stacks: ReadonlyMap<string, LocalStack>, when: "before" | "after", controlChanged = false) {
  const own = [...stacks].map(([name, stack]): [string, Program] => [name, stack[when]]);
  return new Map([...own, [CONTROL, control(controlChanged)]]);
}
