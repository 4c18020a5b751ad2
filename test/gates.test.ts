import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  borneByOne,
  divideAlike,
  judgeDeployment,
  judgeHealth,
  judgeWayBack,
  type LiveRule,
  type LiveService,
  type LiveTarget,
  ledToBy,
  neededTargets,
  raised,
  servesBy,
  shareOf,
  type TargetState,
  type Weights,
} from "../traffic";

/** Targets in the order of their states, one zone after the other: `2a` is two healthy ones in zone a. */
function targets(...given: [state: TargetState, zone?: string, reason?: string][]): LiveTarget[] {
  return given.map(([state, zone, reason], i) => ({ id: `10.0.0.${i}`, port: 8080, zone, state, reason }));
}
const healthy = (...zones: string[]) => targets(...zones.map((zone) => ["healthy", zone] as [TargetState, string]));

describe("whether an environment can carry a share", () => {
  const stable = (...zones: string[]) => [{ targets: healthy(...zones), share: 1 }];
  const ask = (share: number, given: LiveTarget[], others = stable("a", "b", "a", "b")) =>
    judgeHealth({ share, had: 0, targets: given, others });

  test.each([
    ["one for 5 %", 0.05, healthy("a"), "ready"],
    ["none for 5 %", 0.05, [], "waits"],
    ["one for a half", 0.5, healthy("a"), "waits"],
    ["two in two zones for a half", 0.5, healthy("a", "b"), "ready"],
    ["two in one zone for a half", 0.5, healthy("a", "a"), "waits"],
    ["four for all", 1, healthy("a", "b", "a", "b"), "ready"],
    ["three for all", 1, healthy("a", "b", "a"), "waits"],
    ["three of four, one in its first checks", 1, [...healthy("a", "b", "a"), ...targets(["initial", "b"])], "waits"],
    ["targets that nobody checks", 0.05, targets(["unused"], ["unused"]), "unattached"],
    ["instances, of which no zone is told", 0.5, targets(["healthy"], ["healthy"]), "ready"],
  ] as const)("%s", (_, share, given, stands) => {
    expect(ask(share, [...given]).stands).toBe(stands);
  });

  test("the words say how many of how many, why not, and in which zone there is none", () => {
    expect(ask(0.5, [...healthy("a"), ...targets(["unhealthy", "b", "Target.Timeout"])]).words).toBe(
      "1 of 2 targets healthy (1 unhealthy: Target.Timeout)",
    );
    expect(ask(0.5, healthy("a", "a")).words).toBe("2 of 2 targets healthy, in 1 of 2 zones: none in b");
  });

  test("the first of all needs one", () => {
    expect(judgeHealth({ share: 1, had: 0, targets: healthy("a"), others: [] }).stands).toBe("ready");
    expect(judgeHealth({ share: 1, had: 0, targets: [], others: [] }).stands).toBe("waits");
  });

  test("a dead stable makes no raise easier than one healthy target", () => {
    expect(ask(1, [], [{ targets: targets(["unhealthy"]), share: 1 }]).stands).toBe("waits");
    expect(ask(1, healthy("a"), [{ targets: targets(["unhealthy"]), share: 1 }]).stands).toBe("ready");
  });

  test("as many as the busiest bear now are always enough, and one more never makes it worse", () => {
    const zone = fc.constantFrom("a", "b", "c");
    fc.assert(
      fc.property(fc.array(zone, { minLength: 1 }), fc.double({ min: 0.01, max: 1, noNaN: true }), (zones, share) => {
        const others = stable(...zones);
        expect(ask(share, healthy(...zones), others).stands).toBe("ready");
        const few = ask(share, healthy(...zones.slice(1)), others).stands;
        const more = ask(share, healthy(...zones.slice(1), zones[0] ?? "a"), others).stands;
        expect([few, more]).not.toEqual(["ready", "waits"]);
      }),
    );
  });
});

test("what one bears is the busiest's load, or its part in the largest environment", () => {
  expect(borneByOne([])).toBeUndefined();
  expect(borneByOne([{ targets: 0, share: 1 }])).toBeUndefined();
  expect(borneByOne([{ targets: 2, share: 1 }])).toBe(0.5);
  // Stable was scaled in as its weight fell: the half of the requests is what its one target bears now.
  expect(
    borneByOne([
      { targets: 1, share: 0.5 },
      { targets: 4, share: 0.5 },
    ]),
  ).toBe(0.5);
  expect(neededTargets(1, 0.25)).toBe(4);
  expect(neededTargets(0.55, 0.5)).toBe(1);
});

describe("the way back", () => {
  const ask = (given: LiveTarget[]) =>
    judgeWayBack({
      share: 1,
      had: 0.5,
      targets: given,
      others: [{ targets: healthy("a", "b", "c", "d"), share: 0.5 }],
    });

  test.each([
    ["to enough", healthy("a", "b", "c", "d"), "ready"],
    ["to too few", healthy("a"), "few"],
    ["to unhealthy ones, which a balancer asks where no other is", targets(["unhealthy"]), "few"],
    ["to ones in their first checks", targets(["initial"]), "waits"],
    ["to ones that go", targets(["draining"], ["unhealthy.draining"]), "stuck"],
    ["to nobody", [], "stuck"],
    ["to a group that no rule has", targets(["unused"]), "unattached"],
  ] as const)("%s", (_, given, stands) => {
    expect(ask([...given]).stands).toBe(stands);
  });
});

describe("a deployment", () => {
  const wanted = "arn:aws:ecs:eu-1:1:task-definition/shop:7";
  const deployment: LiveService["deployments"][number] = {
    status: "PRIMARY",
    taskDefinition: wanted,
    rolloutState: "COMPLETED",
    rolloutReason: undefined,
    wanted: 2,
    running: 2,
    failed: 0,
  };
  const service = (own: Partial<typeof deployment> = {}, status = "ACTIVE"): LiveService => ({
    name: "shop",
    status,
    wanted: 2,
    running: 2,
    pending: 0,
    deployments: [{ ...deployment, ...own }],
  });

  test.each([
    ["that is done", service(), "ready", /^2 of 2 tasks of shop:7 run$/],
    ["that goes on", service({ rolloutState: "IN_PROGRESS", running: 1 }), "waits", /1 of 2 tasks/],
    [
      "that failed",
      service({ rolloutState: "FAILED", rolloutReason: "tasks failed to start." }),
      "stuck",
      /failed: tasks failed to start$/,
    ],
    [
      "of another revision",
      service({ taskDefinition: wanted.replace(":7", ":6") }),
      "stuck",
      /runs shop:6, and the program asks for shop:7/,
    ],
    ["of a service that is gone", service({}, "INACTIVE"), "stuck", /INACTIVE/],
    ["that another controller rolls", service({ rolloutState: undefined }), "ready", /./],
  ])("%s", (_, given, stands, words) => {
    expect(judgeDeployment(given, wanted)).toEqual({ stands, words: expect.stringMatching(words) });
  });
});

describe("weights", () => {
  const of = (blue: number, green: number): Weights => [
    { arn: "blue", weight: blue },
    { arn: "green", weight: green },
  ];

  test("are compared as shares, however they are written", () => {
    expect(divideAlike(of(95, 5), of(19, 1))).toBe(true);
    expect(divideAlike(of(95, 5), of(100, 0))).toBe(false);
    expect(divideAlike(of(100, 0), [{ arn: "blue", weight: 1 }])).toBe(true);
    expect(divideAlike(of(100, 0), [{ arn: "other", weight: 1 }])).toBe(false);
    expect(shareOf("blue", of(0, 0))).toBe(0);
  });

  test("that rise are one's whose share does, and of a new forward all that have some", () => {
    expect(raised(of(95, 5), of(75, 25))).toEqual(["green"]);
    expect(raised(of(75, 25), of(100, 0))).toEqual(["blue"]);
    expect(raised(of(95, 5), of(190, 10))).toEqual([]);
    expect(raised([], of(100, 0))).toEqual(["blue"]);
  });
});

describe("whether what has no weight is idle", () => {
  const rule = (own: Partial<LiveRule>): LiveRule => ({
    arn: "rule",
    isDefault: false,
    priority: 3,
    isPreview: false,
    sticky: false,
    groups: [
      { arn: "blue", weight: 75 },
      { arn: "green", weight: 25 },
    ],
    ...own,
  });
  const idle = [
    { arn: "blue", weight: 100 },
    { arn: "green", weight: 0 },
  ];

  test.each([
    ["with weight", rule({}), "the rule rule sends it 25 % of its requests"],
    ["without", rule({ groups: idle }), undefined],
    [
      "without, and cookies that outrank it",
      rule({ groups: idle, sticky: true }),
      /keeps the clients whose cookie names it/,
    ],
    ["of a preview", rule({ isPreview: true }), undefined],
    ["that has it not, and cookies", rule({ groups: [{ arn: "blue", weight: 1 }], sticky: true }), undefined],
    [
      "of the listener's default",
      rule({ isDefault: true, groups: [{ arn: "green", weight: 1 }] }),
      /default rule .* 100 %/,
    ],
  ])("by a rule %s", (_, given, why) => {
    if (why === undefined) expect(servesBy(given, "green")).toBeUndefined();
    else expect(servesBy(given, "green")).toMatch(why);
  });

  test("by records: with weight, without, simple, and to another edge", () => {
    const record = (weight: number | undefined, name = "green.elb") => [
      { type: "A", setIdentifier: weight === undefined ? undefined : "green", weight, leadsTo: [name] },
    ];
    expect(ledToBy("shop.test", record(5), ["green.elb"])).toBe(
      'the A record "green" of shop.test leads there and has weight 5',
    );
    expect(ledToBy("shop.test", record(0), ["green.elb"])).toBeUndefined();
    expect(ledToBy("shop.test", record(undefined), ["green.elb"])).toMatch(/is not weighted/);
    expect(ledToBy("shop.test", record(5, "blue.elb"), ["green.elb"])).toBeUndefined();
  });
});
