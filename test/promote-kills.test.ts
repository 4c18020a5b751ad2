import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { seeded } from "./facts/local-cloud";
import { imageOf, PromoteWorld, type Ran } from "./promote-world";
import { running } from "./rehearsal-runs";

/**
 * `kill -9` of the command, and of the `pulumi` that it runs, at random moments of good releases and bad ones: the same command again
 * ends where the release should, nothing is lost, and neither the state nor the cloud has what the other has not.
 * `CROSSFADE_KILLS=50` kills 50 times; where a release had ended before its moment came, another one takes its place.
 * `CROSSFADE_SEED` repeats a run's.
 */
const seed = Number(process.env.CROSSFADE_SEED ?? Date.now() % 2 ** 32);
const moments = Number(process.env.CROSSFADE_KILLS ?? 1);
const random = seeded(seed);

const WHOM = ["the command", "pulumi", "both"] as const;
/** Of three releases one is bad, so that a roll back is killed too. */
const isBad = (index: number) => index % 3 === 2;

let world: PromoteWorld | undefined;
afterAll(() => world?.end());

test(
  `kill -9 at ${moments} moments: run again, each release ends where it should, and nothing is lost or there twice`,
  async () => {
    console.log(`CROSSFADE_SEED=${seed}`);
    const versions = Array.from({ length: Math.ceil(1.5 * moments) }, (_, index) => ({
      name: `v${index + 1}`,
      env: (isBad(index) ? { ERROR_RATE: "0.4" } : {}) as Record<string, string>,
    }));
    const started = await PromoteWorld.start([{ name: "first", env: {} }, ...versions], Math.floor(random() * 2 ** 31));
    world = started;
    const { stack, load } = started;
    // How long a whole release takes, a good one and a bad one, is seen as they go on; the first guess is on the short side.
    const whole = { good: 40_000, bad: 25_000 };
    let kills = 0;
    for (const [index, { name }] of versions.entries()) {
      if (kills === moments) break;
      const kind = isBad(index) ? "bad" : "good";
      const stable = stack.file.get("stable");
      const color = started.candidate();
      stack.set({ [color]: imageOf(index + 1) });
      load.mark({ name, weight: 0, candidate: name });
      const began = Date.now();
      const run = started.begin("--json");
      const whom = WHOM[Math.floor(random() * WHOM.length)] ?? "both";
      const moment = random() * whole[kind];
      await Promise.race([run.ended, sleep(moment)]);
      const isAlive = run.child.exitCode === null;
      const struck = isAlive ? strike(run.child.pid ?? 0, whom) : "nobody: it had ended";
      if (isAlive) kills++;
      const first = await run.ended;
      const took = Date.now() - began;
      const again = await untilNotLocked(started, first);
      // A second run does the rest, and some of it twice.
      whole[kind] = isAlive ? 0.85 * (Date.now() - began) : took;
      const { state, cloud, pending } = started.inStateAndCloud();
      console.log(
        `${name} ${kind}: at ${Math.round(moment)} ms kill -9 of ${struck}; then exit ${again.code}: ${lastLine(again)}`,
      );
      expect(cloud, again.stderr).toEqual(state);
      expect(pending).toBe(0);
      expect(again.stderr).not.toMatch(/^\s+at .*:\d+/m);
      expect([stack.file.get("stage"), stack.file.get("stable")], again.stderr).toEqual([
        "idle",
        isBad(index) ? stable : color,
      ]);
      expect(again.code, again.stderr).toBe(isBad(index) ? 1 : 0);
    }
    const result = await started.stop();
    const faults = started.log.faults(result);
    console.log(`${kills} kills, ${result.sent} requests, ${result.lost} lost`, ...faults.map(({ seen }) => seen));
    expect(result.lost).toBe(0);
    expect(kills).toBe(moments);
  },
  300_000 + moments * 600_000,
);

/** Kills, and says whom. */
function strike(command: number, whom: (typeof WHOM)[number]): string {
  const engines = running(({ parent, program }) => parent === command && basename(program) === "pulumi");
  if (whom === "pulumi" && engines.length === 0) whom = "the command";
  if (whom !== "the command") for (const { pid } of engines) kill(pid);
  if (whom !== "pulumi") kill(command);
  return `${whom}${engines.length > 0 ? " (an engine ran)" : ""}`;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has just ended
  }
}

/** The same command again, and once more while the engine of the killed one still runs: that it must not disturb. */
async function untilNotLocked(world: PromoteWorld, first: Ran): Promise<Ran> {
  if (first.code === 0) return first;
  for (let turn = 0; ; turn++) {
    const ran = await world.promote("--json");
    if (ran.code !== 1 || !/is locked by process/.test(ran.stderr) || turn === 20) return ran;
    await sleep(3000);
  }
}

function lastLine({ stdout, stderr }: Ran): string {
  return (stdout || stderr).trim().split("\n").at(-1)?.slice(0, 200) ?? "";
}
