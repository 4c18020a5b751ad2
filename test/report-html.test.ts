import { describe, expect, test } from "vitest";
import { CandidateMeter } from "../load/candidate-meter";
import type { DnsReport } from "../load/dns-report";
import type { Fault } from "../load/fault";
import { html } from "../load/html";
import type { Outcome } from "../load/load-client";
import type { Planned } from "../load/load-mix";
import { closingTable, type Report, refusalLabel } from "../load/report";
import { reportHtml } from "../load/report-html";
import type { RollBack } from "../load/roll-back";
import { type Second, TimelineMeter } from "../load/timeline";
import { binsOf } from "../load/timeline-bins";

describe("the page", () => {
  const hostile = `</title></style><script>alert(1)</script>"' onload='x' &amp; <img src=x>`;
  const refused = { change: "another port for green", policy: "serving-replacement", message: "It serves.\nMake it …" };
  const rollBack: RollBack = {
    cause: "errors",
    what: "v3 fails",
    stage: "canary-5",
    candidate: "v3",
    evidence: "seen",
    beganAtMs: 1000,
    noticedAtMs: 4000,
    did: new CandidateMeter("v3", () => 0).result(),
  };
  const fault: Fault = {
    name: "crashed",
    requests: 3,
    environment: "green",
    seen: "it ended",
    why: "so",
    remedy: "look",
  };
  const dns: DnsReport = {
    kinds: [
      { kind: "ttl", resolvers: 30, lookUps: 1234, requests: 5000, lost: 0 },
      { kind: "pool", resolvers: 10, lookUps: 20, requests: 2500, lost: 7 },
    ],
    notTried: [{ kind: "dig", reason: "there is none" }],
    tails: [
      {
        version: "v1",
        stage: "full",
        holdSeconds: 18.67,
        kinds: [
          { kind: "ttl", seconds: 4.9 },
          { kind: "pool", seconds: null },
        ],
      },
    ],
  };
  const stage = { ...stageRow(), stage: "canary-5", weight: 5, candidate: "v2", atMs: 2000 };

  const cases: [name: string, report: Report, has: (string | RegExp)[], hasNot?: (string | RegExp)[]][] = [
    ["no data", reportOf([]), ["0 of 0 requests lost", 'class="good"', "of nothing over 1 seconds"]],
    ["one request", reportOf([answered(1)]), ["0 of 1 requests lost", 'd="M40 ', ">none<"]],
    [
      "one loss among an hour's requests",
      reportOf(Array.from({ length: 3600 }, (_, second) => ({ ...answered(300), lost: second === 1800 ? 1 : 0 }))),
      ["1 of 1,080,001 requests lost", 'class="bad"', '<g class="lost"><path d="M', '<strong class="bad">1</strong>'],
      ['<g class="serverErrors">'],
    ],
    [
      "one 5xx of the service's own",
      reportOf([answered(100), answered(100, 1)]),
      ['<g class="serverErrors"><path d="M', 'class="warn"'],
      ['<g class="lost">'],
    ],
    [
      "stages, a refusal and its mark",
      {
        ...reportOf([answered(100), answered(100), both(95, 5)], [stageRow(), stage]),
        refused: [refused],
        timeline: {
          seconds: [answered(100), answered(100), both(95, 5)].map((second, i) => ({ ...second, second: i })),
          marks: [
            { atMs: 500, label: "noticed" },
            { atMs: 900, label: refusalLabel(refused) },
          ],
        },
      },
      ["candidate from 2 s", '<span class="flag">2</span>another port for green', "<pre>It serves.\nMake it …</pre>"],
    ],
    [
      "a roll back",
      { ...reportOf([answered(100)]), rollBacks: [rollBack] },
      ["<h2>Rolled back</h2>", "rolled back at canary-5: v3 fails", "<p>noticed 3.0 s after the first error: seen</p>"],
    ],
    [
      "a fault",
      { ...reportOf([answered(100)]), faults: [fault] },
      ["<h3>3 lost by crashed of green</h3>", "<p>It ended.</p>", "<p>To do: Look.</p>"],
      ["Rolled back"],
    ],
    [
      "a DNS route",
      { ...reportOf([answered(100)]), dns },
      [
        "<h2>Users of the DNS route</h2>",
        '<th scope="col">on v1 after full</th>',
        '<th scope="row">caches that keep to the TTL</th><td>30</td><td>1,234</td><td>5,000</td><td>0</td><td>4.9 s</td>',
        '<th scope="row">pools that keep their connections</th><td>10</td><td>20</td><td>2,500</td><td><strong class="bad">7</strong></td><td>none</td>',
        '<th scope="row">the hold time</th><td></td><td></td><td></td><td></td><td>18.7 s</td>',
        "not tried: dig: there is none",
      ],
      ["the system&#39;s resolver"],
    ],
    [
      "hostile text in every field",
      {
        ...reportOf(
          [{ second: 0, environments: { [hostile]: { requests: 1, p99Ms: 1, serverErrors: 0 } }, lost: 0 }],
          [{ ...stageRow(), stage: hostile, candidate: hostile }],
        ),
        refused: [{ change: hostile, policy: hostile, message: hostile }],
        faults: [{ ...fault, seen: hostile, why: hostile, remedy: hostile, environment: hostile }],
        rollBacks: [{ ...rollBack, what: hostile, stage: hostile, evidence: hostile }],
        dns: {
          ...dns,
          notTried: [{ kind: "dig", reason: hostile }],
          tails: [{ version: hostile, stage: hostile, holdSeconds: 1, kinds: [] }],
        },
        engine: hostile,
      },
      ["&#60;script&#62;alert(1)"],
      ["alert(1)</", "onload='", /<\/style>(?!\n<\/head>)/],
    ],
    ["a mark after the end", withMark(99_000), [/<circle cx="990" /]],
  ];

  test("of a DNS route is in words at the terminal too", () => {
    const text = closingTable({ ...reportOf([answered(1)]), dns });
    const [header = "", ttl, pool, hold, dig] = text.slice(text.indexOf("users by")).split("\n");
    const cells = (line = "") => line.split(/ {2,}/);
    expect(cells(header)).toEqual(["users by", "resolvers", "look-ups", "requests", "lost", "on v1 after full"]);
    expect(cells(ttl)).toEqual(["caches that keep to the TTL", "30", "1,234", "5,000", "0", "4.9 s"]);
    expect(cells(pool)).toEqual(["pools that keep their connections", "10", "20", "2,500", "7", "none"]);
    expect(cells(hold)).toEqual(["the hold time", "18.7 s"]);
    expect(dig).toBe("not tried: dig: there is none");
    expect(closingTable(reportOf([answered(1)]))).not.toContain("users by");
  });

  test("of a service with a database says what became of its messages, and what of that must not be", () => {
    const well = { total: 9, missing: 0, early: 0, late: 0, twice: 0, left: 0, settledTwice: 0 };
    const messages = { ...well, takenBy: { v1: 7, v2: 2 }, runs: { v1: 1 } };
    const told = (wrong: Partial<typeof messages>) => {
      const report = { ...reportOf([answered(1)]), messages: { ...messages, ...wrong } };
      return { text: closingTable(report), page: reportHtml(report) };
    };
    expect(told({}).text).toContain("messages: 9, taken 7 by v1, 2 by v2: 0 missing");
    expect(told({}).page).toMatch(/<dt>Messages wrong<\/dt><dd>0</);
    for (const of of ["missing", "early", "late", "twice", "left", "settledTwice"] as const) {
      const { page } = told({ [of]: 3 });
      expect(page).toMatch(/class="bad"><dt>Messages wrong<\/dt><dd>3</);
    }
  });

  test.each(cases)("%s", (_, report, has, hasNot = []) => {
    const page = reportHtml(report);
    for (const text of has) expect(page).toMatch(text);
    for (const text of hasNot) expect(page).not.toMatch(text);
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/);
    expect(balanced(page)).toEqual([]);
    // It asks for nothing from elsewhere, and would not be let.
    expect(page).not.toMatch(/https?:|\/\/|url\(|@import|<(link|script|iframe|img)|<[^>]*\s(src|href|on\w+)=/i);
    expect(page).toContain("default-src 'none'");
  });

  function withMark(atMs: number): Report {
    const report = reportOf([answered(1)]);
    return { ...report, timeline: { ...report.timeline, marks: [{ atMs, label: hostile }] } };
  }
});

test("text is escaped wherever it is put in, and control characters are taken out", () => {
  const text = `<b a="1" b='2'>&\0\x1b`;
  const escaped = "&#60;b a=&#34;1&#34; b=&#39;2&#39;&#62;&#38;\ufffd\ufffd";
  expect(html`<i title="${text}">${[text, html`<b>${text}</b>`]}${3}</i>`.source).toBe(
    `<i title="${escaped}">${escaped}<b>${escaped}</b>3</i>`,
  );
});

test("bins sum what is counted, take the highest p99, and leave a part of a second out of the rates", () => {
  const seconds = [both(90, 10), { ...answered(100, 2), lost: 3 }, both(50, 50), answered(7)];
  const bins = binsOf({ seconds: seconds.map((each, second) => ({ ...each, second })), marks: [] }, 2);
  expect(bins.map(({ from, to, lost, serverErrors }) => [from, to, lost, serverErrors])).toEqual([
    [0, 2, 3, 2],
    [2, 4, 0, 0],
  ]);
  expect(bins.map(({ environments }) => Object.fromEntries(environments))).toEqual([
    {
      v1: { requests: 190, perSecond: 95, p99Ms: 5, serverErrors: 2 },
      v2: { requests: 10, perSecond: 5, p99Ms: 9, serverErrors: 0 },
    },
    {
      v1: { requests: 57, perSecond: 50, p99Ms: 5, serverErrors: 0 },
      v2: { requests: 50, perSecond: 50, p99Ms: 9, serverErrors: 0 },
    },
  ]);
});

describe("the timeline", () => {
  const page: Planned = { index: 0, what: "page", sticky: undefined, fresh: false };
  const outcome = (verdict: Outcome["verdict"], ms: number, environment?: string): Outcome => {
    return { trace: "", address: "", verdict, ms, headers: {}, environment };
  };
  const served = (by: string | undefined, ms = 5) => outcome("served", ms, by);
  const meterOf = () => new TimelineMeter();

  test("counts a request in the second in which it was sent, also when its answer comes much later", () => {
    const meter = meterOf();
    const first = meter.sent(page, 999);
    const other = meter.sent(page, 0);
    meter.sent(page, 2000)(outcome("serverError", 30, "v2"));
    meter.sent(page, 2999)(outcome({ lost: "timeout" }, 5000));
    first(served("v1", 3000));
    other(served("v1", 1));
    const [zero, one, two, ...none] = meter.result();
    expect(zero).toMatchObject({ second: 0, lost: 0, environments: { v1: { requests: 2, serverErrors: 0 } } });
    expect(Math.abs((zero?.environments.v1?.p99Ms ?? 0) / 3000 - 1)).toBeLessThan(0.01);
    expect(one).toEqual({ second: 1, lost: 0, environments: {} });
    expect(two).toMatchObject({ second: 2, lost: 1, environments: { v2: { requests: 1, serverErrors: 1 } } });
    expect(none).toEqual([]);
  });

  test("leaves what is slow by design out of p99", () => {
    const meter = meterOf();
    meter.sent({ ...page, what: "long" }, 0)(served("v1", 4000));
    meter.sent({ ...page, what: "stream" }, 0)(served("v1", 4000));
    expect(meter.result()).toEqual([
      { second: 0, lost: 0, environments: { v1: { requests: 2, p99Ms: null, serverErrors: 0 } } },
    ]);
  });

  test("is bounded: an hour, and eight names", () => {
    const meter = meterOf();
    for (let i = 0; i < 20; i++) meter.sent(page, 0)(served(i === 0 ? undefined : `v${i}`));
    meter.sent(page, 3_599_999)(served("v1"));
    meter.sent(page, 3_600_000)(served("v1"));
    const seconds = meter.result();
    expect(seconds.length).toBe(3600);
    const names = Object.keys(seconds[0]?.environments ?? {});
    expect(names).toEqual(["unknown", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "other"]);
    expect(seconds[0]?.environments.other?.requests).toBe(12);
  });
});

function answered(requests: number, serverErrors = 0): Second {
  return { second: 0, environments: { v1: { requests, p99Ms: 5, serverErrors } }, lost: 0 };
}

function both(v1: number, v2: number): Second {
  const { environments } = answered(v1);
  return { second: 0, environments: { ...environments, v2: { requests: v2, p99Ms: 9, serverErrors: 0 } }, lost: 0 };
}

function stageRow(): Report["requests"]["byStage"][number] {
  const counts = { total: 1, lost: 0, serverErrors: 0, candidateShare: null, p50Ms: null, p99Ms: null };
  return { stage: "idle", weight: 0, atMs: 0, ...counts };
}

function reportOf(given: Second[], byStage = [stageRow()]): Report {
  const seconds = given.map((each, second) => ({ ...each, second }));
  const answers = seconds.flatMap(({ environments }) => Object.values(environments));
  const lost = seconds.reduce((sum, second) => sum + second.lost, 0);
  const total = answers.reduce((sum, { requests }) => sum + requests, lost);
  const serverErrors = answers.reduce((sum, each) => sum + each.serverErrors, 0);
  const requests = { total, lost, serverErrors, byStage };
  const timeline = { seconds, marks: [] };
  return {
    requests,
    refused: [],
    rollBacks: [],
    faults: [],
    losses: [],
    timeline,
    durationMs: 1000,
    engine: "pulumi v3",
    seed: 1,
  };
}

/** The elements that are opened and not closed, or the other way round. */
function balanced(page: string): string[] {
  const open: string[] = [];
  for (const [, slash, name = "", self] of page.matchAll(/<(\/?)([a-z0-9]+)[^>]*?(\/?)>/gi)) {
    if (self || name === "meta") continue;
    if (!slash) open.push(name);
    else if (open.pop() !== name) return [...open, name];
  }
  return open;
}
