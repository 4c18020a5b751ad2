import { describe, expect, test } from "vitest";
import { nameOf, UNKNOWN } from "../traffic";
import { type Planned, readPlanned, type Sources, Unreadable } from "../traffic/sources";
import { parseState } from "../traffic/sources/state";
import { changeLine } from "./change-line";
import {
  asked,
  document,
  exported,
  GROUP,
  NOT_KNOWN,
  planFile,
  SECRET,
  SIGNATURE,
  stream,
  there,
  urn,
  type Written,
  type WrittenStep,
} from "./preview-texts";

/** What is planned, a line each. */
function lines({ changes }: Pick<Planned, "changes">): string[] {
  return changes.map(changeLine).sort();
}

const same = (old: Written): WrittenStep => ({ op: "same", urn: old.urn, old, new: { ...old, outputs: undefined } });
const update = (old: Written, inputs: Record<string, unknown>, more: Partial<WrittenStep> = {}): WrittenStep => ({
  op: "update",
  urn: old.urn,
  old,
  new: { ...old, id: "", inputs, outputs: undefined },
  ...more,
});
const create = (made: Written): WrittenStep => ({ op: "create", urn: made.urn, new: made });
const remove = (old: Written): WrittenStep => ({ op: "delete", urn: old.urn, old });
function replace(
  old: Written,
  inputs: Record<string, unknown>,
  keys: string[],
  first: "create" | "delete",
): WrittenStep[] {
  const made = asked(nameOf(old.urn), inputs, { type: old.type });
  const step = { urn: old.urn, new: made, keys, diffs: keys };
  const mark = first === "create" ? { delete: true } : { pendingReplacement: true };
  const steps: WrittenStep[] = [
    { op: "create-replacement", ...step, old: first === "create" ? old : { ...old, ...mark } },
    { op: "replace", ...step, old: { ...old, ...mark } },
    { op: "delete-replaced", urn: old.urn, old: first === "create" ? { ...old, ...mark } : old },
  ];
  return first === "create" ? steps : [...steps.slice(2), steps[1] as WrittenStep, steps[0] as WrittenStep];
}

const group = (name: string, port = 80, more: Partial<Written> = {}) =>
  there(name, { __defaults: ["name"], port }, more);

const CASES: [string, { state: Written[]; steps: WrittenStep[] }, string[]][] = [
  ["nothing", { state: [group("a")], steps: [same(group("a"))] }, []],
  ["a create", { state: [], steps: [create(asked("a", { port: 80 }))] }, ["create a"]],
  ["an import, as a create", { state: [], steps: [{ ...create(asked("a")), op: "import" }] }, ["create a"]],
  ["an update", { state: [group("a")], steps: [update(group("a"), { port: 80, tags: {} })] }, ["update a"]],
  [
    "an update in which the provider sees nothing that matters",
    {
      state: [there("a", { policy: '{"a":1,"b":2}', names: ["x", "y"] })],
      steps: [
        update(there("a", { policy: '{"a":1,"b":2}', names: ["x", "y"] }), {
          policy: '{ "b": 2, "a": 1 }',
          names: ["y", "x"],
        }),
      ],
    },
    [],
  ],
  [
    "an update of what was not ready when its last update ended",
    { state: [group("a", 80, { initErrors: ["x"] })], steps: [update(group("a"), group("a").inputs)] },
    ["update a"],
  ],
  ["a deletion", { state: [group("a")], steps: [remove(group("a"))] }, ["delete a"]],
  [
    "a deletion from the stack only",
    { state: [group("a", 80, { retainOnDelete: true })], steps: [remove(group("a", 80, { retainOnDelete: true }))] },
    [],
  ],
  [
    "a replacement that is created first",
    { state: [group("a")], steps: replace(group("a"), { port: 81 }, ["port"], "create") },
    ["replace a, created first, for port"],
  ],
  [
    "a replacement that is deleted first",
    { state: [group("a")], steps: replace(group("a"), { port: 81 }, ["port"], "delete") },
    ["replace a, deleted first, for port"],
  ],
  [
    "what an earlier update replaced and left",
    {
      state: [group("a"), group("a", 79, { id: "arn:old", delete: true })],
      steps: [
        same(group("a")),
        { op: "delete-replaced", urn: urn("a"), old: group("a", 79, { id: "arn:old", delete: true }) },
      ],
    },
    ["delete a, left over"],
  ],
  [
    "the same, and replaced once more",
    {
      state: [group("a"), group("a", 79, { id: "arn:old", delete: true })],
      steps: [
        ...replace(group("a"), { port: 81 }, ["port"], "create"),
        { op: "delete-replaced", urn: urn("a"), old: group("a", 79, { id: "arn:old", delete: true }) },
      ],
    },
    ["delete a, left over", "replace a, created first, for port"],
  ],
  ["a resource of another's that is read", { state: [], steps: [{ op: "read", urn: urn("a"), new: group("a") }] }, []],
];

describe.each(["the stream", "the document"])("%s", (kind) => {
  const written = kind === "the stream" ? stream : document;
  test.each(CASES)("tells %s", (_, { state, steps }, expected) => {
    const preview = written(steps);
    expect(lines(readPlanned({ preview, state: exported(state) }))).toEqual(expected);
    // What was not ready is in the state only.
    const alone = expected.filter(() => !state.some(({ initErrors }) => initErrors));
    expect(lines(readPlanned({ preview }))).toEqual(alone);
  });

  test("the old one of a replacement is there before the update, whatever the engine has marked it as", () => {
    const { prior } = readPlanned({ preview: written(replace(group("a"), { port: 81 }, ["port"], "create")) });
    expect(prior).toMatchObject([{ urn: urn("a"), pendingDelete: false }]);
  });

  test("an alias leads to the prior one by the step's old URN", () => {
    const old = group("old");
    const step = { ...update(old, { port: 80, tags: {} }), urn: urn("new"), new: asked("new", { port: 80, tags: {} }) };
    const { changes, prior } = readPlanned({ preview: written([step]), state: exported([old]) });
    expect(changes).toMatchObject([{ kind: "update", before: prior[0], after: { aliases: [old.urn] } }]);
  });

  test("the path that makes a replacement is told with its values", () => {
    const old = there("a", { template: [{ id: "1" }] });
    const steps = replace(old, { template: [{ id: "2" }] }, [], "create").map((step) => ({
      ...step,
      detailedDiff: { "template[0].id": { diffKind: "update-replace" }, tags: { diffKind: "update" } },
    }));
    const [change] = readPlanned({ preview: written(steps) }).changes;
    expect(change).toMatchObject({ because: [{ property: "template[0].id", before: "1", after: "2" }] });
  });

  test("a secret is unknown, also where the state shows it: whether it changes is the engine's word", () => {
    const blind = kind === "the stream" ? { [SIGNATURE]: SECRET, ciphertext: "[secret]" } : "[secret]";
    const shown = { [SIGNATURE]: SECRET, plaintext: '"hush"' };
    const state = exported([there("a", { key: shown, n: 1 })]);
    const step = update(there("a", { key: blind, n: 1 }), { key: blind, n: 2 }, { diffs: ["n"] });
    const planned = readPlanned({ preview: written([step]), state });
    expect(planned.desired[0]?.inputs).toEqual({ key: UNKNOWN, n: 2 });
    expect(JSON.stringify(planned)).not.toContain("hush");
    expect(planned.unseen.join()).toContain("the secrets in 1 of the resources");
    const calm = same(there("a", { key: blind, n: 1 }));
    expect(readPlanned({ preview: written([calm]), state }).changes).toEqual([]);
  });

  test("what is not known before the update is marked", () => {
    const preview = written([create(asked("a", { vpcId: NOT_KNOWN, list: [NOT_KNOWN] }))]);
    expect(readPlanned({ preview }).desired[0]?.inputs).toEqual({ vpcId: UNKNOWN, list: [UNKNOWN] });
  });

  test("what no step names stays as it is", () => {
    const { desired, changes } = readPlanned({ preview: written([]), state: exported([group("a")]) });
    expect(changes).toEqual([]);
    expect(desired.map(({ urn }) => urn)).toEqual([urn("a")]);
  });

  test("after a refresh the steps tell what is there, and the state what else is known of it", () => {
    const stale = there("a", { port: 80 }, { created: "2026-01-01T00:00:00Z" });
    const fresh = there("a", { port: 90 });
    const steps = [{ op: "refresh", urn: urn("a"), old: stale, new: fresh }, update(fresh, { port: 80 })];
    const { changes } = readPlanned({ preview: written(steps), state: exported([stale, group("gone")]) });
    expect(changes).toMatchObject([{ kind: "update", before: { inputs: { port: 90 }, created: stale.created } }]);
    const lost = [{ op: "refresh", urn: urn("gone"), old: group("gone") }, create(asked("gone"))];
    const again = readPlanned({ preview: written(lost), state: exported([group("gone")]) });
    expect([lines(again), again.prior]).toEqual([["create gone"], []]);
  });

  test("a state of another stack, or of another time, is told", () => {
    const other = { preview: written([same(group("a"))]), state: exported([group("b")]) };
    expect(() => readPlanned(other)).toThrow(`not of one stack at one time: ${urn("a")} is in the preview`);
    const later = { preview: written([create(asked("a"))]), state: exported([group("a")]) };
    expect(() => readPlanned(later)).toThrow("in the state, and the preview creates it");
  });
});

describe("the plan file", () => {
  const goal = (more: object = {}) => ({ type: GROUP, custom: true, inputDiff: {}, ...more });
  const read = (state: Written[], plans: Record<string, object>) =>
    readPlanned({ plan: planFile(plans), state: exported(state) });

  test.each<[string, Record<string, object>, string[]]>([
    ["nothing", { a: { goal: goal(), steps: ["same"] } }, []],
    [
      "an update",
      { a: { goal: goal({ inputDiff: { updates: { tags: { x: "1" } } } }), steps: ["update"] } },
      ["update a"],
    ],
    ["a deletion", { a: { steps: ["delete"] } }, ["delete a"]],
    [
      "a replacement that is created first",
      {
        a: {
          goal: goal({ inputDiff: { updates: { port: 81 } } }),
          steps: ["create-replacement", "replace", "delete-replaced"],
        },
      },
      ["replace a, created first, for port"],
    ],
    [
      "one that is deleted first, with all its inputs as added",
      {
        a: {
          goal: goal({ inputDiff: { adds: { __defaults: [], port: 81 } } }),
          steps: ["delete-replaced", "replace", "create-replacement"],
        },
      },
      ["replace a, deleted first, for port"],
    ],
  ])("tells %s", (_, plans, expected) => {
    const byUrn = Object.fromEntries(Object.entries(plans).map(([name, plan]) => [urn(name), plan]));
    expect(lines(read([group("a")], byUrn))).toEqual(expected);
  });

  test("has inputs as differences to what is there", () => {
    const inputDiff = { adds: { vpcId: "v" }, updates: { port: NOT_KNOWN }, deletes: ["tags"] };
    const before = there("a", { port: 80, tags: {}, protocol: "HTTP" });
    const { desired } = read([before], { [urn("a")]: { goal: goal({ inputDiff }), steps: ["update"] } });
    expect(desired[0]?.inputs).toEqual({ port: UNKNOWN, protocol: "HTTP", vpcId: "v" });
  });

  test.each<[string, object, object]>([
    ["by name", { structuredAliases: [{ Name: "old", Parent: "" }] }, {}],
    ["by URN", { aliases: [urn("old")] }, {}],
    ["by the id that it keeps", {}, { state: { id: "arn:old" } }],
  ])("pairs what was renamed, %s", (_, aliases, more) => {
    const plan = { goal: goal(aliases), steps: ["update"], ...more };
    const { changes } = read([group("old", 80, { initErrors: ["x"] })], { [urn("new")]: plan });
    expect(changes).toMatchObject([{ kind: "update", before: { urn: urn("old") }, after: { urn: urn("new") } }]);
  });

  test("tells what each resource of the stream waits for", () => {
    const plans = {
      [urn("a")]: { goal: goal({ dependencies: [urn("b")], deleteBeforeReplace: true }), steps: ["create"] },
    };
    const preview = stream([create(asked("a"))]);
    const edges = (sources: Sources) => readPlanned(sources).desired[0]?.dependencies;
    expect(edges({ preview, plan: planFile(plans) })).toEqual([urn("b")]);
    expect(edges({ preview })).toEqual([]);
    expect(readPlanned({ preview }).unseen.join()).toContain("--save-plan tells it");
  });

  test("alone is not enough", () => {
    expect(() => readPlanned({ plan: planFile({}) })).toThrow("the state beside it is needed");
    expect(() => readPlanned({ plan: "{}", state: exported([]) })).toThrow("no manifest");
  });
});

describe("the state", () => {
  test("leaves out what is not there, and marks what is to go", () => {
    const { resources } = parseState(
      exported([
        group("external", 80, { external: true }),
        group("deleted", 80, { pendingReplacement: true }),
        group("leaving", 80, { delete: true }),
      ]),
    );
    expect(resources).toMatchObject([{ urn: urn("leaving"), pendingDelete: true }]);
  });

  test("secrets are unwrapped where they are shown, and unknown where they are not", () => {
    const state = (secret: object) => exported([there("a", { key: { [SIGNATURE]: SECRET, ...secret } })]);
    const { resources } = parseState(state({ plaintext: '{"a":["x"]}' }), true);
    expect(resources[0]?.inputs.key).toEqual({ a: ["x"] });
    const sealed = parseState(state({ ciphertext: "v1:…" }), true);
    expect([sealed.resources[0]?.inputs.key, sealed.sealed]).toEqual([UNKNOWN, 1]);
  });

  test.each<[string, string, string]>([
    ["no JSON", "error: no stack", "no whole JSON text"],
    ["cut", exported([group("a")]).slice(0, 80), "no whole JSON text"],
    ["of another version", '{"version": 2, "deployment": {}}', "version 2; known are 3 and 4"],
    ["no state at all", '{"steps": []}', "version undefined"],
    ["of a newer engine", '{"version": 4, "features": ["time-travel"], "deployment": {}}', "time-travel"],
    ["with an odd URN", exported([{ ...group("a"), urn: "a" }]), "no URN of a resource"],
    [
      "with an operation that is not known",
      exported([], { pending_operations: [{ type: "x", resource: group("a") }] }),
      "pending_operations.0.type",
    ],
  ])("that is %s is told", (_, text, expected) => {
    expect(() => parseState(text)).toThrow(Unreadable);
    expect(() => parseState(text)).toThrow(expected);
  });

  test("an empty stack has none", () => {
    expect(parseState('{"version": 3, "deployment": null}').resources).toEqual([]);
  });

  test("50,000 resources are read in a few seconds", () => {
    const many = exported(Array.from({ length: 50_000 }, (_, i) => group(`g${i}`)));
    const began = Date.now();
    expect(parseState(many).resources).toHaveLength(50_000);
    expect(Date.now() - began).toBeLessThan(10_000);
  });

  test("a URN may have odd characters in its name", () => {
    const { resources } = parseState(exported([there("a::b $c/ü")]));
    expect(resources).toHaveLength(1);
  });
});

describe("a preview that cannot be judged", () => {
  const steps = [...replace(group("a"), { port: 81 }, ["port"], "create"), same(group("b"))];
  const [events, doc] = [stream(steps), document(steps)];

  test.each<[string, string, string]>([
    ["nothing", "\n", "nothing was read"],
    ["a stream without its end", events.split("\n").slice(0, 3).join("\n"), "no result"],
    ["a document without its end", doc.slice(0, -40), "cut off"],
    ["a line without its end", events.slice(0, 300), "no whole event"],
    ["two previews", events + events, "more than one preview"],
    ["an update", stream(steps, { isPreview: false }), "of an update"],
    ["a failed preview", stream(steps, { result: "failed" }), "the preview failed"],
    ["a kind of event that is not known", `{"sequence":1,"timeTravelEvent":{}}\n${events}`, "timeTravelEvent"],
    ["an operation that is not known", stream([{ op: "teleport", urn: urn("a") }]), "metadata.op"],
    [
      "a document of a failed preview",
      document(steps, { diagnostics: [{ severity: "error", message: "boom\nat x" }] }),
      "boom",
    ],
    ["a document without its summary", document(steps, { changeSummary: undefined }), "no summary"],
    [
      "a document that lacks steps",
      document(steps, { changeSummary: { replace: 1, delete: 1, same: 1 } }),
      "1 to delete, and 0",
    ],
    [
      "a document that leaves out what is unchanged",
      document(steps, { changeSummary: { replace: 1, same: 9 } }),
      "--show-sames",
    ],
    ["something else", "[1, 2]", "event 1"],
  ])("%s", (_, preview, expected) => {
    expect(() => readPlanned({ preview })).toThrow(Unreadable);
    expect(() => readPlanned({ preview })).toThrow(expected);
  });

  test("cut at any place", () => {
    for (const text of [events, doc]) {
      for (let at = 0; at < text.trimEnd().length; at += 37) {
        const kept = text.slice(0, at);
        // All that is left out is the last event, which says nothing more.
        if (text === events && kept.includes("summaryEvent") && kept.endsWith("}\n")) continue;
        expect(() => readPlanned({ preview: kept }), `cut at ${at}`).toThrow(Unreadable);
      }
    }
  });

  test("a document without the steps of replacements still tells their order, and says what it does not show", () => {
    const short = replace(group("a"), { port: 81 }, ["port"], "delete").filter(({ op }) => op === "replace");
    const { changes, unseen } = readPlanned({ preview: document(short) });
    expect(lines({ changes })).toEqual(["replace a, deleted first, for port"]);
    expect(unseen.join()).toContain("what an earlier update left to delete");
  });
});

test("a list of events, as the Automation API hands them out, is a stream", () => {
  const events = stream([create(asked("a"))])
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines(readPlanned({ preview: JSON.stringify(events) }))).toEqual(["create a"]);
});
