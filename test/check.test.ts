import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isAccepted, readBaseline, writeBaseline } from "../cli/baseline";
import { outlook } from "../cli/outlook";
import { outlookLines } from "../cli/outlook-text";
import { verdictSarif } from "../cli/sarif";
import { type Verdict, verdictOf } from "../cli/verdict";
import { verdictText } from "../cli/verdict-text";
import type { Resource } from "../traffic";
import { planBetween, STAGES, type StackShape, stack } from "./crossfade-stack";
import { ROOT } from "./local-world";
import { asked, document, exported, stream, there, urn, type Written, type WrittenStep } from "./preview-texts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "crossfade-check-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

// A listener on a group, and a preview that deletes both, or tags the group.
const group = there("shop", { __defaults: ["name"], port: 80 });
const listener = there(
  "web",
  { defaultActions: [{ type: "forward", targetGroupArn: "arn:shop" }], loadBalancerArn: "arn:lb" },
  { type: "aws:lb/listener:Listener" },
);
const same = (old: Written): WrittenStep => ({ op: "same", urn: old.urn, old, new: old });
const gone: WrittenStep[] = [same(listener), { op: "delete", urn: group.urn, old: group }];
const tagged: WrittenStep[] = [
  same(listener),
  { op: "update", urn: group.urn, old: group, new: asked("shop", { ...group.inputs, tags: { a: "b" } }) },
];

interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

/** The command as one types it; nobody sits at its terminal. */
function crossfade(args: string[], stdin = ""): Promise<Run> {
  return new Promise((resolve) => {
    const child = execFile("node", [join(ROOT, "cli/bin.js"), ...args], { cwd: folder }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
    child.stdin?.on("error", () => {}); // it may end before it has read all
    child.stdin?.end(stdin);
  });
}

describe("the command", () => {
  test("passes what loses nothing, and refuses what does, from a file and from stdin", async () => {
    const state = file("state.json", exported([group, listener]));
    const passes = await crossfade(["check", file("tagged.jsonl", stream(tagged)), "--state", state]);
    expect(passes).toMatchObject({ code: 0, stdout: expect.stringContaining("test/dev: passes") });
    expect(passes.stdout).toContain("update  aws:lb:TargetGroup shop  [tags]: it receives all requests");
    const refused = await crossfade(["check", "-"], document(gone));
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining("test/dev: refused (1)") });
    expect(refused.stdout).toContain("serving-deletion  (aws:lb:TargetGroup shop)");
    expect(refused.stdout).toContain("Not seen:\n  what an update that was stopped was doing");
  });

  test("as Markdown, by the renderer of the pull request", async () => {
    const { code, stdout } = await crossfade(["check", "--markdown"], stream(gone));
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^### test\/dev: refused\n\n1 to delete, 1 unchanged\.\n\n\*\*Refused by the policies: 1\*\*/,
    );
    expect(stdout).toContain("delete  aws:lb:TargetGroup shop");
  });

  test("a baseline lets through what it lists, and nothing else", async () => {
    const path = join(folder, "baseline.json");
    const preview = file("gone.jsonl", stream(gone));
    const wrote = await crossfade(["check", preview, "--baseline", path, "--write-baseline"]);
    expect(wrote).toMatchObject({ code: 0, stderr: expect.stringContaining("accepts 1 from now on") });
    const accepted = await crossfade(["check", preview, "--baseline", path]);
    expect(accepted).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Accepted by the baseline:\n  serving-deletion"),
    });
    const both = [...gone.slice(1), { op: "delete", urn: listener.urn, old: listener }];
    const more = await crossfade(["check", file("both.jsonl", stream(both)), "--baseline", path]);
    expect(more).toMatchObject({ code: 1, stdout: expect.stringContaining("refused (1)") });
  });

  test("the pack's settings hold", async () => {
    const off = file("settings.json", '{ "serving-deletion": "disabled" }');
    const { code } = await crossfade(["check", file("gone.jsonl", stream(gone)), "--policy-pack-config", off]);
    expect(code).toBe(0);
    const wrong = file("wrong.json", '{ "serving-deletion": { "colour": 1 } }');
    const refused = await crossfade(["check", file("gone.jsonl", stream(gone)), "--policy-pack-config", wrong]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("colour") });
  });

  test.each<[string, string[], string, string]>([
    ["nothing on stdin", ["check"], "", "nothing was read"],
    ["a stream that is cut", ["check"], stream(gone).slice(0, 500), "cannot be judged, so it does not pass"],
    [
      "a document that leaves out who serves",
      ["check"],
      document(gone.slice(1), { changeSummary: { delete: 1, same: 1 } }),
      "--show-sames",
    ],
    ["a file that is not there", ["check", "none.jsonl"], "", "there is no file none.jsonl"],
    ["two forms", ["check", "--json", "--sarif"], "", "choose one"],
    ["a baseline that is not there", ["check", "--baseline", "none"], stream(gone), "cannot be read"],
    ["--write-baseline alone", ["check", "--write-baseline"], "", "needs --baseline"],
    ["a state that is not there", ["check", "--state", "none"], stream(gone), "none cannot be read"],
    ["an option that is not there", ["check", "--colour"], "", "unknown option"],
  ])("%s is exit code 2, and nothing passes", async (_, args, stdin, expected) => {
    const { code, stdout, stderr } = await crossfade(args, stdin);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(expected);
  });

  test("a plan with the state beside it needs no preview", async () => {
    const plan = file(
      "plan.json",
      JSON.stringify({ manifest: {}, resourcePlans: { [group.urn]: { steps: ["delete"] } } }),
    );
    const state = file("state.json", exported([group, listener]));
    const { code, stdout } = await crossfade(["check", "--plan", plan, "--state", state]);
    expect(code).toBe(1);
    expect(stdout).toContain("serving-deletion");
  });
});

const planned = (prior: Resource[], desired: Resource[], changes: Verdict["changes"] = []) => ({
  prior,
  desired,
  changes,
});

/** The verdict on a preview of one deletion that is refused. */
function refusedVerdict(baseline: Parameters<typeof verdictOf>[1] = {}): Verdict {
  const before = [group, listener].map((written) => ({
    ...written,
    outputs: written.outputs ?? {},
    propertyDependencies: {},
  }));
  const [shop, web] = before as [Resource, Resource];
  return verdictOf(
    {
      ...planned([shop, web], [web]),
      changes: [{ kind: "delete", before: shop, leftOver: false }],
      pending: [],
      unseen: [],
      config: {},
    },
    baseline,
  );
}

describe("SARIF", () => {
  test("has what the schema of 2.1.0 requires, and each result its rule", () => {
    const { version, runs } = verdictSarif(refusedVerdict()) as Sarif;
    expect([version, runs.length]).toEqual(["2.1.0", 1]);
    const [{ tool, results, invocations }] = runs as [Sarif["runs"][number]];
    expect(tool.driver.name).toBe("crossfade");
    for (const { id } of tool.driver.rules) expect(id).toMatch(/^[a-z-]+$/);
    expect(new Set(tool.driver.rules.map(({ id }) => id)).size).toBe(tool.driver.rules.length);
    expect(invocations).toEqual([{ executionSuccessful: true }]);
    expect(results).toHaveLength(1);
    for (const result of results) {
      expect(tool.driver.rules[result.ruleIndex]?.id).toBe(result.ruleId);
      expect(["error", "note"]).toContain(result.level);
      expect(result.message.text).not.toBe("");
      const [location] = result.locations;
      expect(location?.physicalLocation.artifactLocation.uri).toBe("Pulumi.yaml");
      expect(location?.logicalLocations[0]?.fullyQualifiedName).toBe(group.urn);
    }
  });

  test("what is accepted is suppressed, and has the same fingerprint", () => {
    const [finding] = refusedVerdict().findings as [Verdict["findings"][number]];
    const accepted = verdictSarif(refusedVerdict({ baseline: [finding] })) as Sarif;
    const open = verdictSarif(refusedVerdict()) as Sarif;
    expect(accepted.runs[0]?.results[0]?.suppressions).toEqual([
      { kind: "external", justification: "in the baseline" },
    ]);
    expect(open.runs[0]?.results[0]?.suppressions).toBeUndefined();
    expect(accepted.runs[0]?.results[0]?.partialFingerprints).toEqual(open.runs[0]?.results[0]?.partialFingerprints);
  });
});

interface Sarif {
  version: string;
  runs: {
    tool: { driver: { name: string; rules: { id: string }[] } };
    invocations: object[];
    results: {
      ruleId: string;
      ruleIndex: number;
      level: string;
      message: { text: string };
      locations: {
        physicalLocation: { artifactLocation: { uri: string } };
        logicalLocations: { fullyQualifiedName: string }[];
      }[];
      partialFingerprints: object;
      suppressions?: object[];
    }[];
  }[];
}

describe("the baseline", () => {
  test("is the same file for the same findings, in whatever order", () => {
    const [finding] = refusedVerdict().findings as [Verdict["findings"][number]];
    const other = { ...finding, policy: "a-first" };
    const advice = { ...finding, policy: "advice", advisory: true };
    const [one, two] = ["one.json", "two.json"].map((name) => join(folder, name)) as [string, string];
    writeBaseline(one, [finding, other, advice]);
    writeBaseline(two, [advice, other, finding]);
    expect(readFileSync(one, "utf8")).toBe(readFileSync(two, "utf8"));
    expect(readBaseline(one).map(({ policy }) => policy)).toEqual(["a-first", "serving-deletion"]);
  });

  test("a finding that got worse is another one", () => {
    const [finding] = refusedVerdict().findings as [Verdict["findings"][number]];
    expect(isAccepted(finding, [finding])).toBe(true);
    expect(isAccepted({ ...finding, what: `${finding.what} Twice.` }, [finding])).toBe(false);
    expect(isAccepted({ ...finding, urn: urn("other") }, [finding])).toBe(false);
  });

  test.each([
    ["no JSON", "{"],
    ["another version", '{ "version": 2, "findings": [] }'],
    ["half an entry", '{ "version": 1, "findings": [{ "policy": "drain" }] }'],
  ])("%s accepts nothing", (_, text) => {
    expect(() => readBaseline(file("bad.json", text))).toThrow("not as --write-baseline writes it");
  });

  test("entries that are no more are counted", () => {
    const verdict = refusedVerdict({ baseline: [{ policy: "drain", urn: urn("x"), what: "y" }] });
    expect([verdict.result, verdict.outdated]).toEqual(["refused", 1]);
    expect(verdictText(verdict)).toContain("The baseline has 1 that are no more");
  });
});

test("an exemption in the preview's config holds, and one that cannot be read is exit code 2", () => {
  const config = (breakGlass: unknown) => ({ "crossfade:breakGlass": JSON.stringify(breakGlass) });
  const judged = (given: Record<string, string>) => {
    const { prior, desired, changes } = planBetween({}, { tasks: { green: 4 } });
    return verdictOf({
      prior: [...prior],
      desired: [...desired],
      changes: [...changes],
      pending: [],
      unseen: [],
      config: given,
    });
  };
  const policies = (verdict: Verdict) =>
    verdict.findings.filter(({ advisory }) => !advisory).map(({ policy }) => policy);
  const exemption = {
    policy: "serving-deletion",
    urn: "shop-blue",
    reason: "it is retired for good",
    until: "2099-01-01",
  };
  const [all, some] = [policies(judged({})), policies(judged(config([exemption])))];
  expect(some.length).toBeLessThan(all.length);
  expect(() => judged(config([{ policy: "drain" }]))).toThrow("cannot be told, so it does not pass");
  expect(() => judged({ "crossfade:breakGlass": "[" })).toThrow("cannot be told, so it does not pass");
});

describe("what it means for users", () => {
  const told = (before: StackShape, after: StackShape) => {
    const [one] = outlook(planBetween(before, after));
    return one ? outlookLines(one) : [];
  };
  const says = (before: StackShape, after: StackShape) => told(before, after).join("\n").replace(/ {2,}/g, " ");

  test("a promotion: who serves, what is at stake, the exposure, the way and its cost", () => {
    const lines = says({ stage: "idle" }, { stage: "canary-5" });
    expect(lines).toContain("shop is promoted to canary-5");
    expect(lines).toContain("serves blue 100 %, green 0 % -> blue 95 %, green 5 %");
    expect(lines).toContain("at stake 5 % of the requests");
    expect(lines).toContain("1 % of all fail (5 % x 20 %;");
    expect(lines).toContain("to full 1h 10m at least (canary-5 10m, canary-50 1h)");
    // The bakes, and then the drain of 30 s and a minute for the balancer's nodes.
    expect(lines).toContain("open until 2026-11-21T13:11:30.000Z at least");
    expect(lines).toContain("4 tasks of green beside blue for 1h 10m: 4.7 task-hours");
  });

  test("a stage that goes on has held for some time already", () => {
    const lines = says({ stage: "canary-5", movedAgo: 240 }, { stage: "canary-5", tags: { a: 1 } });
    expect(lines).toContain("keeps its weights");
    expect(lines).toContain("at stake 0 % of the requests");
    expect(lines).toContain("to full 1h 6m at least (canary-5 6m, canary-50 1h)");
  });

  test("at full nothing is ahead, and full's own bake keeps the way back", () => {
    const stages = [...STAGES, { name: "full", weight: 100, bake: 3600 }];
    const lines = says({ stage: "canary-50", stages }, { stage: "full", stages });
    expect(lines).toContain("to full green has it all");
    expect(lines).toContain("open until 2026-11-21T13:01:30.000Z at least");
  });

  test("a roll back gives all to stable", () => {
    expect(says({ stage: "canary-50" }, { stage: "idle" })).toContain(
      "serves blue 50 %, green 50 % -> blue 100 %, green 0 %",
    );
  });

  test("what closes the way back is named", () => {
    const plan = planBetween({ stage: "canary-5" }, { stage: "canary-50" });
    const blue = plan.prior.find(({ urn }) => urn.endsWith("Service::shop-blue")) as Resource;
    const closed = { ...plan, changes: [...plan.changes, { kind: "delete" as const, before: blue, leftOver: false }] };
    const [one] = outlook(closed);
    expect(one && outlookLines(one).join()).toContain('closed by this update: "shop-blue" of blue');
  });

  test("what cannot be known is said", () => {
    const plan = planBetween({ stage: "idle" }, { stage: "canary-5" });
    const without = plan.desired.filter(({ type }) => !/^aws:(ecs|lb\/targetGroup)/.test(type));
    const [one] = outlook({ ...plan, desired: without });
    const lines = one ? outlookLines(one).join("\n") : "";
    expect(lines).toContain("the warm-up is not known before the update");
    expect(lines).toContain("how many tasks green runs is not known before the update");
  });

  test("slow start of a candidate that this update makes is part of the way", () => {
    const slow = stack({ stage: "canary-5", versions: { green: "arn:green:v2" } }).map((r) =>
      r.urn.endsWith("TargetGroup::green") ? { ...r, inputs: { ...r.inputs, slowStart: 120 } } : r,
    );
    const plan = planBetween({ stage: "idle" }, { stage: "canary-5", versions: { green: "arn:green:v2" } });
    const [one] = outlook({ ...plan, desired: slow });
    expect(one && outlookLines(one).join()).toContain("canary-50 1h, slow start 2m");
  });

  test("of a rule that is not ours, the groups are told and no stages", () => {
    const own = (shape: StackShape) => stack(shape).filter(({ type }) => !/^(crossfade|pulumi):/.test(type));
    const plan = planBetween({}, {});
    const [prior, desired] = [own({ stage: "idle" }), own({ stage: "canary-5" })];
    const [before, after] = [prior, desired].map((state) =>
      state.find(({ type }) => type.includes("listenerRule")),
    ) as [Resource, Resource];
    const [one] = outlook({ ...plan, prior, desired, changes: [{ kind: "update", before, after }] });
    expect(one).toMatchObject({ kind: "weights", after: { blue: 95, green: 5 }, atStake: 0.05 });
    expect(one?.rollout).toBeUndefined();
  });
});
