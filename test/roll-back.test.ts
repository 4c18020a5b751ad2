import { describe, expect, test } from "vitest";
import { CandidateMeter } from "../load/candidate-meter";
import type { Outcome } from "../load/load-client";
import type { Planned } from "../load/load-mix";
import { type RollBack, rollBackLines, rollBackTitle } from "../load/roll-back";

const plain: Planned = { index: 0, what: "page", sticky: undefined, fresh: false };

function answer(version: string, verdict: Outcome["verdict"] = "served"): Outcome {
  return { trace: "1-0-0", address: "", verdict, ms: 5, headers: {}, environment: version };
}

function meterAt(clock: { ms: number }): CandidateMeter {
  return new CandidateMeter("v3", () => clock.ms);
}

describe("what a candidate did to the users", () => {
  test("is counted from its first request to its last, by kind of client", () => {
    const clock = { ms: 0 };
    const meter = meterAt(clock);
    const send = (index: number, sticky: number | undefined, outcome: Outcome) => {
      clock.ms = index * 10 + 5;
      meter.sent({ ...plain, index, sticky }, index * 10)(outcome);
    };
    send(0, undefined, answer("v1", "serverError")); // another version's error is not the candidate's
    send(10, undefined, answer("v3"));
    send(20, 7, answer("v3", "serverError"));
    send(30, 7, answer("v3", "serverError"));
    send(40, 8, answer("v3"));
    send(50, undefined, answer("v3", "serverError"));
    send(60, undefined, answer("v1"));
    send(70, undefined, { ...answer("v3"), verdict: { lost: "502" }, environment: undefined }); // nobody can tell whose it was
    expect(meter.result()).toEqual({
      requests: 41,
      answers: 5,
      errors: 3,
      firstErrorAtMs: 205,
      sticky: { clients: 200, sawError: 1, lastAtMs: 400 },
      plain: { sawError: 1, lastAtMs: 500 },
    });
  });

  test("is nothing when it answers nothing", () => {
    expect(meterAt({ ms: 0 }).result()).toMatchObject({ requests: 0, answers: 0, errors: 0, firstErrorAtMs: null });
  });

  test("is compared with stable second by second, anew at each stage", () => {
    const clock = { ms: 100 };
    const meter = meterAt(clock);
    const count = (requests: number, version: string, verdict: Outcome["verdict"]) => {
      for (let i = 0; i < requests; i++) meter.sent(plain, 0)(answer(version, verdict));
    };
    count(2, "v3", "serverError");
    count(3, "v3", "served");
    count(30, "v1", "served");
    expect(meter.bySecond()).toEqual([]); // more of this second may come
    clock.ms = 3500;
    count(1, "v3", { lost: "timeout" });
    count(4, "v1", "serverError");
    meter.sent(plain, 0)({ ...answer("v3"), verdict: { lost: "502" }, environment: undefined });
    const first = { startMs: 0, candidate: { bad: 2, all: 5 }, stable: { bad: 0, all: 30 } };
    expect(meter.bySecond()).toEqual([first]);
    clock.ms = 4000;
    const second = { startMs: 3000, candidate: { bad: 1, all: 1 }, stable: { bad: 4, all: 4 } };
    expect(meter.bySecond()).toEqual([first, second]);
    meter.judgeAnew();
    clock.ms = 5000;
    expect(meter.bySecond()).toEqual([]);
    expect(meter.result().errors).toBe(2);
  });
});

describe("a roll back is told", () => {
  const did = {
    requests: 2000,
    answers: 100,
    errors: 20,
    firstErrorAtMs: 1000,
    sticky: { clients: 200, sawError: 2, lastAtMs: 9000 },
    plain: { sawError: 11, lastAtMs: 11_500 },
  };
  const noticed: RollBack = {
    cause: "errors",
    what: "v3 answers 20 % of its requests with an error",
    stage: "canary-5",
    candidate: "v3",
    evidence: "20 % were errors",
    beganAtMs: 1000,
    noticedAtMs: 4000,
    did,
  };
  const cases: [string, RollBack, string, string[]][] = [
    [
      "after errors",
      noticed,
      "rolled back at canary-5: v3 answers 20 % of its requests with an error",
      [
        "noticed 3.0 s after the first error: 20 % were errors",
        "its last request after the first error: 10.5 s for plain clients, 8.0 s for sticky clients",
        "20 errors in the 2000 requests from its first to its last (1.00 %), seen by 2 of 200 sticky clients and 11 plain ones",
      ],
    ],
    [
      "by decision, without a sticky client",
      {
        ...noticed,
        cause: "decision",
        what: "back",
        did: { ...did, errors: 0, sticky: { ...did.sticky, lastAtMs: null } },
      },
      "back",
      [
        "its last request after the edit: 10.5 s for plain clients, none of a sticky client",
        "0 errors in the 2000 requests from its first to its last (0.00 %)",
      ],
    ],
    [
      "when its update fails",
      { ...noticed, cause: "update", did: { ...did, answers: 0 } },
      "stopped before it had weight: v3 answers 20 % of its requests with an error",
      ["failed after 3.0 s: 20 % were errors", "requests that it answered: 0"],
    ],
  ];
  test.each(cases)("%s", (_, rollBack, title, lines) => {
    expect(rollBackTitle(rollBack)).toBe(title);
    expect(rollBackLines(rollBack)).toEqual(lines);
  });
});
