import { expect, test } from "vitest";
import { interruptions, type PendingOperation, plannedChanges, type Resource } from "../traffic";
import { deployed, type Item, type Program, previewed, Ref, urnOf } from "./small-programs";

const forward = (blue: number, green: number) => [
  {
    type: "forward",
    forward: {
      targetGroups: [
        { arn: new Ref("blue"), weight: blue },
        { arn: new Ref("green"), weight: green },
      ],
      stickiness: { enabled: false },
    },
  },
];
const service = (name: string, group: string, desiredCount = 1): Item => ({
  name,
  kind: "service",
  inputs: { desiredCount, loadBalancers: [{ targetGroupArn: new Ref(group) }], waitForSteadyState: true },
});
/** Blue and green behind a listener, green with tasks. */
const stack = (blue: number, green: number, more: Item[] = []): Program => [
  { name: "lb", kind: "balancer", inputs: { name: "lb" } },
  { name: "blue", kind: "group", inputs: { name: "blue" } },
  { name: "green", kind: "group", inputs: { name: "green" } },
  { name: "web", kind: "listener", inputs: { loadBalancerArn: new Ref("lb"), defaultActions: forward(blue, green) } },
  service("old", "blue"),
  service("new", "green"),
  ...more,
];

/** What a plan loses, each with its reasons. */
function losses(
  before: Program,
  after: Program,
  pending: PendingOperation[] = [],
  change = (r: Resource) => r,
): string[] {
  const prior = deployed(before).map(change);
  const desired = previewed(after, prior);
  return interruptions(prior, desired, plannedChanges(prior, desired), undefined, pending).map(({ why }) =>
    why.join("; "),
  );
}

const is = (name: string, kind: Item["kind"]) => urnOf({ name, kind });
const pending = (does: PendingOperation["does"], program: Program, name: string): PendingOperation => {
  const resource = deployed(program).find(({ urn }) => urn.endsWith(`::${name}`)) as Resource;
  return { does, resource: does === "creating" ? { ...resource, outputs: {} } : resource };
};

test("a raise onto tasks that are there loses nothing", () => {
  expect(losses(stack(100, 0), stack(95, 5))).toEqual([]);
});

test("a deletion that was cut off may have happened: weight onto what it took is refused", () => {
  const found = losses(stack(100, 0), stack(95, 5), [pending("deleting", stack(100, 0), "new")]);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain('an earlier update was stopped while deleting "new", and may have done so');
});

test("an update that was cut off has either form", () => {
  const scaledIn = [...stack(100, 0).slice(0, -1), service("new", "green", 0)];
  const found = losses(stack(100, 0), stack(95, 5), [pending("updating", scaledIn, "new")]);
  // The update is made anew, and nothing makes the listener wait for it.
  expect(found.join()).toContain('while updating "new"');
});

test("a creation that was cut off may have made what now stands in the way", () => {
  const rule = (priority: number): Item => ({
    name: "all",
    kind: "rule",
    inputs: {
      listenerArn: new Ref("web"),
      priority,
      conditions: [{ pathPattern: { values: ["/*"] } }],
      actions: [{ type: "forward", targetGroupArn: new Ref("green") }],
    },
  });
  // Without the rule, green serves nobody and may be scaled in.
  const [before, after] = [stack(100, 0), [...stack(100, 0).slice(0, -1), service("new", "green", 0)]];
  expect(losses(before, after)).toEqual([]);
  const found = losses(before, after, [pending("creating", [...before, rule(1)], "all")]);
  expect(found.join()).toContain('while creating "all"');
});

test("a service whose last update ended before it was ready may have nobody", () => {
  const unready = (name: string) => (r: Resource) => (r.urn === is(name, "service") ? { ...r, unfinished: true } : r);
  expect(losses(stack(100, 0), stack(95, 5), [], unready("new")).join()).toContain(
    'the last update of "new" ended before it was ready',
  );
  // An update that waits for a new deployment of it is safe; one that only waits for it is not, for the provider then looks at
  // the number of tasks and not at their health.
  const waits = (program: Program, taskDefinition: string): Program => {
    const [web, green] = ["web", "new"].map((wanted) => program.find(({ name }) => name === wanted)) as [Item, Item];
    const others = program.filter((item) => item !== web && item !== green);
    return [...others, { ...green, inputs: { ...green.inputs, taskDefinition } }, { ...web, dependsOn: ["new"] }];
  };
  const from = waits(stack(100, 0), "v1");
  expect(losses(from, waits(stack(95, 5), "v2"), [], unready("new"))).toEqual([]);
  expect(losses(from, waits(stack(95, 5), "v1"), [], unready("new"))).toHaveLength(1);
});

test("more than can be tried is an error, not a pass", () => {
  const many = Array.from({ length: 7 }, () => pending("deleting", stack(100, 0), "new"));
  expect(() => losses(stack(100, 0), stack(95, 5), many)).toThrow('"pulumi refresh" finds out');
});

test("what carries no traffic is not counted", () => {
  const role: Item = { name: "role", kind: "other", inputs: {} };
  const many = Array.from({ length: 9 }, () => pending("creating", [role], "role"));
  expect(losses(stack(100, 0), stack(95, 5), many)).toEqual([]);
});
