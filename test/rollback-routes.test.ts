import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { liveShares } from "../cli/live-shares";
import { routesNow } from "../cli/rollout-now";
import { exportStack } from "../cli/stack";
import { AwsClients } from "../live/aws-clients";
import type { Shares } from "../traffic";
import { parseState } from "../traffic/sources/state";
import { seeded } from "./facts/local-cloud";
import { LocalWorld, ROOT, type TestStack } from "./local-world";
import { RollbackCommand } from "./rollback-command";

/**
 * `crossfade rollback` by the real engine where no rule of a balancer carries the weights: weighted records, and a Gateway's route.
 * Records are written by a call as a rule is, which test/rollback.test.ts has at all moments: CI takes of them the first test, of a
 * Gateway two, and `CROSSFADE_ROLLBACKS=2` all. `CROSSFADE_SEED` repeats a run's moments.
 */
const seed = Number(process.env.CROSSFADE_SEED ?? Date.now() % 2 ** 32);
const random = seeded(seed);
vi.setConfig({ testTimeout: 900_000 });

const V2 = `shop@sha256:${"2".repeat(64)}`;

const isLong = Number(process.env.CROSSFADE_ROLLBACKS ?? 1) > 1;

describe.each(["local-dns", "local-gateway"] as const)("%s", (name) => {
  let world: LocalWorld;
  let stack: TestStack;
  let command: RollbackCommand;
  let raiseTakes = 0;

  beforeAll(async () => {
    console.log(`CROSSFADE_SEED=${seed}`);
    world = await LocalWorld.start();
    Object.assign(process.env, world.cloud.env, { PATH: `${join(world.engine, "bin")}:${process.env.PATH}` });
    stack = await world.ownStack(name);
    command = new RollbackCommand(stack, name);
    stack.config.set("green", V2);
    expect((await stack.up("--skip-preview")).code).toBe(0);
    const { ended } = raise();
    await command.updating();
    const began = Date.now();
    await ended;
    raiseTakes = Date.now() - began;
  });
  afterAll(() => world.stop());

  /** An `up` that gives green 5 %. */
  function raise(): { ended: Promise<{ code: number; output: string }> } {
    stack.config.edit({ stage: "canary-5", rejected: undefined });
    return { ended: stack.up("--skip-preview") };
  }

  /** The shares that the state has, and those that the cloud has. */
  async function shares(): Promise<{ deployed?: Shares; live?: Shares }> {
    const [route] = routesNow(parseState(await exportStack(name, ROOT)).resources);
    if (!route) throw new Error("there is no route");
    const live = route.kind === "dns" ? await liveShares(route, new AwsClients()) : sharesInCluster();
    return { deployed: route.shares, live };
  }

  function sharesInCluster(): Shares {
    const records = JSON.parse(readFileSync(join(world.home, "cloud.json"), "utf8")) as ClusterRecord[];
    const route = records.find(({ type }) => type.endsWith(":HTTPRoute"));
    const refs = route?.inputs.spec?.rules.at(-1)?.backendRefs ?? [];
    return Object.fromEntries(refs.map(({ name, weight }) => [name.includes("green") ? "green" : "blue", weight]));
  }

  const back = { deployed: { blue: 100, green: 0 }, live: { blue: 100, green: 0 } };

  test("from a canary stage: live, in the file and in the state; then there is nothing to do", async () => {
    expect(await shares()).toEqual({ deployed: { blue: 95, green: 5 }, live: { blue: 95, green: 5 } });
    const { code, done, said } = await command.json();
    const by = name === "local-dns" ? "api" : "update";
    expect(done, said).toMatchObject({ result: "rolled back", routes: [{ to: "blue", had: 5, by }], isRecorded: true });
    expect(done.rejected).toMatchObject([{ digest: V2.split("@")[1] }]);
    expect([code, stack.config.get("stage")]).toEqual([0, "idle"]);
    expect(await shares()).toEqual(back);
    expect((await command.json()).done).toMatchObject({ result: "nothing to do" });
  });

  test.runIf(isLong)(
    "at a random moment of an update that raises: the update is ended, and what it raised is taken back",
    async () => {
      const { ended } = raise();
      await command.updating();
      const at = random() * raiseTakes;
      await sleep(at);
      const { code, done, said } = await command.json();
      console.log(`at ${Math.round(at)} of ${raiseTakes} ms:\n${said.trim()}`);
      await ended;
      expect(done, said).toMatchObject({ isRecorded: true });
      expect(code).toBe(0);
      await sleep(1000);
      expect(await shares()).toEqual(back);
    },
  );

  test.runIf(isLong || name === "local-gateway")(
    "what was raised, and the state does not have it: it is taken back",
    async () => {
      // As an engine or a provider that is killed after the call leaves it.
      const state = join(world.home, ".pulumi/stacks/crossfade", `${name}.json`);
      copyFileSync(state, `${state}.before`);
      expect((await raise().ended).code).toBe(0);
      copyFileSync(`${state}.before`, state);
      expect(await shares()).toEqual({ deployed: { blue: 100, green: 0 }, live: { blue: 95, green: 5 } });
      const { code, done, said } = await command.json();
      expect(done, said).toMatchObject({ result: "rolled back", routes: [{ had: 5 }], isRecorded: true });
      expect(code).toBe(0);
      expect(await shares()).toEqual(back);
    },
  );
});

interface ClusterRecord {
  type: string;
  inputs: { spec?: { rules: { backendRefs: { name: string; weight: number }[] }[] } };
}
