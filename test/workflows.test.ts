import { execFile, spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { buildSync } from "esbuild";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readPreview } from "../cli/findings";
import { type Preview, renderPreview } from "../cli/markdown";
import { StackFile } from "../cli/stack-file";
import { LocalWorld, ROOT, type TestStack } from "./local-world";

const ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";

interface Step {
  name?: string;
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}
interface Job {
  permissions?: Record<string, string>;
  "timeout-minutes"?: number;
  concurrency?: unknown;
  env?: Record<string, string>;
  steps: Step[];
}
interface Workflow {
  on: Record<string, unknown>;
  permissions: unknown;
  defaults: unknown;
  jobs: Record<string, Job>;
}

const FOLDER = ".github/workflows";
const FILES = readdirSync(join(ROOT, FOLDER)).map((name) => ({
  name,
  text: readFileSync(join(ROOT, FOLDER, name), "utf8"),
}));
const WORKFLOWS = new Map(FILES.map(({ name, text }) => [name, parse(text) as Workflow]));
const JOBS = [...WORKFLOWS].flatMap(([file, { jobs }]) =>
  Object.entries(jobs).map(([name, job]) => ({ name: `${file} ${name}`, job })),
);
const STEPS = new Map(
  JOBS.flatMap(({ name, job }) =>
    job.steps.map((step): [string, { job: Job; step: Step }] => [`${name}: ${step.name ?? step.uses}`, { job, step }]),
  ),
);

let folder: string;
let checkout: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "crossfade-workflows-"));
  checkout = checkoutAt(join(folder, "checkout"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The repository as it is here, committed or not, as a run would check it out. */
function checkoutAt(path: string): string {
  const files = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "--", ".", ":!node_modules").split(
    "\n",
  );
  for (const file of files.filter((file) => existsSync(join(ROOT, file)))) {
    mkdirSync(join(path, dirname(file)), { recursive: true });
    cpSync(join(ROOT, file), join(path, file));
  }
  git(path, "init", "--quiet", "--initial-branch=main");
  commit(path);
  symlinkSync(join(ROOT, "node_modules"), join(path, "node_modules"));
  return path;
}

function git(cwd: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("git", args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}

/** Commits all that changed, and returns the commit. */
function commit(path: string): string {
  git(path, "add", "--all", "--", ".", ":!node_modules");
  const author = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
  git(path, ...author, "commit", "--quiet", "--allow-empty", "--message", "test");
  return git(path, "rev-parse", "HEAD");
}

const ran = new Set<string>();

interface Run {
  code: number;
  log: string;
  summary: string;
  outputs: Record<string, string>;
  /** What the replaced commands were called with. */
  calls: string[];
  temp: string;
}

/**
 * Runs a step as a runner does. `env` must have what the workflow takes from an expression. `fakes` are shell scripts that stand
 * for a command at the edge; each call is kept.
 */
async function run(
  key: string,
  env: Record<string, string> = {},
  fakes: Record<string, string> = {},
  cwd = checkout,
): Promise<Run> {
  const { job, step } = STEPS.get(key) ?? {};
  if (!job || step?.run === undefined) throw new Error(`there is no step "${key}" that runs a script`);
  ran.add(key);
  const declared = { ...job.env, ...step.env };
  const open = Object.keys(declared).filter((name) => declared[name]?.includes("${{"));
  expect(Object.keys(env)).toEqual(expect.arrayContaining(open));
  const temp = mkdtempSync(join(folder, "run-"));
  const bin = join(temp, "bin");
  mkdirSync(bin);
  for (const [name, script] of Object.entries(fakes)) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >>"${temp}/calls"\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  writeFileSync(join(temp, "script.sh"), step.run);
  for (const file of ["summary", "output", "calls"]) writeFileSync(join(temp, file), "");
  const { code, log } = await shell(join(temp, "script.sh"), cwd, {
    ...process.env,
    CI: "true",
    RUNNER_TEMP: temp,
    GITHUB_STEP_SUMMARY: join(temp, "summary"),
    GITHUB_OUTPUT: join(temp, "output"),
    GITHUB_REPOSITORY: "acme/shop",
    GITHUB_SERVER_URL: "https://github.example",
    GITHUB_RUN_ID: "42",
    GITHUB_REF_NAME: "main",
    ...declared,
    ...env,
    PATH: `${bin}:${process.env.PATH}`,
  });
  const read = (file: string) => readFileSync(join(temp, file), "utf8");
  return {
    code,
    log,
    summary: read("summary"),
    outputs: outputsIn(read("output")),
    calls: read("calls").split("\n").slice(0, -1),
    temp,
  };
}

/** `shell: bash` is run by GitHub with these flags. */
function shell(script: string, cwd: string, env: NodeJS.ProcessEnv): Promise<{ code: number; log: string }> {
  return new Promise((resolve) => {
    const flags = ["--noprofile", "--norc", "-eo", "pipefail", script];
    execFile("bash", flags, { cwd, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, log: stdout + stderr });
    });
  });
}

/** Reads $GITHUB_OUTPUT as GitHub does. */
function outputsIn(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  const lines = text.split("\n").slice(0, -1);
  while (lines.length > 0) {
    const [, name = "", kind, rest = ""] = /^([^=<]+)(=|<<)(.*)$/.exec(lines.shift() ?? "") ?? [];
    if (kind === "=") outputs[name] = rest;
    else {
      const end = lines.indexOf(rest);
      if (end < 0) throw new Error(`the output ${name} has no end`);
      outputs[name] = lines
        .splice(0, end + 1)
        .slice(0, -1)
        .join("\n");
    }
  }
  return outputs;
}

describe("the files", () => {
  test("every action is pinned by its commit, with its version beside, and by one commit only", () => {
    const pins = FILES.flatMap(({ text }) => [...text.matchAll(/uses: (.*)/g)].map(([, use]) => use ?? ""));
    expect(pins.length).toBeGreaterThan(0);
    expect(pins.filter((pin) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(pin))).toEqual([]);
    const actions = new Set(pins.map((pin) => pin.split("@")[0]));
    expect(new Set(pins).size).toBe(actions.size);
  });

  test("nothing is allowed that a job does not need", () => {
    for (const { permissions } of WORKFLOWS.values()) expect(permissions).toEqual({});
    const read = { contents: "read" };
    expect(Object.fromEntries(JOBS.map(({ name, job }) => [name, job.permissions]))).toEqual({
      "preview.yml changed": read,
      "preview.yml preview": { ...read, "id-token": "write" },
      "preview.yml comment": { ...read, "pull-requests": "write" },
      "preview.yml previewed": {},
      "promote.yml changed": read,
      "promote.yml staging": { ...read, "id-token": "write" },
      "promote.yml production": { ...read, "id-token": "write" },
      "test.yml test": read,
    });
    const checkouts = [...STEPS.values()].filter(({ step }) => step.uses?.startsWith("actions/checkout@"));
    for (const { step } of checkouts) expect(step.with).toMatchObject({ "persist-credentials": false });
  });

  test("nobody's text gets into a script, and no secret into a fork's run", () => {
    for (const { on } of WORKFLOWS.values()) {
      for (const event of Object.keys(on)) expect(["pull_request", "push"]).toContain(event);
    }
    for (const { step } of STEPS.values()) expect(step.run ?? "").not.toContain("${{");
    const preview = WORKFLOWS.get("preview.yml")?.jobs.preview;
    expect(preview).toMatchObject({ if: expect.stringContaining("needs.changed.outputs.secrets == 'true'") });
  });

  test("each job has an end, and an update is neither cancelled nor tried again", () => {
    for (const { job } of JOBS) expect(job["timeout-minutes"]).toBeGreaterThan(0);
    for (const { defaults } of WORKFLOWS.values()) expect(defaults).toEqual({ run: { shell: "bash" } });
    const { staging, production } = WORKFLOWS.get("promote.yml")?.jobs ?? {};
    for (const job of [staging, production]) {
      expect(job).toMatchObject({ concurrency: { "cancel-in-progress": false } });
      expect(job?.steps.filter(({ run }) => run?.includes("pulumi up"))).toHaveLength(1);
      expect(job?.steps.filter(({ uses }) => uses?.includes("cache"))).toEqual([]);
    }
    expect(production).toMatchObject({ needs: ["changed", "staging"], environment: "production" });
  });

  test("actionlint finds nothing", ({ skip }) => {
    if (spawnSync("go", ["version"]).status !== 0) skip("Go is not here, and with it actionlint");
    const files = FILES.map(({ name }) => join(FOLDER, name));
    // Without what else may be on this machine, so that it says the same everywhere.
    const args = ["run", ACTIONLINT, "-shellcheck=", "-pyflakes=", ...files];
    const { status, stdout, stderr } = spawnSync("go", args, { cwd: ROOT, encoding: "utf8" });
    expect(`${stdout}${status === 0 ? "" : stderr}`).toBe("");
    expect(status).toBe(0);
  });
});

describe("the stacks that a change touches", () => {
  const touch = (file: string) => appendFileSync(join(checkout, file), "\n# touched\n");

  test.each([
    ["README.md", [], []],
    ["stacks/Pulumi.staging.yaml", ["staging"], ["staging"]],
    ["stacks/Pulumi.production.yaml", ["production"], ["production"]],
    ["stacks/edge-per-color.ts", ["staging", "production"], []],
    ["components/edge.ts", ["staging", "production"], []],
    ["policies/stage-order.ts", ["staging", "production"], []],
    ["cli/findings.ts", ["staging", "production"], []],
    ["package-lock.json", ["staging", "production"], []],
    ["stacks/Pulumi.local.yaml", [], []],
    ["stacks/Pulumi.local-dns.yaml", [], []],
  ])("a change of %s", async (file, previewed, applied) => {
    const before = git(checkout, "rev-parse", "HEAD");
    touch(file);
    commit(checkout);
    const preview = await run("preview.yml changed: Find the stacks that it touches");
    expect(preview).toMatchObject({ code: 0, outputs: { stacks: JSON.stringify(previewed) } });
    const promote = await run("promote.yml changed: Find the stacks to apply", { BEFORE: before });
    expect(promote).toMatchObject({ code: 0, outputs: { stacks: JSON.stringify(applied) } });
    git(checkout, "reset", "--quiet", "--hard", before);
  });

  test("a change of whatever the programs and the pack are made of", async () => {
    const { metafile } = buildSync({
      absWorkingDir: ROOT,
      entryPoints: ["stacks/index.ts", "policies/pack.ts"],
      ...{ bundle: true, packages: "external", platform: "node", write: false, metafile: true, outdir: "none" },
    });
    const files = Object.keys(metafile.inputs);
    const ofEachRoom = new Map(files.map((file) => [file.split("/")[0], file]));
    expect([...ofEachRoom.keys()]).toEqual(expect.arrayContaining(["components", "live", "migrations", "traffic"]));
    for (const file of ofEachRoom.values()) {
      touch(file);
      commit(checkout);
      const preview = await run("preview.yml changed: Find the stacks that it touches");
      expect([file, preview.outputs]).toEqual([file, { stacks: '["staging","production"]' }]);
      git(checkout, "reset", "--quiet", "--hard", "HEAD^");
    }
  });

  test("a push of several commits, and a push after which nobody can tell", async () => {
    const before = git(checkout, "rev-parse", "HEAD");
    for (const stack of ["production", "staging"]) {
      touch(`stacks/Pulumi.${stack}.yaml`);
      commit(checkout);
    }
    const several = await run("promote.yml changed: Find the stacks to apply", { BEFORE: before });
    expect(several.outputs).toEqual({ stacks: '["staging","production"]' });
    git(checkout, "reset", "--quiet", "--hard", before);
    const forced = await run("promote.yml changed: Find the stacks to apply", { BEFORE: "0".repeat(40) });
    expect(forced).toMatchObject({ code: 1, outputs: {}, log: expect.stringContaining("::error::0000") });
  });
});

describe("a preview and an update, by the real engine", () => {
  const PREVIEW = "preview.yml preview: Preview with the policies";
  const none = { PULUMI_ACCESS_TOKEN: "" };
  let world: LocalWorld;
  let stack: TestStack;
  let config: StackFile;
  let passing: string;
  let refused: string;

  beforeAll(async () => {
    world = await LocalWorld.start();
    stack = await world.ownStack();
    config = new StackFile(join(checkout, "stacks/Pulumi.local.yaml"));
    const up = await run("promote.yml staging: Apply with the policies", local());
    expect(up.log).toContain("crossfade@v");
    expect(up.code).toBe(0);

    config.set("green", `shop@sha256:${"2".repeat(64)}`);
    const first = await run(PREVIEW, local());
    expect(first).toMatchObject({ code: 0, summary: expect.stringMatching(/^### local: passes\n\n13 to create, /) });
    expect(first.summary).toContain("create  aws:lb:TargetGroup shop-green\n");
    expect(first.outputs.local).toBe(first.summary.trimEnd());
    passing = readFileSync(join(first.temp, "preview.jsonl"), "utf8");

    config.set("stage", "canary-50");
    config.set("blue", { image: `shop@sha256:${"1".repeat(64)}`, port: 9090 });
    const second = await run(PREVIEW, local());
    expect(second).toMatchObject({ code: 1, summary: expect.stringMatching(/^### local: refused\n/) });
    expect(second.summary).toContain("**Refused by the policies: 3**");
    expect(second.summary).toContain("candidate-attached  (aws:lb:ListenerRule shop)\n");
    expect(second.summary).toContain("stage-order  (crossfade:index:WeightedAlbRoute shop)\n");
    expect(second.summary).toContain("for port 8080 -> 9090, and it receives 100 %");
    expect(second.summary).toContain("**Changes: ");
    expect(second.outputs.local).toBe(second.summary.trimEnd());
    refused = readFileSync(join(second.temp, "preview.jsonl"), "utf8");
  });
  afterAll(() => world.stop());

  const local = () => ({ ...none, ...world.cloud.env, STACK: "local" });

  test("what a policy refuses is not applied, what it allows is", async () => {
    const before = await stack.resources();
    const no = await run("promote.yml production: Apply with the policies", local());
    expect(no.log).toContain("[mandatory]  serving-replacement");
    expect(no.code).not.toBe(0);
    expect(await stack.resources()).toEqual(before);
    config.set("stage", "idle");
    config.set("blue", `shop@sha256:${"1".repeat(64)}`);
    expect(await run("promote.yml production: Apply with the policies", local())).toMatchObject({ code: 0 });
    expect((await stack.resources()).length).toBeGreaterThan(before.length);
  });

  test("a preview that did not begin, or ended without its end, does not pass and says so", async () => {
    const unknown = await run(PREVIEW, { ...local(), STACK: "unknown" });
    expect(unknown).toMatchObject({ code: 1, log: expect.stringContaining("no stack named 'unknown' found") });
    expect(unknown.summary).toMatch(/^### unknown: not judged\n/);
    expect(unknown.outputs.unknown).toContain("it does not pass");

    const replay = join(folder, "replay.jsonl");
    const npx = `[ "$1" = pulumi ] || exec node "${ROOT}/cli/bin.js" $(shift; echo "$@"); cat "${replay}"`;
    writeFileSync(replay, passing.slice(0, passing.length / 2));
    const cut = await run(PREVIEW, local(), { npx });
    expect(cut).toMatchObject({ code: 1, summary: expect.stringMatching(/^### local: not judged\n/) });

    writeFileSync(replay, passing);
    expect(await run(PREVIEW, local(), { npx })).toMatchObject({ code: 0 });
    const killed = await run(PREVIEW, local(), { npx: `${npx}; exit 137` });
    expect(killed.code).toBe(1);
    expect(killed.summary).toContain("pulumi itself ended with 137, so it does not pass.");
    expect(killed.outputs.local).toContain("pulumi itself ended with 137");
  });

  test("a stream that is cut at any place is told from one that is whole", async () => {
    const places = Array.from({ length: 40 }, (_, i) => Math.floor((i * refused.length) / 40));
    const ends = [...refused.matchAll(/\n/g)].map(({ index }) => index).slice(0, -1);
    for (const place of [...places, ...ends.filter((_, i) => i % 10 === 0), ...ends.slice(-4)]) {
      await expect(read(refused.slice(0, place))).rejects.toMatchObject({ exitCode: 2 });
    }
    expect(await read(refused)).toMatchObject({ result: "refused" });
    expect(await read(refused.trimEnd())).toMatchObject({ result: "refused" });
  });

  test("what a newer engine may say is not passed over", async () => {
    const changes: [string, string, string][] = [
      ['"preludeEvent"', '"verdictEvent"', "of a kind that is not known here: verdictEvent"],
      ['"enforcementLevel":"mandatory"', '"enforcementLevel":"severe"', "policyEvent"],
      ['"op":"replace"', '"op":"swap"', "resourcePreEvent"],
      ['"result":"failed"', '"result":"refused"', "summaryEvent"],
      ['"policyName"', '"rule"', "policyName"],
      ['"isPreview":true', '"isPreview":false', "the stream of an update"],
      [/"PolicyPacks":\{[^}]*\}/.exec(refused)?.[0] ?? "", '"PolicyPacks":{}', "no policy pack was asked"],
    ];
    for (const [was, is, reason] of changes) {
      expect(refused).toContain(was);
      const error = await read(refused.replaceAll(was, is)).catch((error) => error);
      expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining(reason) });
    }
    const unjudged = passing.replace(/.*"policyAnalyzeStackSummaryEvent".*\n/, "");
    await expect(read(unjudged)).rejects.toThrow("no policy judged the stack as a whole");
    await expect(read(passing + passing)).rejects.toThrow("comes after the stream's end");
    await expect(read('{\n  "steps": []\n}\n')).rejects.toThrow("set PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true");
    await expect(read("")).rejects.toThrow("nothing was read");
  });

  test("a refusal counts although the engine says that it succeeded", async () => {
    const advised = refused.replace('"result":"failed"', '"result":"succeeded"');
    expect(await read(advised)).toMatchObject({ result: "refused" });
    const off = advised.replaceAll('"enforcementLevel":"mandatory"', '"enforcementLevel":"advisory"');
    const preview = await read(off.replace(/.*"severity":"error".*\n/, ""));
    expect(preview).toMatchObject({ result: "passes", refusals: [], errors: [] });
    const found = refused.match(/"policyEvent":/g)?.length;
    expect(found).toBeGreaterThan(3);
    expect(renderPreview(preview, { stack: "s", max: 1e6 })).toContain(`**Advice of the policies: ${found}**`);
  });

  test("what an earlier update left to delete is shown, although the engine does not count it", async () => {
    const urn = "urn:pulumi:local::crossfade::aws:lb/targetGroup:TargetGroup::left";
    const event = JSON.stringify({ resourcePreEvent: { metadata: { op: "delete-replaced", urn } } });
    const preview = await read(`${event}\n${passing}`);
    expect(preview.changes[0]).toMatchObject({ urn, what: "delete what an earlier update left" });
  });
});

function read(text: string): Promise<Preview> {
  return readPreview(Readable.from([text]));
}

describe("the findings as Markdown", () => {
  const preview: Preview = {
    result: "refused",
    judged: true,
    refusals: [],
    advice: [],
    errors: [],
    warnings: [],
    changes: [],
    counts: { create: 1 },
  };
  const urn = "urn:pulumi:prod::shop::aws:lb/targetGroup:TargetGroup::green";

  /** What GitHub would take for Markdown: all that stands outside of the fences (CommonMark, "Fenced code blocks"). */
  function outside(markdown: string): string[] {
    let fence = "";
    return markdown.split("\n").filter((line) => {
      const [, ticks = "", info = ""] = /^ {0,3}(`{3,})(.*)$/.exec(line) ?? [];
      if (fence === "" && ticks !== "" && !info.includes("`")) fence = ticks;
      else if (fence !== "" && ticks.length >= fence.length && info.trim() === "") fence = "";
      else return fence === "";
      return false;
    });
  }

  const nasty = fc.array(fc.constantFrom("`", "```", "````\n", "\n", "\r", "~~~\n", "</details>", "@all ", "a"), {
    maxLength: 40,
  });

  test("no message gets out of its fence", () => {
    const known = /^(|### prod: refused|1 to create\.|\*\*[A-Z][a-z ]+: \d+(, of which \d+ fit here)?\*\*)$/;
    fc.assert(
      fc.property(nasty, nasty, nasty, (one, two, three) => {
        const [message, policy, name] = [one.join(""), two.join(""), three.join("")];
        const finding = { policy, urn: `${urn}${name}`, message };
        const all = { ...preview, refusals: [finding], advice: [finding], errors: [message], warnings: [message] };
        const text = renderPreview(all, { stack: "prod", max: 20_000 });
        expect(outside(text).filter((line) => !known.test(line))).toEqual([]);
      }),
    );
  });

  test("what a reader would not see is written out", () => {
    const message = "green\u202e\u001b[2K\u200b\ud800 is fine";
    const text = renderPreview({ ...preview, errors: [message] }, { stack: "prod", max: 2000 });
    expect(text).toContain("green\\u{202e}\\u{1b}[2K\\u{200b}\\u{d800} is fine");
  });

  test("it fits into what GitHub takes, in bytes; what does not fit is counted, and refusals come first", () => {
    const message = fc.string({ unit: "binary", maxLength: 3000 });
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 2000, max: 60_000 }),
        (texts, max) => {
          const refusals = texts.map((text) => ({ policy: "stage-order", urn, message: text }));
          const markdown = renderPreview({ ...preview, refusals, errors: texts }, { stack: "prod", max });
          expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(max);
          expect(markdown).toContain(`**Refused by the policies: ${texts.length}`);
        },
      ),
      { numRuns: 30 },
    );
    const many = Array.from({ length: 90 }, () => ({ policy: "stage-order", urn, message: "m".repeat(5000) }));
    const markdown = renderPreview({ ...preview, refusals: many, errors: ["short"] }, { stack: "prod", max: 30_000 });
    expect(markdown).toContain("**Refused by the policies: 90, of which 7 fit here**");
    expect(markdown).toContain("m… (cut)");
    expect(markdown).toContain("**Errors: 1**\n\n```text\nshort\n```");
  });

  test("the name of a stack is one, and there is room for it", () => {
    expect(() => renderPreview(preview, { stack: "a\n# b", max: 9000 })).toThrow("is no name of a stack");
    expect(() => renderPreview(preview, { stack: "acme/shop/prod", max: 10 })).toThrow("--max must be 2000 or more");
  });

  test("the command's usage: help has an example, and what is wrong ends with 2", () => {
    const crossfade = (...args: string[]) =>
      spawnSync("node", [join(ROOT, "cli/bin.js"), "findings", ...args], { encoding: "utf8", input: "" });
    expect(crossfade("--help")).toMatchObject({ status: 0, stdout: expect.stringContaining("Example:") });
    expect(crossfade()).toMatchObject({ status: 2 });
    expect(crossfade("--stack", "s")).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/nothing/),
    });
  });
});

describe("the comment on a pull request", () => {
  const KEY = "preview.yml comment: Comment on the pull request";
  const MARKER = "<!-- crossfade: preview -->";
  const API = "repos/acme/shop/issues";

  /** GitHub's command: the comments that there are, through the filter that it was given; all else is taken. */
  async function comment(comments: object[], stacks: string[], previews: Record<string, string>) {
    const file = join(folder, "comments.json");
    writeFileSync(file, JSON.stringify(comments));
    const gh = `for last; do [ "$filter" = next ] && filter=$last; [ "$last" = --jq ] && filter=next; done
      [ -z "$filter" ] || jq -r "$filter" "${file}"`;
    const env = {
      GH_TOKEN: "token",
      PULL_REQUEST: "7",
      HEAD_SHA: "f00d",
      STACKS: JSON.stringify(stacks),
      PREVIEWS: JSON.stringify(previews),
    };
    const { code, calls, temp } = await run(KEY, env, { gh });
    expect(code).toBe(0);
    const file_ = join(temp, "comment.md");
    const sent = calls.filter((call) => call.includes("--method")).map((call) => call.replaceAll(temp, "TEMP"));
    return { sent, body: existsSync(file_) ? readFileSync(file_, "utf8") : undefined };
  }
  const by = (login: string, id: number, body: string) => ({ id, body, user: { login } });

  test("the first one is made, with what each stack's preview said or that it said nothing", async () => {
    const others = [by("someone", 1, `${MARKER}\nmine`), by("github-actions[bot]", 2, "another workflow's")];
    const { sent, body } = await comment(others, ["staging", "production"], { staging: "### staging: passes" });
    expect(sent).toEqual([`gh api --method POST ${API}/7/comments -F body=@TEMP/comment.md --silent`]);
    expect(body).toBe(
      `${MARKER}\n[Preview](https://github.example/acme/shop/actions/runs/42) of f00d with the policies\n\n` +
        "### staging: passes\n\n### production: not shown\n\nIt does not pass until the run says so.\n",
    );
  });

  test("a later one takes its place, and text that looks like a command stays text", async () => {
    const before = [by("github-actions[bot]", 9, `${MARKER}\nold`), by("github-actions[bot]", 10, `${MARKER}\nold`)];
    const text = "### staging: refused\n\n```text\n$(touch /tmp/x) `id` \\(1) \\n %s\n```";
    const { sent, body } = await comment(before, ["staging"], { staging: text });
    expect(sent).toEqual([`gh api --method PATCH ${API}/comments/9 -F body=@TEMP/comment.md --silent`]);
    expect(body).toContain(text);
  });

  test("where no stack is touched any more it says so, and where none ever was there is none", async () => {
    expect(await comment([], [], {})).toEqual({ sent: [], body: undefined });
    const { sent, body } = await comment([by("github-actions[bot]", 9, `${MARKER}\nold`)], [], {});
    expect(sent).toHaveLength(1);
    expect(body).toContain("This change touches no stack.");
  });

  test("two previews of the most bytes fit", async () => {
    const most = (letter: string) => `${letter}"\\\n`.repeat(30_000 / 4);
    const { body } = await comment([], ["staging", "production"], { staging: most("a"), production: most("b") });
    expect(body?.length).toBeGreaterThan(60_000);
    expect(body?.length).toBeLessThan(65_536);
  });
});

describe("the other steps", () => {
  test("packages are installed as they are locked, and the tests are those of the README", async () => {
    const npm = { npm: "" };
    for (const job of ["preview.yml preview", "promote.yml staging", "promote.yml production"]) {
      expect(await run(`${job}: Install`, {}, npm)).toMatchObject({ code: 0, calls: ["npm ci"] });
    }
    expect(await run("test.yml test: Test", {}, npm)).toMatchObject({ code: 0, calls: ["npm cit"] });
    expect(await run("test.yml test: Test", {}, { npm: "exit 1" })).toMatchObject({ code: 1 });
  });

  test("a file that has changed since is not applied", async () => {
    for (const stack of ["staging", "production"]) {
      const key = `promote.yml ${stack}: Stop if the stack's file is not the newest`;
      const file = `stacks/Pulumi.${stack}.yaml`;
      const blob = git(checkout, "rev-parse", `HEAD:${file}`);
      const env = { GH_TOKEN: "token" };
      expect(await run(key, env, { gh: `echo ${blob}` })).toMatchObject({
        code: 0,
        calls: [`gh api repos/acme/shop/contents/${file}?ref=main --jq .sha`],
      });
      const late = await run(key, env, { gh: "echo 0123456789" });
      expect(late).toMatchObject({ code: 1, log: expect.stringContaining(`::error::${file} has changed on main`) });
      expect(await run(key, env, { gh: "exit 1" })).toMatchObject({ code: 1 });
    }
  });

  test("the check to require passes only if each preview did, and says where there is none", async () => {
    const verdict = "preview.yml previewed: Pass only if each preview did";
    const results = { success: 0, skipped: 0, failure: 1, cancelled: 1 };
    for (const [PREVIEW, code] of Object.entries(results)) {
      expect(await run(verdict, { CHANGED: "success", PREVIEW })).toMatchObject({ code });
    }
    expect(await run(verdict, { CHANGED: "failure", PREVIEW: "skipped" })).toMatchObject({ code: 1 });
    const said = await run("preview.yml previewed: Say that there is no preview without secrets");
    expect(said).toMatchObject({ code: 0, log: expect.stringMatching(/^::notice title=No preview::A pull request/) });
    expect(said.summary).toContain("gets no secrets");
  });
});

// The last one: it looks at what the tests above have run.
test("every step that runs a script was run here", () => {
  const scripts = [...STEPS].filter(([, { step }]) => step.run !== undefined).map(([key]) => key);
  expect([...ran].sort()).toEqual(scripts.sort());
  const called = [...STEPS.values()].map(({ step }) => step.run ?? "").join("\n");
  for (const name of readdirSync(join(ROOT, ".github/scripts"))) expect(called).toContain(`.github/scripts/${name}`);
});
