import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { Locked } from "../cli/engine-failure";
import { Failure, failedBy } from "../cli/failure";
import { pause } from "../cli/pause";
import { commitEdit } from "../cli/rollback/commit-edit";
import { holdWeights } from "../cli/rollback/hold-weights";
import { rejectionsOf } from "../cli/rollback/look-back";
import { recordEdit } from "../cli/rollback/record-edit";
import { targetsIn } from "../cli/rollback/record-state";
import { stopUpdate } from "../cli/rollback/stop-update";
import { findLock, seesLocks } from "../cli/rollback/update-lock";
import { wayBackOf } from "../cli/rollback/way-back";
import { routesNow } from "../cli/rollout-now";
import { StackFile } from "../cli/stack-file";
import { AwsCallError } from "../live/asked";
import { AwsClients } from "../live/aws-clients";
import type { Shares } from "../traffic";
import { imageOf, type StackShape, stack } from "./crossfade-stack";

const scratch = () => mkdtempSync(join(tmpdir(), "crossfade-rollback-"));

/** Where a rollout's route stands, its environments with versions of a known age. */
function standing(shape: StackShape, older: "blue" | "green" | undefined) {
  const [route] = routesNow(stack(shape));
  if (!route) throw new Error("the stack has no route");
  return { ...route, older };
}

describe("the way back", () => {
  test.each<[string, StackShape, Shares | undefined, boolean, object]>([
    [
      "from a canary stage",
      { stage: "canary-5" },
      undefined,
      false,
      { kind: "back", to: "blue", from: "green", has: 5 },
    ],
    ["from full", { stage: "full" }, undefined, false, { kind: "back", to: "blue", has: 100 }],
    ["of what only the cloud knows", {}, { blue: 50, green: 50 }, false, { kind: "back", to: "blue", has: 50 }],
    ["of what only the state knows", { stage: "canary-50" }, { blue: 100, green: 0 }, false, { kind: "back", has: 50 }],
    ["before an update has raised", {}, { blue: 100, green: 0 }, true, { kind: "back", to: "blue", has: 0 }],
    ["at idle there is none", {}, { blue: 100, green: 0 }, false, { kind: "nothing" }],
    ["without a candidate there is none", { tasks: { blue: 4 } }, undefined, true, { kind: "nothing" }],
  ])("%s", (_, shape, live, isUpdated, way) => {
    expect(wayBackOf(standing(shape, "blue"), live, isUpdated, false)).toMatchObject(way);
  });

  test("after a finish it leads to the version before, and to no newer one", () => {
    const finished = { stable: "green", stage: "idle" } as const;
    expect(wayBackOf(standing(finished, "blue"), undefined, false, false)).toMatchObject({
      kind: "return",
      to: "blue",
    });
    expect(wayBackOf(standing(finished, "blue"), undefined, false, true)).toMatchObject({ kind: "nothing" });
    // A return that was not recorded is gone on with; what somebody raises in part is taken back.
    const live = (blue: number) => ({ blue, green: 100 - blue });
    const return_ = { kind: "return", to: "blue", from: "green" };
    expect(wayBackOf(standing(finished, "blue"), live(100), false, false)).toMatchObject(return_);
    expect(wayBackOf(standing(finished, "blue"), live(50), false, false)).toMatchObject({ kind: "back", to: "green" });
    expect(wayBackOf(standing(finished, "green"), undefined, false, false)).toMatchObject({ kind: "nothing" });
    expect(wayBackOf(standing(finished, undefined), undefined, false, false)).toMatchObject({ kind: "nothing" });
  });
});

test("what only the version that goes runs is rejected", () => {
  const shape: StackShape = { stage: "canary-5", versions: { green: "v2" } };
  const going = (shape: StackShape) => {
    const route = standing(shape, "blue");
    const way = { kind: "back", to: "blue", from: "green", has: 5 } as const;
    return rejectionsOf({ route, way }, stack(shape));
  };
  const digest = imageOf("green", shape).split("@")[1];
  expect(going(shape)).toEqual([{ digest, at: expect.stringMatching(/^2.*Z$/), reason: "rolled back from 5 %" }]);
  expect(going({ stage: "canary-5", versions: { blue: "v1", green: "v1" } })).toEqual([]);
});

test("an update of it has the routes, the rollouts and what hangs on them, and no environment", () => {
  const resources = stack({ stage: "canary-5" });
  const [route] = routesNow(resources);
  const names = targetsIn(resources, [route?.urn ?? ""]).map((urn) => urn.split("::").slice(-2).join(" "));
  expect(names.sort()).toEqual([
    "aws:lb/listenerRule:ListenerRule shop",
    "crossfade:index:Rollout shop",
    "crossfade:index:WeightedAlbRoute shop",
    "pulumi:index:Stash shop-weights",
  ]);
});

describe("the hold", () => {
  const writer = (answers: (boolean | Error)[]) => {
    const calls: string[] = [];
    const isDone = async () => {
      const next = answers.shift() ?? true;
      if (next instanceof Error) throw next;
      return next;
    };
    return { calls, name: "shop", to: "blue" as const, isDone, write: async () => void calls.push("write") };
  };
  const failure = new AwsCallError("DescribeRules", "throttled", "Throttling", "too many");

  test("writes again whatever somebody has written, and ends when all is over and nothing was wrong", async () => {
    const quiet = writer([]);
    const raised: string[] = [];
    await holdWeights([quiet], Promise.resolve(), { onRaised: (name) => raised.push(name), lookMs: 1 });
    expect([quiet.calls.length, raised.length]).toEqual([0, 0]);
    const one = writer([true, false, true, false, false, true]);
    const over = new Promise((end) => setTimeout(end, 100));
    await holdWeights([one], over, { onRaised: (name) => raised.push(name), lookMs: 1 });
    expect([one.calls.length, raised.length]).toEqual([3, 3]);
  });

  test("outlasts a cloud that does not answer for a while, and no longer", async () => {
    const onRaised = () => {};
    await holdWeights([writer([failure, failure, true])], Promise.resolve(), { onRaised, lookMs: 1 });
    const silent = writer(Array.from({ length: 20 }, () => failure));
    await expect(holdWeights([silent], Promise.resolve(), { onRaised, lookMs: 1 })).rejects.toThrow("too many");
  });

  test("of one route goes on where another's cannot be looked at", async () => {
    const silent = writer([failure, new Error("the rule has another group"), failure, true]);
    const raised = writer([true, false, false, true]);
    await holdWeights([silent, raised], Promise.resolve(), { onRaised: () => {}, lookMs: 1 });
    expect([silent.calls.length, raised.calls.length]).toEqual([0, 2]);
  });
});

test("what waits and is stopped says why, and not that an operation was aborted", async () => {
  const stopped = new AbortController();
  const waits = pause(60_000, stopped.signal);
  stopped.abort(new Failure("stopped. What is deployed stays as it is"));
  await expect(waits).rejects.toThrow("stopped. What is deployed stays as it is");
});

test("whatever ends a command, programs are told of it", () => {
  expect(failedBy(new Failure("no such stage", 2))).toEqual({ result: "failed", why: "no such stage", exitCode: 2 });
  const call = new AwsCallError("DescribeRules", "throttled", "Throttling", "too many");
  expect(failedBy(call)).toEqual({ result: "failed", why: call.message, exitCode: 1 });
});

test("the clients of another region are made once: each has connections of its own", () => {
  const clients = new AwsClients({ region: "eu-central-1" });
  const arn = (region: string) => `arn:aws:elasticloadbalancing:${region}:1:listener/app/shop/1/2`;
  expect(clients.at(arn("eu-central-1"))).toBe(clients);
  expect(clients.at(arn("us-east-1"))).not.toBe(clients);
  expect(clients.at(arn("us-east-1"))).toBe(clients.at(arn("us-east-1")));
});

describe("the update that runs", () => {
  const started: { kill(signal: "SIGKILL"): void }[] = [];
  afterEach(() => {
    for (const child of started.splice(0)) child.kill("SIGKILL");
  });

  /** A process that the system knows as `pulumi`. */
  async function engine(script: string): Promise<Locked> {
    const program = join(scratch(), "pulumi");
    copyFileSync("/bin/bash", program);
    const child = spawn(program, ["-c", `${script}; echo ready; while :; do sleep 0.05; done`], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    started.push(child);
    await new Promise((ready) => child.stdout.once("data", ready));
    return lockOf(child.pid ?? 0);
  }
  const lockOf = (pid: number, host = hostname()) => new Locked("shop", { user: "ada", host, pid, since: new Date() });
  const patience = { asked: 2000, askedAgain: 500, killed: 2000 };

  test("ends when it is asked to", async () => {
    expect(await stopUpdate(await engine("trap 'exit 0' INT"), patience)).toBe("ended");
  });

  test("is killed where it does not", async () => {
    const lock = await engine("trap '' INT");
    expect(await stopUpdate(lock, { ...patience, asked: 300 })).toBe("killed");
    expect(lock.isStale).toBe(true);
  });

  test("is left alone where it is another machine's, and where the number is another program's by now", async () => {
    expect(await stopUpdate(lockOf(process.pid, "build-7"), patience)).toBe("cannot be stopped from here");
    expect(await stopUpdate(lockOf(process.pid), patience)).toBe("was dead");
    expect(lockOf(2 ** 22 - 1).isStale).toBe(true);
  });

  test("is found by the lock in a backend of files, wherever the backend is named", () => {
    const project = scratch();
    writeFileSync(join(project, "Pulumi.yaml"), "name: shop\nruntime: nodejs\nbackend:\n  url: file://state\n");
    const locks = join(project, "state/.pulumi/locks/organization/shop/prod");
    mkdirSync(locks, { recursive: true });
    writeFileSync(join(locks, "torn.json"), '{"pid":');
    const { PULUMI_BACKEND_URL } = process.env;
    delete process.env.PULUMI_BACKEND_URL;
    expect(findLock(project, "acme/shop/prod")).toBeUndefined();
    const lock = { pid: 7, username: "ada", hostname: "build-7", timestamp: "2026-11-29T20:06:12.424424068Z" };
    writeFileSync(join(locks, "one.json"), JSON.stringify(lock));
    const since = new Date("2026-11-29T20:06:12.424Z");
    expect(findLock(project, "acme/shop/prod")?.holder).toEqual({ pid: 7, user: "ada", host: "build-7", since });
    process.env.PULUMI_BACKEND_URL = "s3://state";
    expect(findLock(project, "prod")).toBeUndefined();
    expect(seesLocks(project, "prod")).toBe(false);
    if (PULUMI_BACKEND_URL === undefined) delete process.env.PULUMI_BACKEND_URL;
    else process.env.PULUMI_BACKEND_URL = PULUMI_BACKEND_URL;
  });
});

describe("the commit", () => {
  const rejected = [{ digest: `sha256:${"2".repeat(64)}`, at: "2026-11-29T20:00:00Z", reason: "it was bad" }];
  const edit = (file: StackFile) => void recordEdit(file, { stable: "blue", rejected });
  const CONFIG = "config:\n  crossfade:stable: blue # ours\n  crossfade:stage: canary-5\n  crossfade:blue: one\n";

  function repository() {
    const folder = scratch();
    const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, encoding: "utf8" });
    git("init", "--quiet");
    for (const key of ["user.name", "user.email"]) git("config", key, "ada@example.com");
    mkdirSync(join(folder, "stacks"));
    const file = join(folder, "stacks/Pulumi.prod.yaml");
    writeFileSync(file, CONFIG);
    writeFileSync(join(folder, "other"), "1\n");
    git("add", "-A");
    git("commit", "--quiet", "--message", "first");
    return { folder, file, git };
  }

  test("has the edit alone: what else was changed, staged or not, stays so", async () => {
    const { folder, file, git } = repository();
    writeFileSync(join(folder, "other"), "2\n");
    git("add", "other");
    writeFileSync(join(folder, "other"), "3\n");
    writeFileSync(file, CONFIG.replace("blue: one", "blue: two"));
    edit(new StackFile(file));
    const made = await commitEdit(file, edit, "Roll back");
    expect(git("show", "--format=%H %s", "--stat", "HEAD")).toMatch(
      new RegExp(`^${made} Roll back\n\n stacks/Pulumi.prod`),
    );
    expect(git("show", "--name-only", "--format=", "HEAD").trim()).toBe("stacks/Pulumi.prod.yaml");
    const committed = git("show", "HEAD:stacks/Pulumi.prod.yaml");
    expect(committed).toContain("crossfade:stable: blue # ours\n  crossfade:stage: idle\n  crossfade:blue: one\n");
    expect(committed).toContain(`digest: sha256:${"2".repeat(64)}`);
    expect(git("status", "--porcelain")).toBe("MM other\n M stacks/Pulumi.prod.yaml\n");
    expect(git("diff", "--unified=0", "stacks")).toMatch(/- {2}crossfade:blue: one\n\+ {2}crossfade:blue: two\n$/);
    expect(readFileSync(join(folder, "other"), "utf8")).toBe("3\n");
  });

  test("is clean where nothing else was changed", async () => {
    const { file, git } = repository();
    edit(new StackFile(file));
    await commitEdit(file, edit, "Roll back");
    expect(git("status", "--porcelain")).toBe("");
  });

  test("is not made where Git is in the middle of a merge, or does not know the file", async () => {
    const { folder, file, git } = repository();
    const head = git("rev-parse", "HEAD");
    writeFileSync(join(folder, ".git/MERGE_HEAD"), head);
    await expect(commitEdit(file, edit, "Roll back")).rejects.toThrow(/in the middle of something \(MERGE_HEAD\)/);
    const strange = join(folder, "Pulumi.new.yaml");
    writeFileSync(strange, CONFIG);
    execFileSync("rm", [join(folder, ".git/MERGE_HEAD")]);
    await expect(commitEdit(strange, edit, "Roll back")).rejects.toThrow(/is not in Git/);
    expect(git("rev-parse", "HEAD")).toBe(head);
  });
});
