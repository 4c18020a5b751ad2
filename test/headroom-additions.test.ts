import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Addition, gapsOf } from "../cli/headroom/addition";
import { additionsOf } from "../cli/headroom/additions";
import { addressProblems, addressRooms } from "../cli/headroom/addresses";
import { settingsFor } from "../cli/headroom/asked-where";
import { growth } from "../cli/headroom/growth";
import { isPlaced } from "../cli/headroom/places";
import { vcpuProblem, vcpusAdded } from "../cli/headroom/vcpus";
import type { LiveSubnet } from "../live/subnets";
import { plannedChanges, type Resource, UNKNOWN } from "../traffic";
import { changed, ours, resource } from "./resources";

const SUBNETS = ["subnet-a", "subnet-b"];
const task = (inputs: object = {}) =>
  resource("shop-task", "aws:ecs/taskDefinition:TaskDefinition", {
    cpu: "512",
    requiresCompatibilities: ["FARGATE"],
    ...inputs,
  });
const service = (inputs: object = {}, name = "shop") =>
  resource(name, "aws:ecs/service:Service", {
    launchType: "FARGATE",
    desiredCount: 4,
    taskDefinition: "arn:shop-task",
    networkConfiguration: { subnets: SUBNETS },
    ...inputs,
  });
const group = (inputs: object = {}) =>
  resource("shop", "aws:autoscaling/group:Group", {
    desiredCapacity: 4,
    minSize: 2,
    launchTemplate: { id: "lt-1", version: "1" },
    vpcZoneIdentifiers: SUBNETS,
    ...inputs,
  });
const NEW = { taskDefinition: "arn:shop-task:2" };
const NEXT = { launchTemplate: { id: "lt-1", version: "2" } };

function added(prior: Resource[], desired: Resource[]): Addition[] {
  return additionsOf(plannedChanges(prior, desired), desired);
}

/** How many are added; none where nothing is, undefined where that is not known. */
function count(prior: Resource[], desired: Resource[]): number | "none" | undefined {
  const [one] = added(prior, desired);
  return one ? one.count : "none";
}

describe("the tasks that an update adds", () => {
  test.each<[string, object | undefined, object, number | "none" | undefined]>([
    ["a new service: all of its own", undefined, {}, 4],
    ["a new service without a number: none", undefined, { desiredCount: undefined }, "none"],
    ["a new service whose number is not known", undefined, { desiredCount: UNKNOWN }, undefined],
    ["one for each instance", undefined, { schedulingStrategy: "DAEMON" }, undefined],
    ["tags: none", {}, { tags: { a: "b" } }, "none"],
    ["scaled out: the difference", {}, { desiredCount: 6 }, 2],
    ["scaled in: none", {}, { desiredCount: 2 }, "none"],
    ["to a number that is not known", {}, { desiredCount: UNKNOWN }, undefined],
    ["a deployment: a second set, by default", {}, NEW, 4],
    ["a deployment of what is not known yet", {}, { taskDefinition: UNKNOWN }, 4],
    ["a deployment by 150 %, rounded down", { desiredCount: 3 }, { ...NEW, deploymentMaximumPercent: 150 }, 1],
    ["a deployment by 100 %: one goes before another comes", {}, { ...NEW, deploymentMaximumPercent: 100 }, "none"],
    ["a deployment by 400 %: never more than a second set", {}, { ...NEW, deploymentMaximumPercent: 400 }, 4],
    ["a deployment by a percentage that is not known", {}, { ...NEW, deploymentMaximumPercent: UNKNOWN }, undefined],
    ["a deployment of another strategy", {}, { ...NEW, deploymentConfiguration: { strategy: "BLUE_GREEN" } }, 4],
    ["a deployment that scales out", {}, { ...NEW, desiredCount: 6 }, 6],
    ["a deployment that scales in", {}, { ...NEW, desiredCount: 1 }, "none"],
    ["a forced deployment", {}, { forceNewDeployment: true, tags: { a: "b" } }, 4],
    ["another controller's deployment", {}, { ...NEW, deploymentController: { type: "CODE_DEPLOY" } }, undefined],
  ])("%s", (_, before, after, expected) => {
    const prior = before ? [service(before)] : [];
    const desired = before ? changed(service(before), after) : service(after);
    expect(count([task(), ...prior], [task(), desired])).toBe(expected);
  });

  test("an autoscaler's number is what is exchanged", () => {
    const before = service();
    before.outputs.desiredCount = 10;
    expect(count([before], [changed(before, NEW)])).toBe(10);
    expect(count([before], [changed(before, { tags: { a: "b" } })])).toBe("none");
  });

  test("a replacement runs whole beside the old one, unless that goes first", () => {
    const before = service();
    const after = changed(before, { launchType: "FARGATE", cluster: "other" });
    const because = [{ property: "cluster", before: undefined, after: "other" }];
    const replaced = (deletedFirst: boolean) =>
      additionsOf([{ kind: "replace", before, after, because, deletedFirst }], [task(), after]);
    expect(replaced(false)[0]?.count).toBe(4);
    expect(replaced(true)).toEqual([]);
  });

  test.each<[string, object, Addition["subnets"]]>([
    ["in its subnets", {}, SUBNETS],
    ["in subnets that are not known", { networkConfiguration: { subnets: ["subnet-a", UNKNOWN] } }, undefined],
    ["in a network that is not known", { networkConfiguration: UNKNOWN }, undefined],
    ["at the addresses of its instances", { networkConfiguration: undefined, launchType: "EC2" }, []],
  ])("take addresses %s", (_, inputs, expected) => {
    expect(added([], [task(), service(inputs)])[0]?.subnets).toEqual(expected);
  });

  const provider = (capacityProvider: unknown, weight: number, base?: number) => ({ capacityProvider, weight, base });
  test.each<[string, object, object, Addition["vcpus"]]>([
    ["On-Demand", {}, {}, { FARGATE: 2 }],
    ["as vCPUs are written", {}, { cpu: ".25 vCPU" }, { FARGATE: 1 }],
    ["of a size that is not known", {}, { cpu: UNKNOWN }, undefined],
    ["of another stack's task definition", { taskDefinition: "arn:elsewhere" }, {}, undefined],
    ["on instances", { launchType: "EC2" }, {}, {}],
    ["by the cluster's default", { launchType: undefined }, {}, undefined],
    ["of a task that Fargate cannot run", { launchType: undefined }, { requiresCompatibilities: ["EC2"] }, {}],
    ["Spot", { capacityProviderStrategies: [provider("FARGATE_SPOT", 1)] }, {}, { FARGATE_SPOT: 2 }],
    [
      "one On-Demand and the rest by weight, rounded up",
      { capacityProviderStrategies: [provider("FARGATE", 1, 1), provider("FARGATE_SPOT", 1)] },
      {},
      { FARGATE: 1.5, FARGATE_SPOT: 1 },
    ],
    ["by a provider of instances", { capacityProviderStrategies: [provider("own", 1)] }, {}, {}],
    ["by a provider that is not known", { capacityProviderStrategies: [provider(UNKNOWN, 1)] }, {}, undefined],
  ])("take vCPUs %s", (_, inputs, size, expected) => {
    expect(added([], [task(size), service(inputs)])[0]?.vcpus).toEqual(expected);
  });

  test("a revision that is yet to be made is found by what the service hangs on", () => {
    const after = service({ taskDefinition: UNKNOWN });
    after.propertyDependencies = { taskDefinition: [task().urn] };
    expect(added([service()], [task({ cpu: "1024" }), after])[0]?.vcpus).toEqual({ FARGATE: 4 });
  });

  test("what is not known is said, and once", () => {
    const [nothing] = added([], [task(), service({ desiredCount: UNKNOWN, networkConfiguration: UNKNOWN })]);
    const [rest] = added([], [service({ networkConfiguration: UNKNOWN })]);
    expect(nothing && gapsOf(nothing)).toEqual(['how many tasks of "shop" the update adds is not known before it']);
    expect(rest && gapsOf(rest)).toEqual([
      'in which subnets the tasks of "shop" take addresses is not known before the update',
      'how many vCPUs of Fargate the tasks of "shop" take cannot be told from this stack',
    ]);
  });
});

describe("the instances that an update adds", () => {
  const policy = (minHealthyPercentage: number, maxHealthyPercentage: number) => ({
    instanceMaintenancePolicy: { minHealthyPercentage, maxHealthyPercentage },
  });
  const refreshed = { ...NEXT, instanceRefresh: { strategy: "Rolling" } };
  test.each<[string, object | undefined, object, number | "none" | undefined]>([
    ["a new group: its capacity", undefined, {}, 4],
    ["a new group without one: its least", undefined, { desiredCapacity: undefined }, 2],
    ["a capacity that is not known", undefined, { desiredCapacity: UNKNOWN }, undefined],
    ["scaled out: the difference", {}, { desiredCapacity: 7 }, 3],
    ["a least above what runs", { desiredCapacity: undefined, minSize: 4 }, { minSize: 5 }, 1],
    ["a new template without a refresh: none", {}, NEXT, "none"],
    ["a refresh that ends one as it launches another", {}, refreshed, "none"],
    ["a refresh up to 150 %", {}, { ...refreshed, ...policy(100, 150) }, 2],
    ["a refresh that cannot hold both bounds: one more", {}, { ...refreshed, ...policy(100, 100) }, 1],
    [
      "a refresh with its own bounds",
      {},
      { ...NEXT, instanceRefresh: { preferences: { maxHealthyPercentage: 200 } } },
      4,
    ],
    ["a refresh and tags only: none", { instanceRefresh: {} }, { instanceRefresh: {}, tags: [{ key: "a" }] }, "none"],
  ])("%s", (_, before, after, expected) => {
    const prior = before ? [group(before)] : [];
    expect(count(prior, [before ? changed(group(before), after) : group(after)])).toBe(expected);
  });

  test("one of ours is exchanged by a refresh of our own", () => {
    const [home, mine] = ours("AutoScalingEnvironment", group(policy(100, 200)));
    expect(count([home, mine], [home, changed(mine, NEXT)])).toBe(4);
  });
});

describe("room for addresses", () => {
  const subnet = (id: string, free: number | undefined, zone = id): LiveSubnet => ({ id, zone, free });
  const placed = (counts: Record<string, [number, string[]]>) =>
    Object.entries(counts)
      .flatMap(([name, [desiredCount, subnets]]) =>
        added([], [task(), service({ desiredCount, networkConfiguration: { subnets } }, name)]),
      )
      .filter(isPlaced);

  test.each<[string, Record<string, [number, string[]]>, LiveSubnet[], string[]]>([
    ["enough", { shop: [4, SUBNETS] }, [subnet("subnet-a", 2), subnet("subnet-b", 2)], []],
    ["too little in all", { shop: [4, SUBNETS] }, [subnet("subnet-a", 2), subnet("subnet-b", 1)], ["refused"]],
    [
      "too little for an even share",
      { shop: [4, SUBNETS] },
      [subnet("subnet-a", 9), subnet("subnet-b", 1)],
      ["advice"],
    ],
    [
      "two subnets of a zone share its half",
      { shop: [4, [...SUBNETS, "subnet-c"]] },
      [subnet("subnet-a", 2), subnet("subnet-b", 1, "z"), subnet("subnet-c", 1, "z")],
      [],
    ],
    [
      "two services of the same subnets",
      { shop: [3, SUBNETS], workers: [2, SUBNETS] },
      [subnet("subnet-a", 2), subnet("subnet-b", 2)],
      ["refused"],
    ],
    [
      "two that overlap, of which each alone has room",
      { shop: [3, SUBNETS], workers: [3, ["subnet-b", "subnet-c"]] },
      [subnet("subnet-a", 0), subnet("subnet-b", 4), subnet("subnet-c", 0)],
      ["refused"],
    ],
    ["none of IPv4 beside IPv6", { shop: [4, SUBNETS] }, [subnet("subnet-a", undefined), subnet("subnet-b", 9)], []],
  ])("%s", (_, counts, live, expected) => {
    const problems = addressProblems(placed(counts), live);
    expect(problems.map(({ advisory }) => (advisory ? "advice" : "refused"))).toEqual(expected);
  });

  test("a refusal says what, where, why and what to do", () => {
    const live = [subnet("subnet-a", 1), subnet("subnet-b", 0)];
    const additions = placed({ shop: [4, SUBNETS] });
    expect(addressProblems(additions, live)).toEqual([
      {
        urn: service().urn,
        what: '"shop" would take 4 addresses more in subnet-a, subnet-b, and 1 is free there.',
        why: expect.stringContaining("tasks stay in PROVISIONING"),
        instead: expect.stringMatching(/subnet more, or its VPC a CIDR block more; free 3; or release when less runs/),
      },
    ]);
    expect(addressRooms(additions, live)).toEqual([{ subnets: SUBNETS, added: 4, free: 1 }]);
  });
});

describe("room for vCPUs", () => {
  const additions = added([], [task(), service()]);
  const room = (limit: number, used?: number) => ({
    kind: "FARGATE" as const,
    quota: "L-3032A538",
    added: vcpusAdded(additions, "FARGATE"),
    limit,
    used,
  });
  test.each<[string, number, number | undefined, string | undefined]>([
    ["just enough", 6, 4, undefined],
    ["a quarter too little", 6, 4.25, "2 vCPUs more, with 4.25 in use of 6 that the quota"],
    ["more than the quota has in all", 1, undefined, "2 vCPUs more, with 1 that the quota"],
    ["of a use that is not known", 6, undefined, undefined],
  ])("%s", (_, limit, used, expected) => {
    const problem = vcpuProblem(room(limit, used), additions);
    expect(problem?.what).toEqual(expected === undefined ? undefined : expect.stringContaining(expected));
    if (problem) expect(problem.instead).toContain("by the code L-3032A538 of the service fargate");
  });
});

test("more tasks never need less room, and a deployment never less than none", () => {
  const number = fc.integer({ min: 0, max: 50 });
  const percent = fc.integer({ min: 0, max: 500 });
  fc.assert(
    fc.property(number, number, number, percent, (had, wanted, more, by) => {
      const most = (count: number) => Math.floor((count * by) / 100);
      const few = growth({ had, wanted, most: most(wanted) });
      const many = growth({ had, wanted: wanted + more, most: most(wanted + more) });
      expect(many).toBeGreaterThanOrEqual(few);
      expect(few).toBeGreaterThanOrEqual(growth({ had, wanted }));
      expect(few).toBeLessThanOrEqual(wanted);
    }),
  );
  const vcpus = (desiredCount: number, base: number, weight: number) => {
    const strategies = [
      { capacityProvider: "FARGATE", base, weight: 1 },
      { capacityProvider: "FARGATE_SPOT", weight },
    ];
    const all = added([], [task(), service({ desiredCount, capacityProviderStrategies: strategies })]);
    return vcpusAdded(all, "FARGATE") + vcpusAdded(all, "FARGATE_SPOT");
  };
  fc.assert(
    fc.property(number, number, number, fc.integer({ min: 0, max: 9 }), (tasks, more, base, weight) => {
      expect(vcpus(tasks + more, base, weight)).toBeGreaterThanOrEqual(vcpus(tasks, base, weight));
      expect(vcpus(tasks, base, weight)).toBeGreaterThanOrEqual(tasks / 2);
    }),
  );
});

test("where a few tasks find no room, more find none either", () => {
  const number = fc.integer({ min: 0, max: 20 });
  const isRefused = (desiredCount: number, free: readonly number[]) => {
    const live = free.map((count, i) => ({ id: `subnet-${i}`, zone: `zone-${i % 2}`, free: count }));
    const networkConfiguration = { subnets: live.map(({ id }) => id) };
    const additions = added([], [task(), service({ desiredCount, networkConfiguration })]).filter(isPlaced);
    return addressProblems(additions, live).some(({ advisory }) => !advisory);
  };
  fc.assert(
    fc.property(number, number, fc.array(number, { minLength: 1, maxLength: 4 }), (tasks, more, free) => {
      expect(isRefused(tasks, free)).toBe(tasks > free.reduce((sum, count) => sum + count, 0));
      if (isRefused(tasks, free)) expect(isRefused(tasks + more, free)).toBe(true);
    }),
  );
});

test("AWS is asked as the resource's provider would", () => {
  const config = { "aws:region": "eu-central-1", "aws:profile": "shop" };
  const own = resource("west", "pulumi:providers:aws", { region: "us-west-2" });
  const by = (more: Partial<Resource>, inputs: object = {}) =>
    settingsFor({ ...service(inputs), ...more }, [own], config);
  expect(by({})).toEqual({ region: "eu-central-1", profile: "shop" });
  expect(by({ provider: "urn:pulumi:dev::test::pulumi:providers:aws::default_7_48_0" })).toEqual(by({}));
  expect(by({ provider: own.urn })).toEqual({ region: "us-west-2" });
  expect(by({}, { region: "eu-west-1" })).toEqual({ region: "eu-west-1", profile: "shop" });
});
