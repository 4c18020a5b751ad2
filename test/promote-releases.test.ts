import { afterAll, expect, test } from "vitest";
import type { Color } from "../traffic";
import { seeded } from "./facts/local-cloud";
import { analysisOf, imageOf, PromoteWorld, RATE, type Ran, TIMEOUT_MS, type Version } from "./promote-world";

/**
 * Releases by one command each, on one stack under one load: good ones reach their end, and bad ones are rolled back.
 *
 * A request is *lost* as in the rehearsal: a time-out, a reset, a cut answer, a 5xx of the balancer's own. A version that resets
 * its connections, or never answers, makes the balancer's 502s and the clients' time-outs itself: those are its own errors, as its
 * 500s are, and are counted as such where the balancer's log says that the request was sent to it. All others are lost by the
 * release, and must be none.
 *
 * CI makes five of each. `CROSSFADE_RELEASES=20` makes 20 of each, of all kinds, and the control, a bad one that nobody judges;
 * `CROSSFADE_SEED` repeats a run's.
 */
const CI = 5;
const seed = Number(process.env.CROSSFADE_SEED ?? Date.now() % 2 ** 32);
const count = Number(process.env.CROSSFADE_RELEASES ?? CI);
const random = seeded(seed);

interface Release extends Version {
  fault?: string;
  /** Where it is sick at the second stage only, or ends before it has weight. */
  ends: "finished" | "rolled back" | "never healthy";
  stages?: object[];
  /** What it is judged by, where that is not as of the others. */
  analysis?: { tolerance?: string; unanswered?: string };
  /** The control: as bad as another one, and nobody looks. */
  isUnjudged?: true;
}

/** The bad ones, each in its own way; by turns. */
const BAD: ((rate: number) => Omit<Release, "name">)[] = [
  (rate) => ({
    ...bad(`answers ${Math.round(100 * rate)} % with an error`, { ERROR_RATE: String(rate) }),
    ...(rate < 0.05 && { analysis: { tolerance: "1%" } }),
  }),
  () => bad("takes 1.5 s for each answer", { LATENCY_MS: "1500" }),
  () => bad("resets 20 % of its connections", { RESET_RATE: "0.2" }),
  () => ({
    ...bad("cannot carry half the users", { CAPACITY_RPS: String(Math.round(0.16 * RATE)) }),
    stages: [
      { weight: 10, bake: "3s" },
      { weight: 50, bake: "3s" },
    ],
  }),
  () => ({ ...bad("never gets healthy", { UNHEALTHY: "1" }), ends: "never healthy" }),
  // Such a request is counted when its client gives up; before that the version does well.
  () => ({
    ...bad("never answers 20 % of its requests", { HANG_RATE: "0.2" }),
    analysis: { unanswered: `${TIMEOUT_MS / 1000 + 1}s` },
  }),
];

function bad(fault: string, env: Record<string, string>): Omit<Release, "name"> {
  return { fault, env, ends: "rolled back" };
}

/** As bad as the first bad one: without a judge it reaches its end, and users get its errors all the way. */
const UNJUDGED: Release = {
  name: "unjudged",
  ...bad("answers 50 % with an error", { ERROR_RATE: "0.5" }),
  ends: "finished",
  isUnjudged: true,
};

/** Good and bad ones by turns. The error rates go from 50 % down to 2 %, where there are enough to go there. */
function releases(): Release[] {
  return Array.from({ length: count }, (_, index): Release[] => {
    const rate = 0.5 * 0.04 ** (index / Math.max(1, count - 1));
    // Of many every other one answers with errors, and those between take turns.
    const kind = count <= BAD.length ? index : index % 2 === 0 ? 0 : 1 + (((index - 1) / 2) % (BAD.length - 1));
    const sick = BAD.slice(kind, kind + 1).map((make) => ({ name: `bad-${index + 1}`, ...make(rate) }));
    return [{ name: `good-${index + 1}`, env: {}, ends: "finished" }, ...sick];
  }).flat();
}

let world: PromoteWorld | undefined;
afterAll(() => world?.end());

test(
  `${count} good and ${count} bad releases by one command each`,
  async () => {
    console.log(`CROSSFADE_SEED=${seed}`);
    const all = [...releases(), ...(count > CI ? [UNJUDGED] : [])];
    const installed: Version = { name: "first", env: {} };
    const started = await PromoteWorld.start([installed, ...all], Math.floor(random() * 2 ** 31));
    world = started;
    const { stack, load } = started;
    const ends: { release: Release; color: Color; ran: Ran; seconds: number }[] = [];
    for (const [index, release] of all.entries()) {
      const color = started.candidate();
      const began = load.nowMs();
      load.mark({ name: release.name, weight: 0, candidate: release.name });
      stack.set({ [color]: imageOf(index + 1), stages: release.stages ?? [{ weight: 50, bake: "3s" }] });
      stack.set({ analysis: analysisOf(release.analysis) });
      const ran = await started.promote("--json", ...(release.isUnjudged ? ["--no-analysis"] : []));
      ends.push({ release, color, ran, seconds: (load.nowMs() - began) / 1000 });
      console.log(`${release.name}: exit ${ran.code}`);
      expect(stack.file.get("stage"), ran.stderr).toBe("idle");
    }
    const result = await started.stop();
    const rows = ends.map(({ release, color, ran, seconds }) => {
      const stage = result.stages.find(({ name }) => name === release.name);
      const faults = started.lossesOf(result, release.name);
      const own = faults.filter(
        ({ environment }) =>
          environment === release.name ||
          // Where an answer did not come, the balancer's log tells the color.
          (release.ends !== "finished" && environment === color),
      );
      const lost = faults.filter((fault) => !own.includes(fault));
      return { release, ran, seconds, stage, own: sum(own), lost: sum(lost), faults: lost.map(({ seen }) => seen) };
    });
    for (const { release, ran, seconds, stage, own, lost } of rows) {
      const said = JSON.parse(ran.stdout || "{}") as { result?: string };
      console.log(
        [
          release.name.padEnd(8),
          (release.fault ?? "").padEnd(38),
          (said.result ?? "").padEnd(11),
          `exit ${ran.code}`,
          `${Math.round(seconds)} s`,
          `${stage?.total} requests`,
          `${stage?.serverErrors} errors and ${own} more of its own`,
          `${lost} lost`,
        ].join("  "),
      );
    }
    console.log(`${result.sent} requests, ${rows.reduce((all, { lost }) => all + lost, 0)} lost by the releases`);
    for (const { release, ran, lost, faults } of rows) {
      expect(lost, `${release.name}: ${faults.join("; ")}`).toBe(0);
      expect(ran.code, `${release.name}\n${ran.stderr}`).toBe(release.ends === "finished" ? 0 : 1);
      const { result: how } = JSON.parse(ran.stdout) as { result: string };
      expect(how, ran.stderr).toBe(
        { finished: "done", "rolled back": "rolled back", "never healthy": "failed" }[release.ends],
      );
    }
    const errors = rows.map(({ stage }) => stage?.serverErrors ?? 0);
    if (all.includes(UNJUDGED))
      expect(errors.at(-1), "the judges have taken nothing back that mattered").toBeGreaterThan(
        Math.max(...errors.slice(0, -1)),
      );
  },
  600_000 + count * 1_200_000,
);

function sum(faults: readonly { requests: number }[]): number {
  return faults.reduce((all, { requests }) => all + requests, 0);
}
